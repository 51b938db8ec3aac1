/** The committed table: what spilled when it was written. A kernel may spill less, not more. */

import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../../src/common/errors.ts';
import type { CompiledFigures } from '../../src/inspector/compiled/figures.ts';
import type { CompileAnswer } from './compile.ts';
import { isSpilling } from './summary.ts';

/** Registers written to memory, how often they are read back (0 where the driver does not tell), bytes of scratch memory. */
export type Spills = readonly [spills: number, fills: number, scratch: number];

export interface CommittedTable {
  /** By GPU: the driver that the figures are of, and totals. */
  readonly gpus: Readonly<Record<string, GpuTotals>>;
  /** By kernel file, with its mainloop: why its kernels spill and what that costs. Written by people. */
  readonly reasons: Readonly<Record<string, string>>;
  /** By kernel (name, constants, conditions), by GPU. */
  readonly spills: Readonly<Record<string, Readonly<Record<string, Spills>>>>;
}

export interface GpuTotals {
  readonly driver: string;
  readonly kernels: number;
  readonly spilling: number;
}

const empty: CommittedTable = { gpus: {}, reasons: {}, spills: {} };

/** @throws UserError if there is a file that is no table */
export function readTable(file: string): CommittedTable {
  if (!existsSync(file)) return empty;
  try {
    return { ...empty, ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<CommittedTable>) };
  } catch (error) {
    throw new UserError(`${file} is no table of spills: ${(error as Error).message}`);
  }
}

/** One line a kernel, in an order of their own, so that a change of one is a change of one line. */
export function tableText({ gpus, reasons, spills }: CommittedTable): string {
  const lines = (entries: Readonly<Record<string, unknown>>): string =>
    Object.entries(entries)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `\n  ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
      .join(',');
  const parts = Object.entries({ gpus, reasons, spills }).map(
    ([name, entries]) => ` "${name}": {${lines(entries)}\n }`,
  );
  return `{\n${parts.join(',\n')}\n}\n`;
}

/** The table with all that one GPU's driver says now in the place of what it said. @param answer of all kernels */
export function withAnswer(
  table: CommittedTable,
  gpu: string,
  { driver, kernels }: CompileAnswer,
): CommittedTable {
  const spilling = kernels.filter(isSpilling);
  const spills: Record<string, Record<string, Spills>> = {};
  for (const [key, { [gpu]: _, ...others }] of Object.entries(table.spills))
    if (Object.keys(others).length > 0) spills[key] = others;
  for (const { key, figures } of spilling) spills[key] = { ...spills[key], [gpu]: spillsOf(figures!) };
  const totals = { driver, kernels: kernels.length, spilling: spilling.length };
  return { ...table, gpus: { ...table.gpus, [gpu]: totals }, spills };
}

/**
 * What is wrong, a sentence each. What another version of the driver makes of kernels is no fault of theirs: with one, only refusals are, and
 * a note says so.
 *
 * @param table null: there is nothing to compare with
 */
export function faultsOf(
  table: CommittedTable | null,
  gpu: string,
  { driver, kernels }: CompileAnswer,
): { readonly faults: readonly string[]; readonly note: string | null } {
  const known = table?.gpus[gpu]?.driver;
  const isComparable = known === driver;
  const faults = kernels.flatMap((kernel) => {
    const what = `${gpu}: ${kernel.name} (${kernel.uses[0]})`;
    if (kernel.refused !== null) return [`${what} is refused: ${kernel.refused}`];
    const spills = isComparable
      ? excessOf(table!.spills[kernel.key]?.[gpu], spillsOf(kernel.figures!))
      : null;
    return spills === null ? [] : [`${what} ${spills}; its key is ${kernel.key}`];
  });
  const note =
    table === null || isComparable
      ? null
      : `the table is of ${known ?? 'no driver for this GPU'}: with another one only refusals are faults`;
  return { faults, note };
}

/** What is too much, in words; null if nothing is. */
function excessOf(known: Spills | undefined, now: Spills): string | null {
  if (now.every((figure, i) => figure <= (known?.[i] ?? 0))) return null;
  return `spills ${textOf(now)}, ${known ? `and the table allows ${textOf(known)}` : 'and has no line in the table'}`;
}

const spillsOf = ({ spills, fills, scratch }: CompiledFigures): Spills => [spills, fills ?? 0, scratch];

const textOf = ([spills, fills, scratch]: Spills): string =>
  `${spills}:${fills} (${scratch} bytes of scratch memory)`;
