/** What compiled, as tables: a row a kernel, and a row a kernel file and mainloop. */

import { grouped } from '../../src/common/format.ts';
import type { Table } from '../../src/common/table.ts';
import { type InstructionMix, instructionCount } from '../../src/inspector/compiled/assembly.ts';
import type { CompiledFigures } from '../../src/inspector/compiled/figures.ts';
import type { CompileResult } from './compile.ts';

/** All kernels of one file and mainloop on one GPU. */
export interface Family {
  readonly name: string;
  readonly kernels: number;
  readonly spilling: number;
  /** The one that spills most. */
  readonly worst: CompileResult;
  /** The one with most arithmetic. */
  readonly largest: CompileResult;
}

/** Bytes of memory that a subgroup needs for what its registers do not hold. */
const scratchOf = ({ figures }: CompileResult): number => figures?.scratch ?? 0;

/** Whether a kernel keeps in memory what belongs in registers: values that found none, or arrays that are indexed as it runs. */
export const isSpilling = (kernel: CompileResult): boolean =>
  scratchOf(kernel) > 0 || (kernel.figures?.spills ?? 0) > 0;

/** Less than 0 where the first spills less: by scratch memory, then by spills. */
const compareSpills = (a: CompileResult, b: CompileResult): number =>
  scratchOf(a) - scratchOf(b) || (a.figures?.spills ?? 0) - (b.figures?.spills ?? 0);

/** By name. */
export function familiesOf(kernels: readonly CompileResult[]): Family[] {
  const byName = new Map<string, CompileResult[]>();
  for (const kernel of kernels) byName.set(kernel.name, [...(byName.get(kernel.name) ?? []), kernel]);
  return [...byName]
    .map(([name, members]) => ({
      name,
      kernels: members.length,
      spilling: members.filter(isSpilling).length,
      worst: members.reduce((a, b) => (compareSpills(a, b) < 0 ? b : a)),
      largest: members.reduce((a, b) => (b.flops > a.flops ? b : a)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `121:110`, spills and what reads them back. */
export const spillText = ({ spills, fills }: CompiledFigures): string =>
  fills === null ? String(spills) : `${spills}:${fills}`;

/** `64 + 45 + 0 of 161` */
const mixText = (mix: InstructionMix): string =>
  `${mix.fma} + ${mix.memory} + ${mix.barrier} of ${instructionCount(mix)}`;

/** Share of multiply-adds in a loop. */
const shareText = (loop: InstructionMix | null): string =>
  loop ? `${Math.round((100 * loop.fma) / instructionCount(loop))} %` : '';

const occupancyText = (occupancy: number): string => String(Number(occupancy.toFixed(1)));

export const figureColumns: Table['columns'] = [
  { header: 'SIMD', align: 'right' },
  { header: 'registers', align: 'right' },
  { header: 'scalar', align: 'right' },
  { header: 'spills', align: 'right' },
  { header: 'scratch', align: 'right' },
  { header: 'workgroup', align: 'right' },
  { header: 'occupancy', align: 'right' },
  { header: 'FMA + memory + barrier', align: 'right' },
  { header: 'FMA in loop', align: 'right' },
  { header: 'cycles', align: 'right' },
];

export function figureCells(figures: CompiledFigures): string[] {
  return [
    String(figures.subgroup),
    String(figures.registers),
    figures.scalarRegisters === null ? '' : String(figures.scalarRegisters),
    spillText(figures),
    String(figures.scratch),
    String(figures.workgroupBytes),
    occupancyText(figures.occupancy),
    mixText(figures.mix),
    shareText(figures.loop),
    grouped(figures.cycles),
  ];
}

/** What the columns of figures mean. */
export const figureNotes: readonly string[] = [
  'SIMD: invocations in a subgroup · registers: Intel, of 32 bytes, most in use at once, of 128; AMD, of an invocation, of 256 · scalar: of a subgroup',
  'spills: registers written to memory, Intel with those read back · scratch: bytes of a subgroup for them · workgroup: bytes of workgroup memory',
  "occupancy: subgroups that one execution unit (Intel) or SIMD (AMD) holds at most · FMA in loop: share of the innermost loop's instructions",
  "cycles: the driver's estimate for one subgroup, each loop counted as a fixed number of runs",
];

/** A row a kernel. */
export function kernelTable(title: string, kernels: readonly CompileResult[]): Table {
  return {
    title,
    columns: [{ header: 'kernel' }, ...figureColumns, { header: 'used by' }],
    rows: kernels.map(({ name, figures, refused, uses }) => [
      name,
      ...(figures ? figureCells(figures) : [...figureColumns.slice(1).map(() => ''), `refused: ${refused}`]),
      `${uses[0]}${uses.length > 1 ? ` +${uses.length - 1}` : ''}`,
    ]),
    notes: figureNotes,
  };
}

/** A row a kernel file and mainloop: how many spill, and the figures of the one with most arithmetic. */
export function familyTable(title: string, families: readonly Family[]): Table {
  return {
    title,
    columns: [
      { header: 'kernel' },
      { header: 'number', align: 'right' },
      { header: 'spilling', align: 'right' },
      { header: 'most', align: 'right' },
      ...figureColumns,
      { header: 'the largest, used by' },
    ],
    rows: families.map(({ name, kernels, spilling, worst, largest }) => [
      name,
      String(kernels),
      String(spilling),
      worst.figures ? spillText(worst.figures) : '',
      ...(largest.figures ? figureCells(largest.figures) : figureColumns.map(() => '')),
      largest.uses[0]!,
    ]),
    notes: [
      'most: of the kernel that spills most; all further figures: of the kernel with most arithmetic',
      ...figureNotes,
    ],
  };
}
