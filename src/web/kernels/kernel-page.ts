import { UserError } from '../../common/errors.ts';
import type { DispatchView } from '../../inspector/kernels/inspect.ts';
import type { Page, PageContext } from '../page.ts';
import type { Bench } from './bench.ts';
import { afterPaint } from './bench.ts';
import { CaseForm } from './case-form.ts';
import { ComparePanel } from './compare-panel.ts';
import { compileText } from './compile.ts';
import { EditorPanel } from './editor-panel.ts';
import { Experiments, type Running } from './experiments.ts';
import { layOut } from './kernel-layout.ts';
import { type OpenedKernel, openKernel, placeOf, shownDispatch } from './opened.ts';
import { RunPanel } from './run-panel.ts';
import { packText, unpackText } from './share-codec.ts';
import { SweepPanel } from './sweep-panel.ts';
import { isAbort } from './task-queue.ts';
import { type Grid, type KernelState, readState, writeState } from './url-state.ts';
import { Versions } from './versions.ts';

/** Milliseconds without an edit before the URL and the comparison follow: browsers limit how often a page may write its URL. */
const settleMs = 250;

/** One kernel: its case, its text in an editor, what it needs, how it runs. */
export class KernelPage implements Page {
  private readonly root: HTMLElement;
  private readonly context: PageContext;
  private readonly bench: Bench;
  private readonly experiments: Experiments;
  private readonly form: CaseForm;
  private readonly editor: EditorPanel;
  private readonly runner: RunPanel;
  private readonly sweep: SweepPanel;
  private readonly compare: ComparePanel;
  private readonly showFacts: (view: DispatchView) => void;
  /** Edited texts of this visit, by the place that they stand for. */
  private readonly edits = new Map<string, string>();
  /** Workgroups of edited texts, where they are not the default ones. */
  private readonly grids = new Map<string, Grid>();
  private readonly shelves = new Map<string, Versions>();
  private state: KernelState;
  private opened: OpenedKernel | null = null;
  /** Done when what the state says is shown, or its error. */
  private opening: Promise<void> = Promise.resolve();
  private settling: ReturnType<typeof setTimeout> | undefined;
  private packings = 0;
  private openings = 0;

  constructor(root: HTMLElement, bench: Bench, context: PageContext, state: KernelState) {
    this.root = root;
    this.context = context;
    this.bench = bench;
    this.state = state;
    this.experiments = new Experiments(bench);
    const entry = bench.inspector.entry(state.kernel);
    const stop = (): void => this.experiments.stop();
    this.form = new CaseForm(entry, (choice) =>
      this.reopen({ ...this.state, ...choice, dispatch: undefined }),
    );
    this.editor = new EditorPanel(entry.name, {
      onEdit: (text) => this.takeEdit(text),
      onGrid: (grid) => {
        if (grid) this.grids.set(this.place, grid);
        else this.grids.delete(this.place);
        this.runner.outdate();
        this.settle();
      },
      onDispatch: (dispatch) => {
        this.state = { ...this.state, dispatch };
        this.showDispatch();
      },
      onRun: () => void this.run(),
      onKeep: () => this.keep(),
      check: (text) => compileText(bench.device, text),
    });
    this.runner = new RunPanel('Run', () => void this.run(), stop, { main: true });
    this.sweep = new SweepPanel(
      async (sweep, say) => this.experiments.sweep(await this.running(), sweep, say),
      stop,
    );
    this.compare = new ComparePanel(
      {
        start: async (left, right, say) => this.experiments.compare(await this.running(), [left, right], say),
        stop,
        onTake: (text) => this.editor.replace(text),
      },
      context.signal,
    );
    const { form, editor, runner, sweep, compare } = this;
    this.showFacts = layOut(root, entry, { form, editor, runner, sweep, compare }, context.signal);
    context.signal.addEventListener('abort', stop);
    addEventListener('keydown', (event) => this.takeKey(event), { signal: context.signal });
    context.setTitle(entry.name);
    this.reopen(state);
  }

  follow(parameters: URLSearchParams): void {
    const state = readState(parameters);
    if (state) this.reopen(state);
  }

  dispose(): void {
    clearTimeout(this.settling);
    this.experiments.dispose();
    this.editor.dispose();
    this.compare.dispose();
  }

  // ---- what is shown ---------------------------------------------------------------------------------------------------

  private reopen(state: KernelState): void {
    this.opening = this.open(state);
  }

  /** Looks into the kernel as the state says; an edited text that came with the URL is put in its place. */
  private async open(state: KernelState): Promise<void> {
    const { packed, grid, ...rest } = state;
    this.state = rest;
    const mine = ++this.openings;
    try {
      const opened = await this.experiments.alone(async () => {
        await afterPaint();
        return openKernel(this.bench.inspector, rest);
      });
      if (this.context.signal.aborted || mine !== this.openings) return;
      this.opened = opened;
      this.form.show(opened, rest);
      this.sweep.show(opened);
      if (packed) await this.takePacked(packed, grid);
      if (this.context.signal.aborted) return;
      this.showDispatch();
    } catch (error) {
      if (isAbort(error) || this.context.signal.aborted) return;
      this.opened = null;
      this.form.fail((error as Error).message);
      this.runner.outdate();
    }
  }

  private async takePacked(packed: string, grid: Grid | undefined): Promise<void> {
    try {
      this.edits.set(this.place, await unpackText(packed));
      if (grid) this.grids.set(this.place, grid);
    } catch (error) {
      this.runner.status.fail(error);
    }
  }

  /** Shows the dispatch that the state names. */
  private showDispatch(): void {
    const { opened, view } = this;
    if (!opened || !view) return;
    this.editor.show(opened.views, view, this.edits.get(this.place) ?? null, this.grids.get(this.place));
    this.showFacts(view);
    this.runner.outdate();
    this.settled();
  }

  private get view(): DispatchView | null {
    return this.opened && shownDispatch(this.opened, this.state.dispatch);
  }

  private get place(): string {
    return placeOf(this.opened!, this.state, this.view!.index);
  }

  private get versions(): Versions {
    const { place } = this;
    const known = this.shelves.get(place) ?? new Versions(place, shelf());
    this.shelves.set(place, known);
    return known;
  }

  // ---- edits -----------------------------------------------------------------------------------------------------------

  private takeEdit(text: string): void {
    if (!this.view) return;
    if (text === this.view.wgsl) {
      this.edits.delete(this.place);
      this.grids.delete(this.place);
    } else this.edits.set(this.place, text);
    this.runner.outdate();
    this.settle();
  }

  private keep(): void {
    const { name } = this.versions.keep(this.editor.text);
    this.compare.offer(name);
    this.runner.status.say(`kept as ${name}; the comparison below has it on the left`);
  }

  private settle(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settled(), settleMs);
  }

  /** The comparison and the URL follow what is shown. */
  private settled(): void {
    if (!this.opened || !this.view) return;
    this.compare.show(this.view.wgsl, this.editor.text, this.versions);
    void this.remember();
  }

  private async remember(): Promise<void> {
    const { opened, view } = this;
    if (!opened || !view) return;
    const mine = ++this.packings;
    const edited = this.edits.get(this.place);
    const packed = edited === undefined ? undefined : await packText(edited);
    if (mine !== this.packings) return; // the text has changed again
    const parameters = writeState({
      ...this.state,
      operator: opened.entry.uses.length > 1 ? opened.operator : undefined,
      caseText: opened.caseText ?? undefined,
      dispatch: view === opened.mostExpensive ? undefined : view.index,
      grid: this.grids.get(this.place),
      packed,
    });
    this.context.replaceParameters(parameters);
  }

  // ---- runs ------------------------------------------------------------------------------------------------------------

  /** What is run: the kernel as it is opened, and the edited text of the shown dispatch. */
  private async running(): Promise<Running> {
    await this.opening;
    const { opened, state, view } = this;
    if (!opened || !view) throw new UserError('there is no case to run: see what is said of it above');
    const { place } = this;
    return { opened, state, view, edited: this.edits.get(place) ?? null, grid: this.grids.get(place) };
  }

  private async run(): Promise<void> {
    this.form.commit(); // Control and Enter in its field
    const { status } = this.runner;
    await this.runner.during(async () =>
      this.experiments.run(
        await this.running(),
        (text) => status.busy(text),
        (problems) => this.editor.showProblems(problems),
      ),
    );
  }

  private takeKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || !this.root.isConnected) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.run();
    } else if (
      event.key === '/' &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey &&
      !isTyping(event.target)
    )
      location.hash = '#/kernels';
  }
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, select, textarea, [contenteditable]') !== null;

/** The browser's storage, where it lends one. */
function shelf(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
