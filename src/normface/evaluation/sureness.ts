/** How sure a decision about one pair is, by the evaluated pairs whose cosines were about the same. */

import type { ScoreSplit } from './threshold.ts';

/** Evaluated pairs by their cosine, in bins of equal width from −1 to 1. */
export interface CosineCounts {
  readonly same: readonly number[];
  readonly different: readonly number[];
}

/** Bins of 0.05. */
const bins = 40;

/** Pairs that a share is taken of, at least; where fewer lie about a cosine, farther ones count too. */
const enough = 40;

export function countCosines({ genuine, impostor }: ScoreSplit): CosineCounts {
  return { same: histogram(genuine), different: histogram(impostor) };
}

function histogram(cosines: ArrayLike<number>): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < cosines.length; i++) counts[binOf(cosines[i]!, bins)]!++;
  return counts;
}

function binOf(cosine: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.floor(((cosine + 1) / 2) * count)));
}

/** Evaluated pairs with a cosine from `from` to `to`. */
export interface Neighbours {
  readonly from: number;
  readonly to: number;
  readonly same: number;
  readonly different: number;
  /**
   * Of as many pairs of the same person as of different people: the share that shows the same person, S/(S + D), where S and D are
   * the shares of all evaluated pairs of either kind that lie here.
   */
  readonly share: number;
}

/** The evaluated pairs about a cosine: those of its bin, and as many bins on either side as it takes to have enough of them. */
export function neighboursOf(cosine: number, { same, different }: CosineCounts): Neighbours {
  const count = same.length;
  const sum = (values: readonly number[], first = 0, end = count) =>
    values.slice(first, end).reduce((total, value) => total + value, 0);
  const bin = binOf(cosine, count);
  for (let reach = 0; ; reach++) {
    const [first, end] = [Math.max(0, bin - reach), Math.min(count, bin + reach + 1)];
    const here = { same: sum(same, first, end), different: sum(different, first, end) };
    const isAll = first === 0 && end === count;
    if (here.same + here.different < enough && !isAll) continue;
    const [s, d] = [here.same / sum(same), here.different / sum(different)];
    const at = (edge: number) => (2 * edge) / count - 1;
    return { from: at(first), to: at(end), ...here, share: s / (s + d) };
  }
}

/** Whether a value of a file is such counts, with pairs of both kinds. */
export function isCosineCounts(value: unknown): value is CosineCounts {
  const { same, different } = (value ?? {}) as Partial<Record<keyof CosineCounts, unknown>>;
  const isCounts = (list: unknown): list is number[] =>
    Array.isArray(list) &&
    list.every((item) => Number.isSafeInteger(item) && item >= 0) &&
    list.some((item) => item > 0);
  return isCounts(same) && isCounts(different) && same.length === different.length;
}
