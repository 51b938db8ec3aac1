import type { DispatchView } from '../../inspector/kernels/inspect.ts';
import { copyButton } from '../parts/copy.ts';
import { button, element } from '../parts/element.ts';
import { field } from './case-form.ts';
import type { Problem } from './diagnostics.ts';
import { WgslEditor } from './editor.ts';
import { needsChange } from './facts-view.ts';
import { type Grid, gridText, parseGrid } from './url-state.ts';

export interface EditorPanelEvents {
  readonly onEdit: (text: string) => void;
  readonly onGrid: (grid: Grid | undefined) => void;
  readonly onDispatch: (index: number) => void;
  readonly onRun: () => void;
  readonly onKeep: () => void;
  readonly check: (text: string) => Promise<readonly Problem[]>;
}

/** The linked text of a dispatch, to be read and edited; tabs where the kernel is dispatched several times. */
export class EditorPanel {
  readonly element: HTMLElement;
  private readonly events: EditorPanelEvents;
  private readonly editor: WgslEditor;
  private readonly tabs = element('div', {
    class: 'kernel-tabs',
    role: 'tablist',
    'aria-label': 'Dispatches',
  });
  private readonly panel = element('div', { 'aria-label': 'Text' });
  /** What the compiler says; hidden where it says nothing. It is put beside the text. */
  readonly problems: HTMLElement;
  private readonly problemList = element('ol', { class: 'kernel-problem-list' });
  private readonly state = element('span', { class: 'badge' });
  private readonly change = element('p', { class: 'soft small' });
  private readonly reset = button('Reset', () => this.editor.replace(this.shown?.wgsl ?? ''), {
    title: 'Back to the default text',
  });
  private readonly keep: HTMLButtonElement;
  private readonly grid = element('input', {
    class: 'input kernel-grid',
    autocomplete: 'off',
    spellcheck: 'false',
    title: 'Workgroups of the edited text, where it covers more or less than the default one',
  });
  private shown: DispatchView | null = null;

  constructor(kernel: string, events: EditorPanelEvents) {
    this.events = events;
    this.editor = new WgslEditor({
      onEdit: (text) => {
        this.mark(text);
        events.onEdit(text);
      },
      onRun: events.onRun,
      check: async (text) => (text === this.shown?.wgsl ? [] : events.check(text)),
      onProblems: (problems) => this.listProblems(problems),
    });
    this.keep = button('Keep version', events.onKeep, {
      title: 'Keeps this text in the browser, to compare it',
    });
    this.grid.addEventListener('change', () => this.changeGrid());
    this.tabs.addEventListener('keydown', (event) => this.moveAlongTabs(event));
    this.panel.append(this.editor.element);
    this.problems = element(
      'section',
      { class: 'panel kernel-problems', 'aria-label': 'What the compiler says', hidden: true },
      element('h2', {}, 'The compiler says'),
      this.problemList,
    );
    const copy = copyButton('Copy WGSL', () => this.editor.text);
    const save = button('Download', () =>
      download(`${kernel}.${this.shown?.index ?? 0}.wgsl`, this.editor.text),
    );
    const share = copyButton('Copy link', () => location.href);
    this.element = element(
      'section',
      { class: 'panel kernel-editor', 'aria-label': 'WGSL' },
      element('div', { class: 'panel-head' }, element('h2', {}, 'WGSL ', this.state), this.tabs),
      this.panel,
      element(
        'div',
        { class: 'buttons' },
        this.reset,
        this.keep,
        copy,
        save,
        share,
        field('Workgroups', this.grid, 'kernel-grid-field'),
      ),
      this.change,
    );
  }

  get text(): string {
    return this.editor.text;
  }

  /** Shows a dispatch, with an edited text in place of its own where there is one. */
  show(
    views: readonly DispatchView[],
    shown: DispatchView,
    edited: string | null,
    grid: Grid | undefined,
  ): void {
    this.shown = shown;
    this.tabs.hidden = views.length < 2;
    this.tabs.replaceChildren(...views.map((view) => this.tabOf(view, view === shown)));
    if (this.editor.open(edited ?? shown.wgsl)) this.listProblems([]);
    this.grid.value = gridText(grid ?? shown.grid);
    if (views.length > 1) this.panel.setAttribute('role', 'tabpanel');
    else this.panel.removeAttribute('role');
    this.mark(this.text);
  }

  /** Takes a kept version as the text. */
  replace(text: string): void {
    this.editor.replace(text);
  }

  showProblems(problems: readonly Problem[]): void {
    this.editor.showProblems(problems);
  }

  dispose(): void {
    this.editor.dispose();
  }

  private mark(text: string): void {
    const defaultText = this.shown?.wgsl;
    const edited = text !== defaultText;
    this.state.textContent = edited ? 'edited' : 'default';
    this.element.toggleAttribute('data-edited', edited);
    this.reset.disabled = !edited;
    this.keep.disabled = !edited;
    this.grid.disabled = !edited;
    if (!edited && this.shown) this.grid.value = gridText(this.shown.grid);
    this.change.textContent = edited && this.shown ? needsChange(this.shown.needs, text) : '';
  }

  private changeGrid(): void {
    const grid = parseGrid(this.grid.value);
    this.grid.setAttribute('aria-invalid', String(!grid));
    if (!grid) return;
    const same = this.shown && gridText(grid) === gridText(this.shown.grid);
    this.events.onGrid(same ? undefined : grid);
  }

  private listProblems(problems: readonly Problem[]): void {
    this.problems.hidden = problems.length === 0;
    this.problemList.replaceChildren(
      ...problems.map((problem) => {
        const { line, column, message, severity } = problem;
        const link = button('', () => this.editor.goTo(problem), { class: 'kernel-problem' });
        link.append(
          element('span', { class: `kernel-severity ${severity}` }, severity),
          ` line ${line}, column ${column}: `,
          element('span', { class: 'kernel-message' }, message),
        );
        return element('li', {}, link);
      }),
    );
  }

  private tabOf(view: DispatchView, selected: boolean): HTMLElement {
    return button(`${view.index}: ${view.operator}`, () => this.events.onDispatch(view.index), {
      class: 'kernel-tab',
      role: 'tab',
      title: `Dispatch ${view.index} of the case`,
      'aria-selected': String(selected),
      tabindex: selected ? 0 : -1,
    });
  }

  private moveAlongTabs(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tabs = [...this.tabs.querySelectorAll('button')];
    const at = tabs.findIndex((tab) => tab.ariaSelected === 'true');
    const next = (at + step + tabs.length) % tabs.length;
    tabs[next]!.click();
    this.tabs.querySelectorAll('button')[next]?.focus();
  }
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000); // Safari still reads it after the click
}
