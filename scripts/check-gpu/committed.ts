/** The committed table: what spilled when it was written. A kernel may spill less, not more. */

import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../../src/common/errors.ts';
import type { CompileAnswer, CompiledKernelResult } from './compile.ts';
import { isSpilling } from './summary.ts';

/** Registers written to memory, and read back where the driver tells that. */
export type Spills = readonly [spills: number, fills: number | null];

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
  for (const { key, figures } of spilling)
    spills[key] = { ...spills[key], [gpu]: [figures!.spills, figures!.fills] };
  const totals = { driver, kernels: kernels.length, spilling: spilling.length };
  return { ...table, gpus: { ...table.gpus, [gpu]: totals }, spills };
}

/**
 * What is wrong, a sentence each. What another version of the driver makes of kernels is no fault of theirs: with one, only refusals are.
 */
export function faultsOf(table: CommittedTable, gpu: string, { driver, kernels }: CompileAnswer): string[] {
  const judged = table.gpus[gpu]?.driver === driver ? kernels : kernels.filter(({ figures }) => !figures);
  return judged.flatMap((kernel) => faultOf(table, gpu, kernel) ?? []);
}

function faultOf(
  table: CommittedTable,
  gpu: string,
  { name, key, figures, refused, uses }: CompiledKernelResult,
): string | null {
  const what = `${gpu}: ${name} (${uses[0]})`;
  if (!figures) return `${what} is refused: ${refused}`;
  const { spills, fills } = figures;
  if (spills === 0) return null;
  const known = table.spills[key]?.[gpu];
  const now = fills === null ? `${spills}` : `${spills}:${fills}`;
  if (!known) return `${what} spills ${now} and has no line in the table; its key is ${key}`;
  const [most, mostFills] = known;
  if (spills <= most && (fills ?? 0) <= (mostFills ?? Number.POSITIVE_INFINITY)) return null;
  return `${what} spills ${now}, and the table allows ${most}${mostFills === null ? '' : `:${mostFills}`}; its key is ${key}`;
}
