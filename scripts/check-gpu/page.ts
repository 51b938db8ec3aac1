/** The committed table as a page to read. */

import type { Table } from '../../src/common/table.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import { cell } from '../reference/markdown.ts';
import type { CommittedTable } from './committed.ts';
import { type Family, familyTable, figureNotes } from './summary.ts';

export function tablePage({ gpus, reasons, families }: CommittedTable): string {
  const known = compiledGpus.filter(({ name }) => name in gpus);
  const totals: Table = {
    columns: [
      { header: 'GPU' },
      { header: 'what' },
      { header: 'driver' },
      { header: 'kernels', align: 'right' },
      { header: 'of which spill', align: 'right' },
    ],
    rows: known.map(({ name, title }) => {
      const { driver, kernels, spilling } = gpus[name]!;
      return [name, title, driver, String(kernels), String(spilling)];
    }),
  };
  const why: Table = {
    columns: [{ header: 'kernel' }, { header: 'why its kernels spill' }],
    rows: Object.entries(reasons).filter(([name]) =>
      Object.values(families[name] ?? {}).some(({ spilling }) => spilling > 0),
    ),
  };
  const parts = [
    '# Kernels as compilers of GPUs make them',
    'Written by `npm run check:gpu -- --update`; [gpu.md](../../docs/gpu.md) says how to read it. Compiled, not run: nothing here is a time.',
    markdown(totals),
    ...(why.rows.length > 0 ? [markdown(why)] : []),
    ...known.flatMap(({ name, title }) => [
      `## ${title}`,
      markdown(familyTable(name, ofGpu(families, name))),
    ]),
    figureNotes.map(cell).join('<br>\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** In order of the names. */
function ofGpu(families: CommittedTable['families'], gpu: string): ReadonlyMap<string, Family> {
  const entries = Object.entries(families).flatMap(([name, { [gpu]: family }]): [string, Family][] =>
    family ? [[name, family]] : [],
  );
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function markdown({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ header }) => header)),
    line(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n');
}
