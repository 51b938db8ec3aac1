/** What compiled, as tables: a row a kernel, and a row a kernel file and mainloop. */

import { grouped } from '../../src/common/format.ts';
import type { Table } from '../../src/common/table.ts';
import { type InstructionMix, instructionCount } from '../../src/inspector/compiled/assembly.ts';
import type { CompiledFigures } from '../../src/inspector/compiled/figures.ts';
import type { CompileResult } from './compile.ts';

/** Registers written to memory, how often they are read back (0 where the driver does not tell), bytes of scratch memory. */
export type Spills = readonly [spills: number, fills: number, scratch: number];

export const spillsOf = ({ figures }: CompileResult): Spills =>
  figures ? [figures.spills, figures.fills ?? 0, figures.scratch] : [0, 0, 0];

/** Whether a kernel keeps in memory what belongs in registers: values that found none, or arrays that are indexed as it runs. */
export const isSpilling = (kernel: CompileResult): boolean => spillsOf(kernel).some((figure) => figure > 0);

/** All kernels of one file and mainloop on one GPU. */
export interface Family {
  readonly kernels: number;
  readonly spilling: number;
  /** Of the one that needs most scratch memory, and of those that spills most. */
  readonly most: Spills;
  /** Of the one with most arithmetic; null if it was refused. */
  readonly largest: CompiledFigures | null;
  /** Where that one is dispatched. */
  readonly use: string;
}

/** By name, in order of the names. */
export function familiesOf(kernels: readonly CompileResult[]): ReadonlyMap<string, Family> {
  const byName = new Map<string, CompileResult[]>();
  for (const kernel of kernels) byName.set(kernel.name, [...(byName.get(kernel.name) ?? []), kernel]);
  const entries = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(
    entries.map(([name, members]) => {
      const largest = members.reduce((a, b) => (b.flops > a.flops ? b : a));
      const all = members.map(spillsOf);
      return [
        name,
        {
          kernels: members.length,
          spilling: members.filter(isSpilling).length,
          most: all.reduce((a, b) => ((b[2] - a[2] || b[0] - a[0]) > 0 ? b : a)),
          largest: largest.figures,
          use: largest.uses[0]!,
        },
      ];
    }),
  );
}

/** `121:110`, spills and how often they are read back; just the spills where the driver does not tell. */
const spillText = (spills: number, fills: number | null): string =>
  fills === null ? `${spills}` : `${spills}:${fills}`;

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
    spillText(figures.spills, figures.fills),
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
  "occupancy: subgroups that one execution unit (Intel) or SIMD (AMD) holds at most, by registers and workgroup memory (Intel's GPU Occupancy Calculator; LLVM's AMDGPU backend)",
  "FMA + memory + barrier: instructions of the text · FMA in loop: share of the innermost loop's instructions",
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
export function familyTable(title: string, families: ReadonlyMap<string, Family>): Table {
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
    rows: [...families].map(([name, { kernels, spilling, most, largest, use }]) => [
      name,
      String(kernels),
      String(spilling),
      spilling > 0 ? spillText(most[0], largest?.fills === null ? null : most[1]) : '',
      ...(largest ? figureCells(largest) : figureColumns.map(() => '')),
      use,
    ]),
    notes: [
      'most: of the kernel that spills most; all further figures: of the kernel with most arithmetic',
      ...figureNotes,
    ],
  };
}
