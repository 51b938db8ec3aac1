import { type Child, element } from './element.ts';

export interface Column {
  readonly title: Child;
  /** Numbers stand at the end of their cells. */
  readonly numeric?: boolean;
}

export interface TableOptions {
  /** What the table shows; screen readers say it, and its box is called so. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Child[])[];
  /** Whether a row is to stand out. */
  readonly highlight?: (row: number) => boolean;
}

/** A table inside a box that scrolls sideways where the screen is too narrow, also by keyboard. The first column names the row. */
export function table({ caption, columns, rows, highlight }: TableOptions): HTMLElement {
  const kind = (column: number) => ({ class: columns[column]!.numeric ? 'numeric' : undefined });
  const body = rows.map((cells, row) =>
    element(
      'tr',
      { class: highlight?.(row) ? 'highlight' : undefined },
      ...cells.map((cell, column) =>
        column === 0
          ? element('th', { scope: 'row', ...kind(column) }, cell)
          : element('td', kind(column), cell),
      ),
    ),
  );
  // A header without a text would be one of nothing.
  const head = columns.map(({ title }, column) =>
    title === '' ? element('td') : element('th', { scope: 'col', ...kind(column) }, title),
  );
  return scrollBox(
    caption,
    element(
      'table',
      { class: 'table' },
      element('caption', { class: 'visually-hidden' }, caption),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...body),
    ),
  );
}

/** A box for content that may be wider than the screen. */
export function scrollBox(label: string, content: Node): HTMLElement {
  return element('div', { class: 'scroll-box', role: 'region', 'aria-label': label, tabindex: 0 }, content);
}

/** Names and values, one pair per line. */
export function facts(entries: readonly (readonly [name: string, value: Child])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...entries.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}
