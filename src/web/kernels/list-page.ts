import type { Page, PageContext } from '../page.ts';
import { element } from '../parts/element.ts';
import { formatHash } from '../routes.ts';
import { type Grouping, groupKernels, type Listed, operatorsOf, searchKernels } from './catalogue-list.ts';

/** Operators that are named in the list; the others are counted. */
const namedOperators = 3;

/**
 * All kernels with a search, grouped by kind of work or by name.
 *
 * @param catalogue where no operators are known, as without a GPU, the kernels have no kind of work either
 */
export function listPage(root: HTMLElement, catalogue: readonly Listed[], context: PageContext): Page {
  const { signal } = context;
  const search = element('input', {
    class: 'input kernel-search',
    type: 'search',
    'aria-label': 'Search kernels',
    placeholder: 'Search names, operators, what they compute',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  let grouping: Grouping = 'family';
  const count = element('p', { class: 'soft small', role: 'status' });
  const hasKinds = catalogue.some(({ uses }) => uses.length > 0);
  const columns = element(
    'div',
    { class: 'kernel-columns', 'aria-hidden': 'true' },
    element('span', {}, 'Kernel'),
    element('span', {}, 'What it computes'),
    hasKinds ? element('span', {}, 'Operators that use it') : '',
  );
  const list = element('div', { class: 'kernel-groups' });

  const show = (): void => {
    const { kernels: found, corrections } = searchKernels(catalogue, search.value);
    const instead = corrections.map(
      ([written, sought]) => `no kernel has “${written}”: these have “${sought}”`,
    );
    count.textContent = [
      found.length === catalogue.length
        ? `${found.length} kernels`
        : `${found.length} of ${catalogue.length} kernels`,
      ...instead,
    ].join('; ');
    columns.hidden = found.length === 0;
    list.replaceChildren(
      ...groupKernels(found, hasKinds ? grouping : 'name').map(({ title, kernels }) =>
        groupView(title, kernels),
      ),
    );
    if (found.length === 0)
      list.append(element('p', {}, 'No kernel has all these words in its name, operators or description.'));
  };
  const remember = (): void => {
    const kept = new URLSearchParams();
    if (search.value) kept.set('q', search.value);
    if (grouping !== 'family') kept.set('group', grouping);
    context.replaceParameters(kept);
  };
  search.addEventListener('input', () => {
    show();
    remember();
  });
  const choices = groupingChoices((chosen) => {
    grouping = chosen;
    show();
    remember();
  });
  const follow = (parameters: URLSearchParams): void => {
    search.value = parameters.get('q') ?? '';
    grouping = parameters.get('group') === 'name' ? 'name' : 'family';
    for (const input of choices.querySelectorAll('input')) input.checked = input.value === grouping;
    show();
  };
  const links = (): HTMLAnchorElement[] => [...list.querySelectorAll<HTMLAnchorElement>('a.kernel-link')];
  const onKey = (event: KeyboardEvent): void => {
    if (root.isConnected) moveInList(event, search, links());
  };
  addEventListener('keydown', onKey, { signal });
  root.append(
    element(
      'div',
      { class: 'page-head' },
      element('h1', {}, 'Kernels'),
      element(
        'p',
        { class: 'lead' },
        hasKinds
          ? 'Every WGSL kernel of the engine, as it runs on this GPU: read it, change a line, and see whether it is still right, how fast it is, and how far from what the adapter can do.'
          : 'Every WGSL kernel of the engine, to read. Where there is WebGPU it also runs here, is checked and timed.',
      ),
    ),
    element('div', { class: 'kernel-find' }, search, hasKinds ? choices : ''),
    element(
      'p',
      { class: 'soft small kernel-keys' },
      element('kbd', {}, '/'),
      ' searches, ',
      element('kbd', {}, '↓'),
      ' and ',
      element('kbd', {}, '↑'),
      ' move, ',
      element('kbd', {}, 'Enter'),
      ' opens',
    ),
    count,
    columns,
    list,
  );
  follow(context.parameters);
  if (root.isConnected && matchMedia('(pointer: fine)').matches) search.focus({ preventScroll: true });
  return { dispose() {}, follow };
}

function groupView(title: string, kernels: readonly Listed[]): HTMLElement {
  return element(
    'section',
    { class: 'kernel-group', 'aria-label': title },
    element('h2', {}, title, ' ', element('span', { class: 'soft small' }, String(kernels.length))),
    element('ul', { class: 'kernel-list' }, ...kernels.map(itemView)),
  );
}

function itemView(entry: Listed): HTMLElement {
  const operators = operatorsOf(entry);
  const more = operators.length - namedOperators;
  const href = formatHash({ page: 'kernels', parameters: new URLSearchParams({ kernel: entry.name }) });
  return element(
    'li',
    {},
    element(
      'a',
      { class: 'kernel-link', href },
      element('span', { class: 'kernel-name' }, entry.name),
      element('span', { class: 'kernel-summary' }, entry.summary),
      element(
        'span',
        { class: 'kernel-operators', title: operators.join(', ') },
        operators.slice(0, namedOperators).join(', ') + (more > 0 ? ` and ${more} more` : ''),
      ),
    ),
  );
}

function groupingChoices(onChoose: (grouping: Grouping) => void): HTMLElement {
  const choice = (value: Grouping, text: string): HTMLElement => {
    const input = element('input', { type: 'radio', name: 'grouping', value });
    input.addEventListener('change', () => onChoose(value));
    return element('label', {}, input, text);
  };
  return element(
    'fieldset',
    { class: 'choices' },
    element('legend', { class: 'visually-hidden' }, 'Order'),
    choice('family', 'By kind'),
    choice('name', 'By name'),
  );
}

/** `/` to the search, the arrows through what was found. */
function moveInList(
  event: KeyboardEvent,
  search: HTMLInputElement,
  links: readonly HTMLAnchorElement[],
): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { target } = event;
  const isTyping = target instanceof HTMLInputElement && target !== search && target.type !== 'radio';
  if (isTyping) return;
  if (event.key === '/' && target !== search) {
    event.preventDefault();
    search.focus();
    search.select();
    return;
  }
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  if (event.key === 'Escape' && at >= 0) search.focus();
  if (event.key === 'Enter' && target === search) links[0]?.click();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || (at < 0 && target !== search)) return;
  event.preventDefault();
  if (at + step < 0) search.focus();
  else links[Math.min(at + step, links.length - 1)]?.focus();
}
