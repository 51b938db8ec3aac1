/** The cosines of all pairs as a table of heat and numbers, in which the arrow keys move. */

import { element } from '../parts/element.ts';
import { formatFixed } from '../parts/format.ts';
import { scrollBox } from '../parts/table.ts';
import { verdict } from './comparison.ts';

export interface MatrixOptions {
  /** Names of the faces. */
  readonly names: readonly string[];
  /** Row by row. */
  readonly cosines: Float64Array;
  readonly threshold: number | undefined;
  /** Whether the verdict on a pair is well founded. */
  readonly isSure: (row: number, column: number) => boolean;
  readonly selected: readonly [row: number, column: number];
  /** A small picture of a face. */
  readonly thumbnail: (face: number) => HTMLElement;
  readonly onSelect: (row: number, column: number) => void;
}

export function matrixView(options: MatrixOptions): HTMLElement {
  const { names, cosines, threshold, isSure, selected, thumbnail, onSelect } = options;
  const count = names.length;
  const cells = names.map((_, row) => names.map((__, column) => cellOf(row, column)));

  function cellOf(row: number, column: number): HTMLTableCellElement {
    const cosine = cosines[row * count + column]!;
    const isSame = row !== column && threshold !== undefined && cosine > threshold;
    const cell = element(
      'td',
      {
        class: row === column ? 'own' : undefined,
        role: 'gridcell',
        tabindex: -1,
        'data-sign': cosine < 0 ? 'negative' : undefined,
        'data-same': isSame && (isSure(row, column) ? 'sure' : 'doubtful'),
        // What is seen is part of the name, so that it can be said to choose the cell.
        'aria-label': `Faces ${row + 1} and ${column + 1}: cosine ${formatFixed(cosine, 3)}, ${verdict(cosine, threshold).toLowerCase()}`,
      },
      formatFixed(cosine, 3),
    );
    cell.style.setProperty('--share', String(Math.abs(cosine)));
    return cell;
  }

  const select = (row: number, column: number, report: boolean): void => {
    for (const line of cells)
      for (const cell of line) {
        cell.tabIndex = -1;
        cell.removeAttribute('aria-selected');
      }
    const cell = cells[row]![column]!;
    cell.tabIndex = 0; // the one place of the table where Tab stops
    cell.setAttribute('aria-selected', 'true');
    if (report) onSelect(row, column);
  };
  select(Math.min(selected[0], count - 1), Math.min(selected[1], count - 1), false);

  const grid = element(
    'table',
    { class: 'matrix', role: 'grid', 'aria-label': 'Cosines of all pairs' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, element('span', { class: 'visually-hidden' }, 'Face')),
        ...names.map((name, i) =>
          element('th', { scope: 'col', title: name }, thumbnail(i), element('span', {}, String(i + 1))),
        ),
      ),
    ),
    element(
      'tbody',
      {},
      ...names.map((name, row) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row', title: name }, thumbnail(row), element('span', {}, String(row + 1))),
          ...cells[row]!,
        ),
      ),
    ),
  );
  const place = (target: EventTarget | null): [number, number] | undefined => {
    for (const [row, line] of cells.entries()) {
      const column = line.indexOf(target as HTMLTableCellElement);
      if (column >= 0) return [row, column];
    }
    return undefined;
  };
  grid.addEventListener('focusin', (event) => {
    const at = place(event.target);
    if (at) select(...at, true);
  });
  grid.addEventListener('keydown', (event) => {
    const at = place(event.target);
    const move = moves[event.key];
    if (!at || !move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [row, column] = move(at[0], at[1], count - 1);
    cells[clamp(row, count - 1)]![clamp(column, count - 1)]!.focus();
  });
  return scrollBox('Cosines of all pairs', grid);
}

const moves: Readonly<Record<string, (row: number, column: number, last: number) => [number, number]>> = {
  ArrowUp: (row, column) => [row - 1, column],
  ArrowDown: (row, column) => [row + 1, column],
  ArrowLeft: (row, column) => [row, column - 1],
  ArrowRight: (row, column) => [row, column + 1],
  Home: (row) => [row, 0],
  End: (row, _, last) => [row, last],
};

function clamp(index: number, last: number): number {
  return Math.max(0, Math.min(last, index));
}
