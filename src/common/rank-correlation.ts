import { studentPValue } from './statistics.ts';

/** Spearman's rank correlation of pairs of numbers, and how often chance would give one as far from zero. */
export interface RankCorrelation {
  /** −1 to 1. */
  readonly correlation: number;
  /** Two-sided, by Student's t with n − 2 degrees of freedom. */
  readonly p: number;
}

/**
 * Spearman's ρ: the correlation of ranks, those of equal values being their mean.
 * @returns −1 to 1; null where one side is all equal
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  const [a, b] = [centredRanks(x), centredRanks(y)];
  const product = (u: Float64Array, v: Float64Array): number =>
    u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const scale = Math.sqrt(product(a, a) * product(b, b));
  return scale === 0 ? null : Math.max(-1, Math.min(1, product(a, b) / scale));
}

/** The same with its p-value; null also for fewer than three pairs, of which chance says nothing. */
export function rankCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): RankCorrelation | null {
  const n = x.length;
  const correlation = spearman(x, y);
  if (n < 3 || correlation === null) return null;
  const t = correlation * Math.sqrt((n - 2) / Math.max(Number.MIN_VALUE, 1 - correlation ** 2));
  return { correlation, p: studentPValue(t, n - 2) };
}

/** Ranks less their mean. */
function centredRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Float64Array(n);
  for (let first = 0; first < n; ) {
    let end = first + 1;
    while (end < n && values[order[end]!] === values[order[first]!]) end++;
    for (let k = first; k < end; k++) ranks[order[k]!] = (first + end - n) / 2;
    first = end;
  }
  return ranks;
}
