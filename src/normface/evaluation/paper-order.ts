/** How far the order of rows in the paper shows in the rows of a table. */

import { type Agreement, agreement, isAbove } from '../../common/statistics.ts';
import { judge, level, type MeasuredRow, points, pText, sharedSeeds, type Verdict } from './verdict.ts';

/** A value of the paper, in per cent. */
export interface PaperValue {
  readonly accuracy: number;
  readonly spread?: number;
}

/** The largest spread that the paper gives anywhere, over five snapshots of one net, in points; what it says without one gets this. */
const largestSpread = 0.025;

/** 1 when the paper's a lies above its b by more than the spreads of both, −1 when below, else 0. */
export function paperOrder(a: PaperValue, b: PaperValue): -1 | 0 | 1 {
  const difference = a.accuracy - b.accuracy;
  // Decimals such as 99.19 − 99.16 are not exact in binary.
  const reach = (a.spread ?? largestSpread) + (b.spread ?? largestSpread) + 1e-9;
  if (Math.abs(difference) <= reach) return 0;
  return difference > 0 ? 1 : -1;
}

interface OrderedRow {
  readonly label: string;
  readonly paper: PaperValue;
  readonly mean: number;
}

/** How far the paper's order shows in the means of a table, and which rows stand where it does not. */
export function orderText(rows: readonly OrderedRow[]): string {
  const counted = agreement(
    rows.map(({ mean }) => mean),
    (i, j) => paperOrder(rows[i]!.paper, rows[j]!.paper),
  );
  return [agreementText(counted), ...oppositeText(rows)].join(' ');
}

/**
 * The pairs of rows in the opposite order, as few rows as tell them all: the row with most of them first, then of those that are left. At an equal number
 * the earlier row. Nothing where there are none.
 */
function oppositeText(rows: readonly OrderedRow[]): string[] {
  let left = rows.flatMap((above) =>
    rows.flatMap((below) =>
      paperOrder(above.paper, below.paper) < 0 && isAbove(above.mean, below.mean) ? [{ above, below }] : [],
    ),
  );
  const told: string[] = [];
  while (left.length > 0) {
    const of = (row: OrderedRow) => left.filter(({ above, below }) => above === row || below === row);
    const row = rows.reduce((most, next) => (of(next).length > of(most).length ? next : most));
    const own = of(row);
    const list = (side: 'above' | 'below', others: readonly OrderedRow[]) =>
      others.length === 0 ? [] : [`${side} ${others.map(({ label }) => `"${label}"`).join(', ')}`];
    const places = [
      ...list(
        'above',
        own.flatMap(({ above, below }) => (above === row ? [below] : [])),
      ),
      ...list(
        'below',
        own.flatMap(({ above, below }) => (below === row ? [above] : [])),
      ),
    ];
    told.push(`"${row.label}" is ${places.join(' and ')}`);
    left = left.filter((pair) => !own.includes(pair));
  }
  return told.length === 0 ? [] : [`The opposite ones: ${told.join('; ')}.`];
}

/** What was counted, in words. */
function agreementText({ pairs, same, opposite, p }: Agreement): string {
  if (pairs === 0) return 'No two rows that the paper separates are measured so far.';
  const level_ = pairs - same - opposite;
  const judgement =
    p >= level
      ? 'not distinguishable from rows in a random order'
      : same > opposite
        ? "the paper's order shows"
        : "the reverse of the paper's order shows";
  return (
    `Of the ${pairs} pairs of rows that the paper separates, by more than its spreads (±${largestSpread} points where it gives none), ` +
    `the means here put ${same} in the same order and ${opposite} in the opposite one${level_ > 0 ? `, ${level_} are level` : ''} ` +
    `(${pText(p)} of a permutation test): ${judgement}.`
  );
}

/**
 * A sentence on the pairs of rows that the paper separates, each judged by itself: its two rows paired by seed and by what judged, p by
 * Holm's procedure for all pairs at once. Where all rows are of one seed there is none.
 */
export function orderedPairsText(rows: readonly (MeasuredRow & { readonly paper: PaperValue })[]): string {
  const compared = rows.flatMap((first, i) =>
    rows.slice(i + 1).flatMap((second) => {
      const order = paperOrder(first.paper, second.paper);
      if (order === 0 || sharedSeeds(first, second) < 2) return [];
      const [row, control] = order > 0 ? [first, second] : [second, first];
      return [{ row: { ...row, label: `${row.label} over ${control.label}` }, control }];
    }),
  );
  if (compared.length === 0)
    return 'No two rows that the paper separates are of two seeds, so that no pair is judged.';
  const judged = judge(compared);
  const list = (words: string, verdict: Verdict) => {
    const pairs = judged.filter((one) => one.verdict === verdict);
    const names = pairs.map(({ label, difference }) => `${label} ${points(difference)}`).join('; ');
    return `${pairs.length} ${words}${pairs.length > 0 ? ` (${names})` : ''}`;
  };
  const indistinct = judged.filter(({ verdict }) => verdict === 'indistinct').length;
  return (
    `Each of these ${compared.length} pairs by itself, paired by seed: ${list('are in the order of the paper beyond chance', 'above')}, ` +
    `${list('in the opposite one', 'below')}, ${indistinct} not distinguishable, by Holm's procedure for all of them at once.`
  );
}
