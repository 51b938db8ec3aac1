/** The committed table: what spilled when it was written. A kernel may spill less, not more. */

import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../../src/common/errors.ts';
import type { CompileAnswer } from './compile.ts';
import { type Family, familiesOf, isSpilling, type Spills, spillsOf } from './summary.ts';

export interface CommittedTable {
  /** By GPU: the driver that the figures are of, and totals. */
  readonly gpus: Readonly<Record<string, GpuTotals>>;
  /** By kernel file, with its mainloop: why its kernels spill, and what that costs. Written by people. */
  readonly reasons: Readonly<Record<string, string>>;
  /** By kernel file with its mainloop, by GPU. */
  readonly families: ByGpu<Family>;
  /** By kernel (name, constants, conditions), by GPU: those that spill. */
  readonly spills: ByGpu<Spills>;
}

type ByGpu<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

interface GpuTotals {
  readonly driver: string;
  readonly kernels: number;
  readonly spilling: number;
}

export const emptyTable: CommittedTable = { gpus: {}, reasons: {}, families: {}, spills: {} };

/** @throws UserError if there is a file that is no table */
export function readTable(file: string): CommittedTable {
  if (!existsSync(file)) return emptyTable;
  try {
    return { ...emptyTable, ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<CommittedTable>) };
  } catch (error) {
    throw new UserError(`${file} is no table of spills: ${(error as Error).message}`);
  }
}

/** A line a GPU and name, in order, so that a change of one is a change of one line. */
export function tableText({ gpus, reasons, families, spills }: CommittedTable): string {
  const lines = (entries: object, indent: string, write: (value: unknown) => string): string => {
    const texts = Object.entries(entries)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `\n${indent} ${JSON.stringify(key)}: ${write(value)}`);
    return texts.length === 0 ? '{}' : `{${texts.join(',')}\n${indent}}`;
  };
  const flat = (entries: object): string => lines(entries, ' ', JSON.stringify);
  const nested = (entries: object): string =>
    lines(entries, ' ', (value) => lines(value as object, '  ', JSON.stringify));
  return `{\n "gpus": ${flat(gpus)},\n "reasons": ${flat(reasons)},\n "families": ${nested(families)},\n "spills": ${nested(spills)}\n}\n`;
}

/** The table with all that one GPU's driver says now in the place of what it said. @param answer of all kernels */
export function withAnswer(
  table: CommittedTable,
  gpu: string,
  { driver, kernels }: CompileAnswer,
): CommittedTable {
  const spilling = kernels.filter(isSpilling);
  return {
    ...table,
    gpus: { ...table.gpus, [gpu]: { driver, kernels: kernels.length, spilling: spilling.length } },
    families: replaced(table.families, gpu, familiesOf(kernels)),
    spills: replaced(table.spills, gpu, new Map(spilling.map((kernel) => [kernel.key, spillsOf(kernel)]))),
  };
}

function replaced<T>(old: ByGpu<T>, gpu: string, now: ReadonlyMap<string, T>): ByGpu<T> {
  const result: Record<string, Record<string, T>> = {};
  for (const [key, { [gpu]: _, ...others }] of Object.entries(old))
    if (Object.keys(others).length > 0) result[key] = others;
  for (const [key, value] of now) result[key] = { ...result[key], [gpu]: value };
  return result;
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
    const excess = isComparable ? excessOf(table!.spills[kernel.key]?.[gpu], spillsOf(kernel)) : null;
    return excess === null ? [] : [`${what} ${excess}; its key is ${kernel.key}`];
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

const textOf = ([spills, fills, scratch]: Spills): string =>
  `${spills}:${fills} (${scratch} bytes of scratch memory)`;
