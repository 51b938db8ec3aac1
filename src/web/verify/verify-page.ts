import { UserError } from '../../common/errors.ts';
import { isOfWeights, type StoredCalibration } from '../../normface/embedding/stored-calibration.ts';
import type { StoredThreshold } from '../../normface/embedding/stored-threshold.ts';
import type { Features } from '../../normface/evaluation/features.ts';
import { type MergeName, mergeNames } from '../../normface/evaluation/merge.ts';
import { takeHandover } from '../handover.ts';
import type { Page, PageContext } from '../page.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';
import { element } from '../parts/element.ts';
import { formatDuration } from '../parts/format.ts';
import { StatusLine } from '../parts/status.ts';
import { type Arrangement, arrange } from './arrange.ts';
import { BroughtPictures, usualSize } from './brought-pictures.ts';
import {
  type NetSource,
  netOfFile,
  type OpenCheckpoint,
  openCheckpoint,
  readCalibration,
  readThreshold,
} from './checkpoint.ts';
import { pickFiles, strangersAmong } from './checkpoint-files.ts';
import { parseTyped } from './comparison.ts';
import { controls } from './controls.ts';
import { pickDetectorFiles } from './detector-files.ts';
import { type Face, FaceSet } from './face-set.ts';
import { type FaceSource, givenFace } from './face-source.ts';
import { faceList } from './faces-view.ts';
import { incomingOf } from './intake.ts';
import { isPictureMode } from './picture-mode.ts';
import { canvasIsExact } from './pictures.ts';
import { ResultsView } from './results-view.ts';
import { sampleFaces, sampleNet } from './samples.ts';

export class VerifyPage implements Page {
  private readonly context: PageContext;
  private readonly checkpointStatus = new StatusLine();
  private readonly facesStatus = new StatusLine();
  private readonly faceBox = element('div', { class: 'face-list' });
  private readonly results: ResultsView;
  private readonly controls = controls(
    (merge) => this.changeMerge(merge),
    (text) => this.changeThreshold(text),
  );
  private readonly describeImages: Arrangement['describeImages'];
  private checkpoint: OpenCheckpoint | undefined;
  private stored: StoredThreshold | undefined;
  private calibration: StoredCalibration | undefined;
  private readonly faces = new FaceSet();
  private readonly pictures: BroughtPictures;
  private merge: MergeName = 'sum';
  /** Whether the merge was chosen here; if not, that of a stored threshold is taken over. */
  private mergeIsChosen = false;
  private thresholdText = '';
  /** Whether the net is the one that comes with the page. */
  private isSample = false;
  /** How often sample faces were drawn. */
  private turn = 0;
  /** Files are taken and embedded one after the other, in the order in which they came. */
  private work: Promise<void> = Promise.resolve();

  constructor(root: HTMLElement, context: PageContext) {
    this.context = context;
    const { parameters } = context;
    this.pictures = new BroughtPictures({
      faces: this.faces,
      facesStatus: this.facesStatus,
      device: () => context.device(),
      netSize: () => this.checkpoint?.embedder,
      enqueue: (status, task) => this.enqueue(status, task),
      embed: () => this.embed(),
      update: () => this.update(),
      onFiles: (files, zone) => this.receiveAll(files, zone),
      onMode: () => this.shareState(),
    });
    this.read(parameters);
    this.results = new ResultsView(context.signal, this.controls.element);
    const { nodes, describeImages } = arrange(
      {
        checkpointStatus: this.checkpointStatus.element,
        facesStatus: this.facesStatus.element,
        pictures: this.pictures,
        faceBox: this.faceBox,
        results: this.results.element,
        isExact: canvasIsExact(),
      },
      {
        onCheckpoint: (files) => this.receiveAll(files, this.checkpointStatus),
        onFaces: (files) => this.receiveAll(files, this.facesStatus),
        onTry: () => this.trySample(),
        onDraw: () => this.drawFaces(),
      },
    );
    this.describeImages = describeImages;
    root.append(...nodes);
    this.update();
    if (parameters.has('sample')) this.trySample();
    this.show();
  }

  /** Takes what the page Train live has laid ready. */
  show(): void {
    const handed = takeHandover();
    if (!handed) return;
    const { name, weights, threshold, faces } = handed;
    const sources = faces.map(({ name: title, picture }) => givenFace(title, picture));
    this.takeOver({ path: name, bytes: async () => weights }, threshold, sources);
  }

  /** Nobody is filmed behind another page. */
  hide(): void {
    this.pictures.hide();
  }

  /** A link to another merge or threshold leaves net and faces as they are. */
  follow(parameters: URLSearchParams): void {
    this.read(parameters);
    if (parameters.has('sample') && !this.isSample) this.trySample();
    this.pictures.judgeAgain();
  }

  private read(parameters: URLSearchParams): void {
    const named = mergeNames.find((name) => name === parameters.get('merge'));
    this.merge = named ?? this.stored?.merge ?? this.calibration?.merge ?? 'sum';
    this.mergeIsChosen = named !== undefined;
    this.thresholdText = parameters.get('threshold') ?? '';
    const pictures = parameters.get('pictures');
    this.pictures.mode = isPictureMode(pictures) ? pictures : 'size';
  }

  dispose(): void {
    this.pictures.dispose();
    this.checkpoint?.embedder.dispose();
    this.checkpoint = undefined;
  }

  // ---- nets and faces that come ready ------------------------------------------------------------------------------------

  private trySample(): void {
    this.enqueue(this.checkpointStatus, async () => {
      this.checkpointStatus.busy('loading the sample net');
      const { net, threshold } = await sampleNet();
      this.takeOver(net, threshold, sampleFaces(this.turn), true);
    });
  }

  private drawFaces(): void {
    this.turn++;
    this.enqueue(this.facesStatus, () => this.takeAndEmbed(sampleFaces(this.turn), this.facesStatus));
  }

  private takeOver(
    net: NetSource,
    threshold: StoredThreshold,
    faces: readonly FaceSource[],
    isSample = false,
  ): void {
    this.enqueue(this.checkpointStatus, async () => {
      await this.takeCheckpoint(net, threshold, isSample);
      this.enqueue(this.facesStatus, () => this.takeAndEmbed(faces, this.facesStatus));
    });
  }

  // ---- files -----------------------------------------------------------------------------------------------------------

  /** Files of a detector go to it, wherever they were dropped. @param zone as of `receive` */
  private receiveAll(files: ChosenFile[], zone: StatusLine): void {
    const { detector, others } = pickDetectorFiles(files);
    if (detector.length > 0) this.pictures.takeDetector(detector);
    if (others.length > 0 || files.length === 0) this.receive([...others], zone);
  }

  /** @param zone the status line of the place where the files were dropped: what is wrong with them is said there */
  private receive(files: ChosenFile[], zone: StatusLine): void {
    this.enqueue(zone, async () => {
      const { weights, threshold, calibration, others } = pickFiles(files);
      const stored = threshold && (await readThreshold(threshold));
      const calibrated = calibration && (await readCalibration(calibration));
      if (weights) await this.takeCheckpoint(netOfFile(weights), stored);
      else if (stored) this.takeThreshold(stored);
      const strangers = zone === this.checkpointStatus ? strangersAmong(others) : [];
      const faces = others.filter((file) => !strangers.includes(file));
      this.pictures.take(faces.map(incomingOf), zone);
      if (calibrated) this.takeCalibration(calibrated);
      if (files.length === 0) throw new UserError('there are no files in what was dropped');
      if (strangers.length === 0) return;
      const { path } = strangers[0]!;
      const parts = 'weights.safetensors, threshold.json and calibration.json are';
      throw new UserError(
        strangers.length === 1
          ? `${path} is no part of a checkpoint: ${parts}`
          : `${path} and ${strangers.length - 1} more are no part of a checkpoint: ${parts}`,
      );
    });
  }

  /** Runs a task after those before it; what it throws is said on a status line. */
  private enqueue(status: StatusLine, task: () => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.context.signal.aborted) return;
      try {
        await task();
      } catch (error) {
        if (!this.context.signal.aborted) status.fail(error);
      }
      if (!this.context.signal.aborted) this.update();
    });
  }

  private takeThreshold(stored: StoredThreshold | undefined): void {
    this.stored = stored;
    if (stored && !this.mergeIsChosen) this.merge = stored.merge;
    this.describeCheckpoint();
  }

  /** @throws UserError when it is of other weights than those that are open */
  private takeCalibration(calibration: StoredCalibration): void {
    const { sha256 } = this.checkpoint ?? {};
    if (sha256 !== undefined && !isOfWeights(calibration, sha256))
      throw new UserError(
        'the calibration is of other weights and is left out: normface calibrate writes a new one',
      );
    this.calibration = calibration;
    if (!this.stored && !this.mergeIsChosen) this.merge = calibration.merge;
    this.describeCheckpoint();
  }

  /** @param stored the threshold that came with the net; that of the net before goes with it, and its calibration */
  private async takeCheckpoint(
    net: NetSource,
    stored: StoredThreshold | undefined,
    isSample = false,
  ): Promise<void> {
    this.checkpointStatus.busy(`opening ${net.path}`);
    const device = await this.context.device();
    const opened = await openCheckpoint(device, net).catch((error) => {
      this.describeCheckpoint(); // the one before is still there
      throw error;
    });
    if (this.context.signal.aborted) {
      opened.embedder.dispose();
      return;
    }
    this.checkpoint?.embedder.dispose();
    this.checkpoint = opened;
    this.isSample = isSample;
    this.calibration = undefined;
    this.shareState();
    this.takeThreshold(stored);
    await this.faces.changeNet(opened.embedder);
    this.pictures.judgeAgain();
  }

  private describeCheckpoint(): void {
    const threshold = this.stored && `threshold ${this.stored.threshold.toFixed(4)}`;
    if (!this.checkpoint) {
      this.checkpointStatus.say(threshold ? `${threshold}; the weights are still missing` : '');
      return;
    }
    const { path, net, step, trainedOn, embedder } = this.checkpoint;
    const { width, height, dimension } = embedder;
    const after = step === undefined ? '' : ` after ${step} steps`;
    this.checkpointStatus.say(
      `${path}: net ${net}${after}, images ${width} × ${height}, features of ${dimension} numbers, ${threshold ?? 'no threshold'}${this.calibration ? ', calibrated' : ''}. ` +
        (trainedOn === undefined ? 'It does not say what it was trained on.' : `Trained on: ${trainedOn}.`),
    );
  }

  /** Takes faces in and embeds all that have no features yet. What is wrong with some of them is said at the end. */
  private async takeAndEmbed(sources: readonly FaceSource[], zone: StatusLine): Promise<void> {
    this.facesStatus.clear();
    const failures = await this.faces.take(sources, this.checkpoint?.embedder ?? usualSize);
    await this.embed();
    if (failures.length > 0) zone.fail(failures.join('; '));
  }

  private removeFace(face: Face): void {
    this.faces.remove(face);
    this.pictures.forget(face.source);
    this.facesStatus.clear();
    this.update();
  }

  // ---- features and results ---------------------------------------------------------------------------------------------

  private async embed(): Promise<void> {
    if (!this.checkpoint) return;
    const mirror = this.merge === 'front' ? '' : ', with mirror images';
    const started = performance.now();
    const count = await this.faces.embed(this.checkpoint.embedder, this.merge, (done, total) =>
      this.facesStatus.busy(`embedding ${done} of ${total}${mirror}`),
    );
    if (count > 0)
      this.facesStatus.say(
        `${count} ${count === 1 ? 'image' : 'images'} embedded in ${formatDuration(performance.now() - started)}`,
      );
  }

  private changeMerge(merge: MergeName): void {
    this.merge = merge;
    this.mergeIsChosen = true;
    this.shareState();
    this.facesStatus.clear();
    this.enqueue(this.facesStatus, () => this.embed());
  }

  private changeThreshold(text: string): void {
    this.thresholdText = text;
    this.shareState();
    this.update();
  }

  private shareState(): void {
    const parameters = new URLSearchParams();
    if (this.isSample) parameters.set('sample', '');
    if (this.mergeIsChosen) parameters.set('merge', this.merge);
    if (this.thresholdText !== '') parameters.set('threshold', this.thresholdText);
    if (this.pictures.mode !== 'size') parameters.set('pictures', this.pictures.mode);
    this.context.replaceParameters(parameters);
  }

  private update(): void {
    const { merge, stored, thresholdText, checkpoint } = this;
    const faces = this.faces.all;
    const typed = parseTyped(thresholdText);
    this.controls.set(merge, thresholdText, typed, stored?.merge === merge ? stored.threshold : undefined);
    this.describeImages(checkpoint?.embedder, this.isSample);
    this.pictures.show();
    this.faceBox.replaceChildren(
      ...(faces.length > 0 ? [faceList(faces, (face) => this.removeFace(face))] : []),
    );
    this.results.show({
      faces,
      features: this.features(),
      merge,
      stored,
      calibration: this.calibration,
      typed,
      trainedOn: checkpoint?.trainedOn,
      waitsFor: this.waitsFor(),
    });
  }

  /** Merged features of all faces, once all are there. */
  private features(): Features | undefined {
    try {
      return this.faces.merged(this.merge);
    } catch (error) {
      this.facesStatus.fail(error); // the net of a diverged run
      return undefined;
    }
  }

  private waitsFor(): string {
    const { length } = this.faces.all;
    if (!this.checkpoint)
      return length < 2 ? 'A checkpoint and two faces are needed.' : 'A checkpoint is needed.';
    if (length === 0) return 'Two faces are needed.';
    return length === 1 ? 'One more face is needed: a cosine compares two.' : '';
  }
}
