import { type Diagnostic, linter, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { basicSetup, EditorView } from 'codemirror';
import type { Problem } from './diagnostics.ts';
import { editorTheme } from './editor-theme.ts';
import { wgsl } from './wgsl-language.ts';

export interface EditorEvents {
  /** The text was changed by a person. */
  readonly onEdit: (text: string) => void;
  /** Control or Command and Enter. */
  readonly onRun: () => void;
  /** What the compiler says of a text; asked for after a pause in typing. */
  readonly check: (text: string) => Promise<readonly Problem[]>;
  /** What it said last. */
  readonly onProblems: (problems: readonly Problem[]) => void;
}

/** Milliseconds without a key before the compiler is asked. */
const pause = 400;

/** The editor of one kernel. */
export class WgslEditor {
  readonly element: HTMLElement;
  private readonly view: EditorView;
  private readonly events: EditorEvents;

  constructor(events: EditorEvents) {
    this.events = events;
    this.view = new EditorView({ state: this.stateOf('') });
    this.element = this.view.dom;
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** Another text: what was done to the one before cannot be undone in it. @returns whether it is another one */
  open(text: string): boolean {
    if (text === this.text) return false;
    this.view.setState(this.stateOf(text));
    return true;
  }

  /** Puts another text in the place of this one, as an edit that can be undone. */
  replace(text: string): void {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  /** Underlines them. */
  showProblems(problems: readonly Problem[]): void {
    const { state } = this.view;
    this.view.dispatch(setDiagnostics(state, diagnosticsOf(problems, state.doc.length)));
    this.events.onProblems(problems);
  }

  /** Puts the cursor there. */
  goTo({ from }: Pick<Problem, 'from'>): void {
    const place = Math.min(from, this.view.state.doc.length);
    this.view.dispatch({ selection: { anchor: place }, scrollIntoView: true });
    this.view.focus();
  }

  dispose(): void {
    this.view.destroy();
  }

  private stateOf(doc: string): EditorState {
    const { onEdit, onRun, check, onProblems } = this.events;
    const run = (): boolean => {
      onRun();
      return true;
    };
    return EditorState.create({
      doc,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
        basicSetup,
        shared(),
        lintGutter(),
        linter(
          async (view) => {
            const text = view.state.doc.toString();
            const problems = await check(text);
            if (view.state.doc.toString() === text) onProblems(problems);
            return diagnosticsOf(problems, text.length);
          },
          { delay: pause },
        ),
        EditorView.contentAttributes.of({ 'aria-label': 'WGSL of the kernel' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onEdit(update.state.doc.toString());
        }),
      ],
    });
  }
}

/** What editors and comparisons have in common. */
export const shared = (): Extension => [
  wgsl(),
  editorTheme,
  EditorState.tabSize.of(2),
  // Editable content has the focus of the keyboard by itself, but tools that check pages do not know it.
  EditorView.contentAttributes.of({ tabindex: '0' }),
];

/** A text to read, with the colours of the editor. The caller destroys it. */
export function readOnlyView(doc: string, label: string): EditorView {
  return new EditorView({
    doc,
    extensions: [basicSetup, shared(), ...readOnly(label)],
  });
}

/** No changes, and a name for screen readers. */
export const readOnly = (label: string): Extension[] => [
  EditorState.readOnly.of(true),
  EditorView.contentAttributes.of({ 'aria-label': label }),
];

function diagnosticsOf(problems: readonly Problem[], length: number): Diagnostic[] {
  return problems.map(({ from, to, severity, message }) => ({
    from: Math.min(from, length),
    to: Math.min(to, length),
    severity,
    message,
  }));
}
