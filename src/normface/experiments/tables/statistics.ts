/** Means over seeds, and what may be said of differences between rows of a table. */

import { mean } from '../../evaluation/result.ts';
import { formatAccuracy } from '../../evaluation/summary.ts';

/** A mean over repetitions. */
export interface Estimate {
  readonly mean: number;
  /** Standard deviation of a sample (n − 1); null for a single value. */
  readonly std: number | null;
  /** Standard error of the mean, std / √n. */
  readonly error: number | null;
  readonly count: number;
}

export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  const average = mean(values);
  if (count < 2) return { mean: average, std: null, error: null, count };
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (count - 1));
  return { mean: average, std, error: std / Math.sqrt(count), count };
}

/** A row of a table: one value for each seed, in the same order in every row. */
export interface SeedValues {
  readonly label: string;
  readonly values: readonly number[];
}

/** Difference of two rows seed by seed, so that what a seed does to both cancels. */
export function pairedDifference(row: SeedValues, control: SeedValues): Estimate {
  return estimate(row.values.map((value, k) => value - control.values[k]));
}

export type Verdict = 'above' | 'below' | 'within' | 'unknown';

/** Where a difference lies: outside of one standard error around zero, or not; unknown for a single seed. */
export function verdictOf({ mean, error }: Estimate): Verdict {
  if (error === null) return 'unknown';
  if (mean > error) return 'above';
  return mean < -error ? 'below' : 'within';
}

/** Sentences on which rows differ from the control by more than one standard error. Values are fractions, printed as points. */
export function againstControl(rows: readonly SeedValues[], control: SeedValues): string {
  const compared = rows
    .map((row) => {
      const difference = pairedDifference(row, control);
      return { row, difference, verdict: verdictOf(difference) };
    })
    .sort((a, b) => b.difference.mean - a.difference.mean);
  const list = (verdict: Verdict) =>
    compared
      .filter((entry) => entry.verdict === verdict)
      .map(({ row, difference }) => `${row.label} (${points(difference)})`)
      .join(', ') || 'none';
  if (control.values.length < 2)
    return `Against the control, in percentage points: ${list('unknown')}. One seed says nothing about the chance in these differences.`;
  return (
    `Against the control, in percentage points, mean ± standard error of the differences seed by seed. ` +
    `Above by more than one standard error: ${list('above')}. Below by more than one: ${list('below')}. ` +
    `Within one: ${list('within')}. One standard error is weak evidence: ` +
    'by chance alone a third of all rows lies outside of it, with three seeds four in ten.'
  );
}

/** "77.10 ± 0.31" in per cent, the standard deviation behind the mean where there is one. */
export function percentEstimate({ mean, std }: Pick<Estimate, 'mean' | 'std'>): string {
  return formatAccuracy({ accuracy: mean, std });
}

/** "+0.42 ± 0.13" for 0.0042. */
export function points({ mean, error }: Pick<Estimate, 'mean' | 'error'>): string {
  const signed = `${mean < 0 ? '−' : '+'}${Math.abs(100 * mean).toFixed(2)}`;
  return error === null ? signed : `${signed} ± ${(100 * error).toFixed(2)}`;
}

/** How many of the pairs of rows that the paper orders come out in the same order. */
export interface Agreement {
  readonly pairs: number;
  readonly same: number;
}

export function agreement(rows: readonly { readonly paper: number; readonly mean: number }[]): Agreement {
  let pairs = 0;
  let same = 0;
  rows.forEach((a, i) => {
    for (const b of rows.slice(i + 1)) {
      if (a.paper === b.paper) continue;
      pairs++;
      if ((a.mean - b.mean) * (a.paper - b.paper) > 0) same++;
    }
  });
  return { pairs, same };
}

/** A sentence on how far the paper's order shows. */
export function orderText({ pairs, same }: Agreement, what = 'rows'): string {
  const share = pairs === 0 ? 0 : same / pairs;
  const judgement =
    share === 1
      ? 'the same order'
      : share >= 0.75
        ? 'mostly the same order'
        : share > 0.5
          ? 'a weak likeness'
          : 'not the same order';
  return `Of the ${pairs} pairs of ${what} that the paper puts in an order, the means here put ${same} in the same one (chance would give ${pairs / 2}): ${judgement}.`;
}
