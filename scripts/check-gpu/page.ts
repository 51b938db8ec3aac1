/** The committed table as a page to read. */

import type { Table } from '../../src/common/table.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import { cell, table as markdownTable } from '../reference/markdown.ts';
import type { CommittedTable } from './committed.ts';
import type { CompileAnswer } from './compile.ts';
import { familiesOf, familyTable } from './summary.ts';

/** @param answers all kernels of GPUs, by name; a part of the page each */
export function tablePage(
  { gpus, reasons }: CommittedTable,
  answers: ReadonlyMap<string, CompileAnswer>,
): string {
  const totals = compiledGpus.flatMap(({ name, title }) => {
    const known = gpus[name];
    return known ? [[`\`${name}\``, title, known.driver, `${known.kernels}`, `${known.spilling}`]] : [];
  });
  const parts = [
    '# Kernels as compilers of GPUs make them',
    'Written by `npm run check:gpu -- --update`; [docs/gpu.md](../../docs/gpu.md) says how to read it. Compiled, not run: nothing here is a time.',
    markdownTable(['GPU', '', 'driver', 'kernels', 'of which spill'], totals),
    ...(Object.keys(reasons).length > 0
      ? [
          '## Why kernels spill',
          markdownTable(
            ['kernel', 'why'],
            Object.entries(reasons).map((row) => row.map(cell)),
          ),
        ]
      : []),
    ...[...answers].flatMap(([gpu, { kernels }]) => {
      const { title, columns, rows, notes = [] } = familyTable(gpu, familiesOf(kernels));
      const heads = columns.map(({ header }) => header);
      return [`## ${title}`, alignedTable({ columns, rows }, heads), notes.map(cell).join('<br>\n')];
    }),
  ];
  return `${parts.join('\n\n')}\n`;
}

function alignedTable({ columns, rows }: Pick<Table, 'columns' | 'rows'>, heads: readonly string[]): string {
  const [head, , ...lines] = markdownTable(
    heads.map(cell),
    rows.map((row) => row.map(cell)),
  ).split('\n');
  const rule = `| ${columns.map(({ align }) => (align === 'right' ? '--:' : '---')).join(' | ')} |`;
  return [head, rule, ...lines].join('\n');
}
