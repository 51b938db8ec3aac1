/** The rows of a profile: one a dispatch, one an operator call, one an operator. */

import type { Phase } from '../../engine/core/phase.ts';
import { passText } from '../../engine/runtime/prepared.ts';
import { type Bound, boundOf, boundOfAll, type Work } from './bound.ts';
import type { DispatchProfile, StepProfile } from './profile.ts';

export type Order = 'time' | 'step';

/** An operator in one of its passes. */
export interface OperatorPass {
  readonly operator: string;
  readonly phase: Phase;
}

interface Totals extends Work, Bound {
  /** Of the time of all dispatches: the shares of all rows add up to 1. */
  readonly timeShare: number;
}

interface Row extends Totals, OperatorPass {}

export interface DispatchRow extends Row {
  readonly dispatch: DispatchProfile;
  /** When it begins if dispatches follow one another without gaps, in µs from the start of the step. */
  readonly begin: number;
}

/** Dispatches in a row that belong to one call of an operator. */
export interface OperatorCall extends OperatorPass {
  readonly dispatches: readonly DispatchRow[];
}

export interface OperatorRow extends Row {
  readonly calls: number;
  readonly dispatches: number;
  /** Variants that its dispatches took, the one with the most time first, with why. */
  readonly variants: readonly string[];
}

export interface Summary {
  readonly dispatches: readonly DispatchRow[];
  readonly calls: readonly OperatorCall[];
  /** By time. */
  readonly operators: readonly OperatorRow[];
  /** Everything together. */
  readonly total: Totals;
}

/** Compares every dispatch, every operator and the whole step with the roofline. */
export function summarise({ dispatches, roofline }: StepProfile): Summary {
  const whole = boundOfAll(dispatches, roofline);
  const shareOf = (microseconds: number) => (whole.microseconds > 0 ? microseconds / whole.microseconds : 0);
  let begin = 0;
  const rows = dispatches.map((dispatch): DispatchRow => {
    const { operator, phase, flops, bytes, microseconds } = dispatch;
    const row = {
      dispatch,
      begin,
      operator,
      phase,
      flops,
      bytes,
      microseconds,
      timeShare: shareOf(microseconds),
      ...boundOf(dispatch, roofline),
    };
    begin += microseconds;
    return row;
  });
  const calls = callsOf(rows);
  const operators = [...groupBy(calls, passText).values()].map((group): OperatorRow => {
    const { operator, phase } = group[0]!;
    const parts = group.flatMap((call) => call.dispatches);
    const sums = boundOfAll(parts, roofline);
    return {
      operator,
      phase,
      calls: group.length,
      dispatches: parts.length,
      timeShare: shareOf(sums.microseconds),
      variants: variantsOf(parts),
      ...sums,
    };
  });
  return {
    dispatches: rows,
    calls,
    operators: operators.sort((a, b) => b.microseconds - a.microseconds),
    total: { timeShare: shareOf(whole.microseconds), ...whole },
  };
}

/** The rows of dispatches in the order of the step, or the longest first. */
export function inOrder(rows: readonly DispatchRow[], order: Order): readonly DispatchRow[] {
  return order === 'step' ? rows : [...rows].sort((a, b) => b.microseconds - a.microseconds);
}

function callsOf(rows: readonly DispatchRow[]): OperatorCall[] {
  const calls: (OperatorPass & { dispatches: DispatchRow[] })[] = [];
  for (const row of rows) {
    const last = calls.at(-1);
    const previous = last?.dispatches.at(-1)?.dispatch;
    if (last && previous && passText(previous) === passText(row) && previous.call === row.dispatch.call)
      last.dispatches.push(row);
    else calls.push({ operator: row.operator, phase: row.phase, dispatches: [row] });
  }
  return calls;
}

function variantsOf(rows: readonly DispatchRow[]): string[] {
  const times = new Map<string, number>();
  for (const { dispatch, microseconds } of rows) {
    if (!dispatch.choice) continue;
    const text = choiceText(dispatch.choice);
    times.set(text, (times.get(text) ?? 0) + microseconds);
  }
  return [...times].sort(([, a], [, b]) => b - a).map(([text]) => text);
}

/** `winograd 4×4 (fastest measured: 8.6 ms)` */
export function choiceText({ variant, reason }: NonNullable<DispatchProfile['choice']>): string {
  return `${variant} (${reason})`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
