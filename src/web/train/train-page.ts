import type { Device } from '../../engine/core/tensor.ts';
import { lossChoice } from '../live/choices.ts';
import { evenCircleLoss } from '../live/circle-loss.ts';
import { ClusterLearner } from '../live/cluster-learner.ts';
import { Curve } from '../live/curve.ts';
import { accuracy, type Embedding } from '../live/embedding.ts';
import type { LiveLearner } from '../live/learner.ts';
import { LiveRun, type StepNews, sentenceOf } from '../live/live-run.ts';
import { NetLearner } from '../live/net-learner.ts';
import type { Pictures } from '../live/pictures.ts';
import { onDigits } from '../live/presets.ts';
import { needsRestart, readSetup, type Setup, writeSetup } from '../live/setup.ts';
import type { Page, PageContext } from '../page.ts';
import { formatPercent } from '../parts/format.ts';
import { StatusLine } from '../parts/status.ts';
import { type Arrangement, arrange } from './arrange.ts';
import { EmbeddingView } from './embedding-view.ts';
import { idxFiles } from './idx-files.ts';
import { facesOf, idxPictures } from './images.ts';
import { legend, shortNames } from './legend.ts';
import { LossChart } from './loss-chart.ts';
import { ModeChoice } from './mode-choice.ts';
import { type NetReading, NetUses } from './net-uses.ts';
import { PointerCard } from './pointer-card.ts';
import { PresetBar } from './preset-bar.ts';
import { Readings } from './readings.ts';
import { SetupForm } from './setup-form.ts';
import { Toolbar } from './toolbar.ts';

/** The page on the screen: it makes a run of the set-up, and shows what the run tells. */
export class TrainPage implements Page {
  readonly element: HTMLElement;
  private readonly context: PageContext;
  private readonly status = new StatusLine();
  private readonly readings = new Readings();
  private readonly card = new PointerCard();
  private readonly chart: LossChart;
  private readonly view: EmbeddingView;
  private readonly toolbar: Toolbar;
  private readonly form: SetupForm;
  private readonly presets: PresetBar;
  private readonly modes: ModeChoice;
  private readonly files: HTMLElement;
  private readonly uses: NetUses;
  private readonly places: Arrangement;
  private setup: Setup;
  private learner: LiveLearner | null = null;
  private run: LiveRun | null = null;
  private pictures: Pictures | null = null;
  private embedding: Embedding | null = null;
  private curve = new Curve();
  private frame = 0;
  private isHidden = false;
  /** Whether it goes on when the page is shown again. */
  private wasRunning = false;
  /** Stops the preparation of a run that is not wanted any more. */
  private preparing = new AbortController();

  constructor(context: PageContext, setup: Setup) {
    this.context = context;
    this.setup = setup;
    const { signal } = context;
    this.chart = new LossChart(signal);
    this.view = new EmbeddingView({ signal, onPoint: (index, x, y) => this.point(index, x, y) });
    this.toolbar = new Toolbar({
      toggle: () => this.toggle(),
      step: () => this.run?.stepOnce(),
      restart: () => void this.restart(this.run?.isRunning ?? false),
    });
    this.files = idxFiles(signal, () => void this.restart(false));
    this.uses = new NetUses({
      readNet: () => this.readNet(),
      onFailure: (error) => this.status.fail(sentenceOf(error)),
    });
    this.form = new SetupForm(setup, (changed) => this.change(changed));
    // Anyone who has brought digits sees the presets on these.
    this.presets = new PresetBar((chosen) =>
      this.change(this.setup.data === 'mnist' && idxPictures() ? onDigits(chosen) : chosen, true),
    );
    this.modes = new ModeChoice((mode) => this.view.setMode(mode));
    this.places = arrange({
      presets: this.presets.element,
      toolbar: this.toolbar.element,
      modes: this.modes.element,
      status: this.status.element,
      canvas: this.view.canvas,
      card: this.card.element,
      readings: this.readings.element,
      chart: this.chart.element,
      form: this.form.element,
      uses: this.uses.element,
    });
    this.element = this.places.page;
    this.view.canvas.addEventListener('keydown', (event) => this.key(event), { signal });
  }

  /** @param problems what was wrong with the address */
  begin(problems: readonly string[]): void {
    void this.restart(false, problems[0]);
  }

  /** Another page is shown: it gets the GPU. */
  hide(): void {
    this.isHidden = true;
    this.wasRunning = this.run?.isRunning ?? false;
    this.run?.pause();
  }

  show(): void {
    this.isHidden = false;
    if (this.wasRunning) this.run?.start();
    this.wasRunning = false;
  }

  /** The address says another set-up. */
  follow(parameters: URLSearchParams): void {
    const { setup, problems } = readSetup(parameters);
    this.change(setup);
    if (problems.length > 0) this.status.fail(problems[0]);
  }

  deviceLost(): void {
    this.run?.deviceLost();
  }

  hasUnsavedWork(): boolean {
    return this.wasRunning || (this.run?.isRunning ?? false);
  }

  dispose(): void {
    this.preparing.abort();
    cancelAnimationFrame(this.frame);
    this.run?.dispose();
    this.run = null;
  }

  private toggle(): void {
    if (this.run?.isRunning) this.run.pause();
    else this.run?.start();
  }

  /** Space starts and pauses, Enter makes a step, while the picture has the focus. */
  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === ' ') this.toggle();
    else if (event.key === 'Enter') this.run?.stepOnce();
    else return;
    event.preventDefault();
  }

  /** @param goOn whether a run begins at once; else it does where one was under way */
  private change(changed: Setup, goOn = this.run?.isRunning ?? false): void {
    const isOther = needsRestart(this.setup, changed);
    this.setup = changed;
    this.showSetup();
    if (isOther) void this.restart(goOn);
    else if (goOn) this.run?.start();
  }

  private showSetup(): void {
    this.context.replaceParameters(writeSetup(this.setup));
    this.form.show(this.setup);
    this.presets.show(this.setup);
    const isWaiting = this.setup.data === 'mnist' && !idxPictures();
    (isWaiting ? this.places.waiting : this.form.filesPlace).append(this.files);
    this.places.stage.hidden = isWaiting;
  }

  /** Begins again. @param problem what the status line says at first */
  private async restart(goOn: boolean, problem?: string): Promise<void> {
    this.preparing.abort();
    const preparing = new AbortController();
    this.preparing = preparing;
    this.run?.dispose();
    this.run = null;
    this.showSetup();
    this.curve = new Curve();
    cancelAnimationFrame(this.frame);
    this.chart.show(this.curve.columns());
    this.readings.clear();
    this.embedding = null;
    this.modes.suit(lossChoice(this.setup.loss).cosine);
    this.showState();
    try {
      const pictures = await this.picturesOf(this.setup, preparing.signal);
      if (preparing.signal.aborted) return;
      this.pictures = pictures;
      if (!pictures && this.setup.data !== 'clusters') {
        this.view.clear([], false);
        this.places.legend.replaceChildren();
        this.status.say('Waiting for files.');
        return;
      }
      const names = pictures ? shortNames(pictures) : ['1', '2'];
      this.view.clear(names, pictures === null);
      this.places.legend.replaceChildren(legend(names, pictures));
      this.status.busy('Preparing the net');
      // Let it be seen: making a net keeps the page busy for a moment.
      await new Promise((resolve) => setTimeout(resolve));
      const device = await this.context.device();
      if (preparing.signal.aborted) return;
      this.run = this.newRun(device, pictures, problem);
      // What was prepared while another page is shown begins when this one is shown again.
      if (this.isHidden) this.wasRunning = goOn;
      else if (goOn) this.run.start();
    } catch (error) {
      if (!preparing.signal.aborted) this.status.fail(sentenceOf(error));
    }
  }

  private picturesOf(setup: Setup, signal: AbortSignal): Promise<Pictures | null> | Pictures | null {
    if (setup.data === 'clusters') return null;
    if (setup.data === 'mnist') return idxPictures();
    const progress = (done: number, total: number) =>
      this.status.busy(`Drawing faces: ${formatPercent(done / total, 0)}`);
    return facesOf(setup.people, progress, signal);
  }

  private newRun(device: Device, pictures: Pictures | null, problem?: string): LiveRun {
    const { setup } = this;
    const learner = pictures ? new NetLearner(device, pictures, setup) : new ClusterLearner(device, setup);
    this.learner = learner;
    let isFirst = true;
    return new LiveRun({
      learner,
      learningRate: () => this.setup.learningRate,
      pace: () => this.toolbar.pace,
      onPrepare: (done, total) =>
        this.status.busy(`Preparing the net: ${formatPercent(done / total, 0)} of its kernels compiled`),
      onStep: (news) => this.told(news, learner),
      onEmbedding: (embedding) => {
        this.seen(embedding);
        if (isFirst && !this.run?.isRunning) {
          if (problem) this.status.fail(problem);
          else this.status.say(this.describeSize());
        }
        isFirst = false;
        // While it runs nothing changes but numbers, and the status is read aloud when it is written.
        if (!this.run?.isRunning) this.showState();
      },
      reopen: () => this.context.device(),
      onMoved: (step) => {
        this.curve.cut(step);
        this.chart.show(this.curve.columns());
        this.status.say(`The GPU device was lost; on another one training goes on from step ${step}.`);
      },
      onChange: () => this.showState(),
      onFailure: (sentence) => {
        this.status.fail(sentence);
        this.showState();
      },
    });
  }

  private describeSize(): string {
    const { learner, pictures } = this;
    const count = learner!.parameterCount.toLocaleString('en-US');
    return pictures ? `${pictures.title}; ${count} parameters.` : `200 fixed features; ${count} parameters.`;
  }

  private told(news: StepNews, learner: LiveLearner): void {
    const { setup } = this;
    const classes = this.pictures?.classes.length ?? 2;
    const isOnCircle = setup.loss === 'normface' && setup.dimension === 2 && classes > 3;
    const even = isOnCircle && news.scale !== undefined ? evenCircleLoss(classes, news.scale) : undefined;
    this.curve.add(news.step, news.loss, { bound: news.bound, even }, news.isNewLoss);
    if (news.step === 1 || news.isNewLoss) this.showState();
    // A fast GPU takes more steps than a screen shows pictures.
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      this.chart.show(this.curve.columns());
      this.readings.show(news, learner.batchSize);
    });
  }

  private seen(embedding: Embedding): void {
    this.embedding = embedding;
    this.view.show(embedding);
    const right = accuracy(embedding);
    this.readings.showAccuracy(right);
    const where = embedding.dimension === 2 ? 'in the plane' : 'in space';
    this.view.describe(
      `${embedding.labels.length} features ${where} at step ${embedding.step}, ${formatPercent(right.training, 0)} of them nearest to their own agent`,
    );
  }

  private showState(): void {
    const { run, learner } = this;
    const steps = run && learner ? learner.steps : 0;
    const isRunning = run?.isRunning ?? false;
    const canRun = run?.canRun ?? false;
    // What failed, and what has moved, can begin again.
    const canRestart = run !== null && (!canRun || isRunning || steps > 0);
    this.toolbar.show({ canRun, isRunning, canRestart, hasBegun: steps > 0 });
    this.uses.show(canRun && this.embedding !== null && learner instanceof NetLearner);
    if (isRunning) this.status.busy(`Training with ${learner!.lossTitle}`);
    else if (run?.isBusy && steps > 0) this.status.busy('Finishing the step');
    else if (canRun && steps > 0) this.status.say(`Paused after step ${steps}.`);
  }

  private point(index: number | null, x: number, y: number): void {
    const { embedding, pictures, learner } = this;
    if (index === null || !embedding) {
      this.card.hide();
      return;
    }
    const label = embedding.labels[index]!;
    const note = pictures ? (embedding.heldOut[index] ? 'held out' : 'trained on') : 'fixed';
    const picture =
      pictures && learner instanceof NetLearner
        ? { pictures, index: learner.sampleIndices[index]! }
        : undefined;
    this.card.show({ name: pictures?.classes[label] ?? `class ${label + 1}`, note, picture }, x, y);
  }

  /** The net as it is, once the step under way is done. */
  private async readNet(): Promise<NetReading | undefined> {
    const { run, learner, pictures } = this;
    if (!run || !pictures || !(learner instanceof NetLearner)) return undefined;
    await run.rest();
    const { embedding } = this;
    if (!run.canRun || !embedding) return undefined;
    return { weights: await learner.weightsFile(), embedding, pictures, sample: learner.sampleIndices };
  }
}
