import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { basicSetup, EditorView } from 'codemirror';
import { button, element } from '../parts/element.ts';
import { field } from './case-form.ts';
import { readOnly, shared } from './editor.ts';
import { RunPanel } from './run-panel.ts';
import type { Version, Versions } from './versions.ts';

/** Times two texts in one race and gives what to show of it. */
export type CompareRun = (
  left: Version,
  right: Version,
  say: (text: string) => void,
) => Promise<{ readonly output: HTMLElement; readonly done: string }>;

export interface ComparePanelEvents {
  readonly start: CompareRun;
  readonly stop: () => void;
  /** A kept version is wanted in the editor. */
  readonly onTake: (text: string) => void;
}

export const defaultName = 'Default';
export const editedName = 'Edited';

/** Narrower than this, two texts are shown in one column. */
const sideBySide = '(min-width: 56rem)';

/** Two versions of a text side by side, and their times. */
export class ComparePanel {
  readonly element: HTMLElement;
  private readonly left = element('select', { class: 'input' });
  private readonly right = element('select', { class: 'input' });
  private readonly box = element('div', { class: 'kernel-merge' });
  private readonly same = element('p', { class: 'soft' }, 'The two texts are the same.');
  private readonly take: HTMLButtonElement;
  private readonly forget: HTMLButtonElement;
  private readonly panel: RunPanel;
  private readonly wide = matchMedia(sideBySide);
  private readonly details: HTMLDetailsElement;
  private merge: { destroy(): void } | null = null;
  private versions: Versions | null = null;
  private defaultText = '';
  private editedText = '';

  constructor({ start, stop, onTake }: ComparePanelEvents, signal: AbortSignal) {
    this.panel = new RunPanel(
      'Check and time both',
      () =>
        void this.panel.during(() =>
          start(this.chosen(this.left), this.chosen(this.right), (text) => this.panel.status.busy(text)),
        ),
      stop,
    );
    for (const select of [this.left, this.right])
      select.addEventListener('change', () => {
        this.panel.clear();
        this.draw();
      });
    this.take = button('', () => this.kept && onTake(this.kept.text));
    this.forget = button('', () => {
      if (this.kept) this.versions?.forget(this.kept.name);
      this.list();
      this.draw();
    });
    this.details = element(
      'details',
      {},
      element('summary', {}, element('h2', {}, 'Compare two versions')),
      element(
        'div',
        { class: 'kernel-compare' },
        element('div', { class: 'kernel-fields' }, field('Left', this.left), field('Right', this.right)),
        this.same,
        this.box,
        element('div', { class: 'buttons' }, this.panel.run, this.panel.stop, this.take, this.forget),
        this.panel.status.element,
        this.panel.output,
      ),
    );
    this.details.addEventListener('toggle', () => this.draw());
    this.wide.addEventListener('change', () => this.draw(), { signal });
    this.element = element('section', { class: 'panel', 'aria-label': 'Compare' }, this.details);
  }

  /** The texts of a place: the default, as edited, and the kept versions. */
  show(defaultText: string, edited: string, versions: Versions): void {
    const isOther = this.versions !== versions;
    this.defaultText = defaultText;
    this.editedText = edited;
    this.versions = versions;
    this.list();
    if (isOther) {
      this.left.value = defaultName;
      this.right.value = editedName;
      this.panel.clear();
    } else if ([this.left.value, this.right.value].includes(editedName)) this.panel.outdate();
    this.draw();
  }

  /** Puts a kept version on the left: the right side is what is edited on. */
  offer(name: string): void {
    this.list();
    this.left.value = name;
    this.draw();
  }

  dispose(): void {
    this.merge?.destroy();
    this.merge = null;
  }

  /** The kept version that is chosen, the right one first. */
  private get kept(): Version | undefined {
    return this.versions?.named(this.right.value) ?? this.versions?.named(this.left.value);
  }

  private list(): void {
    const names = [defaultName, editedName, ...(this.versions?.all ?? []).map(({ name }) => name)];
    for (const [select, usual] of [
      [this.left, defaultName],
      [this.right, editedName],
    ] as const) {
      const before = select.value;
      select.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
      select.value = names.includes(before) ? before : usual;
    }
  }

  private chosen(select: HTMLSelectElement): Version {
    const name = select.value;
    if (name === defaultName) return { name, text: this.defaultText };
    return this.versions?.named(name) ?? { name: editedName, text: this.editedText };
  }

  /** Nothing is drawn while the panel is closed. */
  private draw(): void {
    this.dispose();
    const { kept } = this;
    for (const [button, what] of [
      [this.take, 'Edit'],
      [this.forget, 'Forget'],
    ] as const) {
      button.hidden = !kept;
      button.textContent = `${what} ${kept?.name ?? ''}`;
    }
    if (!this.details.open) return;
    const [left, right] = [this.chosen(this.left), this.chosen(this.right)];
    this.same.hidden = left.text !== right.text;
    this.panel.run.disabled = left.text === right.text;
    this.box.hidden = left.text === right.text;
    if (left.text === right.text) return;
    this.merge = this.wide.matches ? this.sideBySide(left, right) : this.inOne(left, right);
  }

  private sideBySide(left: Version, right: Version): { destroy(): void } {
    const side = ({ name, text }: Version) => ({
      doc: text,
      extensions: [basicSetup, shared(), readOnly(name)],
    });
    return new MergeView({
      a: side(left),
      b: side(right),
      parent: this.box,
      gutter: true,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
  }

  private inOne(left: Version, right: Version): { destroy(): void } {
    return new EditorView({
      doc: right.text,
      parent: this.box,
      extensions: [
        basicSetup,
        shared(),
        readOnly(`${left.name} and ${right.name}`),
        unifiedMergeView({
          original: left.text,
          mergeControls: false,
          collapseUnchanged: { margin: 3, minSize: 6 },
        }),
      ],
    });
  }
}
