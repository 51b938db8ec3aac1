/** Where the parts of a kernel's page stand. */

import type { EditorView } from 'codemirror';
import type { KernelEntry } from '../../inspector/kernels/catalogue.ts';
import type { DispatchView } from '../../inspector/kernels/inspect.ts';
import { element } from '../parts/element.ts';
import { readOnlyView } from './editor.ts';
import { bindingsTable, constantsView, factsView } from './facts-view.ts';
import { kernelFiles } from './kernel-files.ts';
import type { RunPanel } from './run-panel.ts';

export interface Parts {
  readonly form: { readonly element: HTMLElement };
  readonly editor: { readonly element: HTMLElement; readonly problems: HTMLElement };
  readonly runner: RunPanel;
  readonly sweep: { readonly element: HTMLElement };
  readonly compare: { readonly element: HTMLElement };
}

/** Puts the parts into the page. @returns what shows the facts of a dispatch */
export function layOut(
  root: HTMLElement,
  entry: KernelEntry,
  { form, editor, runner, sweep, compare }: Parts,
  signal: AbortSignal,
): (view: DispatchView) => void {
  const facts = element('div', { class: 'kernel-facts' });
  root.append(
    kernelHead(entry),
    form.element,
    element(
      'div',
      { class: 'kernel-bench' },
      editor.element,
      // Beside the text, where they are seen while it is changed.
      element('div', { class: 'kernel-side' }, editor.problems, runView(runner)),
      element(
        'section',
        { class: 'panel kernel-dispatch', 'aria-label': 'Dispatch' },
        element('h2', {}, 'Dispatch'),
        facts,
      ),
    ),
    sweep.element,
    compare.element,
    sourcePanel(entry, signal),
  );
  root.classList.add('kernel-page');
  return (view) =>
    facts.replaceChildren(
      factsView(view),
      element(
        'div',
        { class: 'kernel-tables' },
        element('h3', {}, 'Bindings'),
        bindingsTable(view),
        ...constantsView(view),
      ),
    );
}

function runView(runner: RunPanel): HTMLElement {
  return element(
    'section',
    { class: 'panel kernel-run', 'aria-label': 'Run' },
    element(
      'div',
      { class: 'panel-head' },
      element('h2', {}, 'Run'),
      element('div', { class: 'buttons' }, runner.run, runner.stop),
    ),
    runner.status.element,
    runner.output,
    element(
      'p',
      { class: 'soft small kernel-explain' },
      'Checks the kernel against the float64 reference of its operator, gradients against finite differences, an edited one against the default one, and a second run bit for bit; then times it.',
    ),
  );
}

/** Name, summary and the comment of the file. */
export function kernelHead({
  name,
  summary,
  header,
}: Pick<KernelEntry, 'name' | 'summary' | 'header'>): HTMLElement {
  return element(
    'div',
    { class: 'page-head' },
    element(
      'div',
      { class: 'kernel-name-line' },
      element('h1', { class: 'kernel-title' }, name),
      element('a', { class: 'small', href: '#/kernels' }, 'All kernels'),
    ),
    element('p', { class: 'lead' }, summary),
    element(
      'details',
      { class: 'kernel-header' },
      element('summary', { class: 'small soft' }, 'What its file says'),
      element('pre', { tabindex: 0 }, header),
    ),
  );
}

/** The file before linking; its view is made when it is first opened. */
export function sourcePanel(
  { name, source, mainloops }: Pick<KernelEntry, 'name' | 'source' | 'mainloops'>,
  signal: AbortSignal,
  { open = false } = {},
): HTMLElement {
  const path = `src/shaders/${kernelFiles.get(name)?.path ?? `${name}.wesl`}`;
  const box = element('div', { class: 'kernel-source' });
  const details = element(
    'details',
    { open },
    element('summary', {}, element('h2', {}, 'The file before linking')),
    element(
      'p',
      { class: 'soft small' },
      path,
      mainloops.length > 0 ? `, linked with the mainloops ${mainloops.join(', ')}` : '',
      '. Imports, conditions and constants of WESL are resolved when it is linked.',
    ),
    box,
  );
  let view: EditorView | null = null;
  details.addEventListener('toggle', () => {
    if (view || !details.open) return;
    view = readOnlyView(source.trimEnd(), path);
    box.append(view.dom);
  });
  signal.addEventListener('abort', () => view?.destroy());
  return element('section', { class: 'panel', 'aria-label': 'Source' }, details);
}
