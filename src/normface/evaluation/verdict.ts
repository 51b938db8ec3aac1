/** What may be said of a difference between two rows of a table: every sentence of a report that compares goes through here. */

import {
  type Agreement,
  agreement,
  bootstrapMean,
  type Estimate,
  holm,
  testMean,
} from '../../common/statistics.ts';
import { formatAccuracy } from './summary.ts';

/** p-values from here on are chance. */
export const level = 0.05;

/** A row of a table: one value a seed, in the same order of seeds in every row unless it names them. Values are shares in [0, 1]. */
export interface MeasuredRow {
  readonly label: string;
  /** Which seeds these are, where rows may have different ones: only those that both have are compared. */
  readonly seeds?: readonly number[];
  readonly values: readonly number[];
  /** For each seed the share of right decisions of every unit that judged: of a pair 0 or 1, of a fold its accuracy. */
  readonly units?: readonly ArrayLike<number>[];
}

/** A row less its control, seed by seed, so that what a seed does to both cancels. */
export interface Difference extends Estimate {
  /** Of 95 %, over the seeds; over the units for a single seed; null where neither is known. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Of Student's t over the seeds: would other trainings show it? null for a single seed. */
  readonly seeds: number | null;
  /** Of a bootstrap over what judged: would other pairs show it? null where single decisions are not known. */
  readonly units: number | null;
}

export function differenceOf(whole: MeasuredRow, wholeControl: MeasuredRow): Difference {
  const [row, control] = ofSharedSeeds(whole, wholeControl);
  const {
    p: seeds,
    interval,
    ...estimate
  } = testMean(row.values.map((value, k) => value - control.values[k]!));
  const resampled =
    row.units && control.units ? bootstrapMean(unitDifferences(row.units, control.units)) : undefined;
  return {
    ...estimate,
    interval: interval ?? resampled?.interval ?? null,
    seeds,
    units: resampled?.p ?? null,
  };
}

/** Two rows as far as they are of the same seeds. */
function ofSharedSeeds(row: MeasuredRow, control: MeasuredRow): [MeasuredRow, MeasuredRow] {
  const { seeds } = row;
  const others = control.seeds;
  if (!seeds || !others) return [row, control];
  const pairs = seeds.map((seed, k) => [k, others.indexOf(seed)] as const).filter(([, other]) => other >= 0);
  const part = (one: MeasuredRow, side: 0 | 1): MeasuredRow => ({
    label: one.label,
    values: pairs.map((pair) => one.values[pair[side]]!),
    ...(one.units && { units: pairs.map((pair) => one.units![pair[side]]!) }),
  });
  return [part(row, 0), part(control, 1)];
}

/** How many seeds two rows share. */
export function sharedSeeds(row: MeasuredRow, control: MeasuredRow): number {
  return ofSharedSeeds(row, control)[0].values.length;
}

/** For each unit the difference of the two rows' shares of right decisions, averaged over the seeds. */
function unitDifferences(row: readonly ArrayLike<number>[], control: readonly ArrayLike<number>[]) {
  return Float64Array.from({ length: row[0]!.length }, (_, unit) => {
    const sum = row.reduce((total, ofSeed, seed) => total + ofSeed[unit]! - control[seed]![unit]!, 0);
    return sum / row.length;
  });
}

/**
 * `above` and `below` need both tests, of the seeds and of the units where these are known: a difference that other trainings or
 * other pairs might undo is `indistinct`. `untested` is one of a single seed that the units do not rule out.
 */
export type Verdict = 'above' | 'below' | 'indistinct' | 'untested';

/** The larger p-value of the two tests, as both must be passed; null for a single seed. */
export function pValueOf({ seeds, units }: Pick<Difference, 'seeds' | 'units'>): number | null {
  return seeds === null ? null : Math.max(seeds, units ?? 0);
}

/** @param p in place of the difference's own, where several rows are compared at once */
export function verdictOf(difference: Difference, p = pValueOf(difference)): Verdict {
  const { mean, units } = difference;
  if (p === null) return units !== null && units >= level ? 'indistinct' : 'untested';
  if (p >= level) return 'indistinct';
  return mean > 0 ? 'above' : 'below';
}

/** "+0.42 ± 0.13" for 0.0042 with its standard error, in percentage points; nothing has no sign. */
export function points({ mean, error }: Pick<Estimate, 'mean' | 'error'>): string {
  const signed = signedPoints(mean);
  return error === null ? signed : `${signed} ± ${(100 * error).toFixed(2)}`;
}

function signedPoints(share: number): string {
  const size = Math.abs(100 * share).toFixed(2);
  if (Number(size) === 0) return size;
  return `${share < 0 ? '−' : '+'}${size}`;
}

/** "77.10 ± 0.31" in per cent, the standard deviation behind the mean where there is one. */
export function percentEstimate({ mean, std }: Pick<Estimate, 'mean' | 'std'>): string {
  return formatAccuracy({ accuracy: mean, std });
}

/** "p = 0.03", or "p < 0.001". */
export function pText(p: number): string {
  if (p < 0.001) return 'p < 0.001';
  return `p = ${p >= 0.0995 ? p.toFixed(2) : Number(p.toPrecision(p < 0.01 ? 1 : 2))}`;
}

/** The words of a verdict on a row less its control. */
const words: Readonly<Record<Verdict, string>> = {
  above: 'above',
  below: 'below',
  indistinct: 'not distinguishable',
  untested: 'one seed, chance not known',
};

/** "+0.42 points (95 % interval −0.10 to +0.94, p = 0.09): not distinguishable". */
export function differenceText(difference: Difference, names: Partial<Record<Verdict, string>> = {}): string {
  const { mean, interval, units } = difference;
  const p = pValueOf(difference) ?? units;
  const details = [
    ...(interval ? [`95 % interval ${interval.map(signedPoints).join(' to ')}`] : []),
    ...(p === null ? [] : [pText(p)]),
  ];
  const verdict = verdictOf(difference);
  return `${signedPoints(mean)} points${details.length > 0 ? ` (${details.join(', ')})` : ''}: ${names[verdict] ?? words[verdict]}`;
}

/** One row of a table and what it is compared with. */
export interface Compared {
  readonly row: MeasuredRow;
  readonly control: MeasuredRow;
}

/** A compared row with its verdict. */
interface Judged {
  readonly label: string;
  readonly difference: Difference;
  /** Holm's for all rows together; null for a single seed. */
  readonly p: number | null;
  readonly verdict: Verdict;
}

/** Highest difference first. */
function judge(compared: readonly Compared[]): Judged[] {
  const entries = compared
    .map(({ row, control }) => ({ label: row.label, difference: differenceOf(row, control) }))
    .sort((a, b) => b.difference.mean - a.difference.mean);
  const own = entries.map(({ difference }) => pValueOf(difference));
  // Rows of one seed have none, and are no part of Holm's procedure.
  const tested = own.flatMap((p, k) => (p === null ? [] : [k]));
  const adjusted = holm(tested.map((k) => own[k]!));
  return entries.map((entry, k) => {
    const place = tested.indexOf(k);
    const p = place < 0 ? null : adjusted[place]!;
    return { ...entry, p, verdict: verdictOf(entry.difference, p) };
  });
}

/**
 * A sentence for each verdict on the rows of a table. p-values are Holm's for all rows together.
 * @param what judged, such as "3,000 pairs"; undefined where single decisions are not known
 */
export function againstControlText(compared: readonly Compared[], what: string | undefined): string {
  if (compared.length === 0) return 'No row shares a seed with its control so far.';
  const judged = judge(compared);
  const counts = compared.map(({ row, control }) => sharedSeeds(row, control));
  const [fewest, seeds] = [Math.min(...counts), Math.max(...counts)];
  const tested = judged.filter(({ p }) => p !== null).length;
  const sentence = (start: string, verdict: Verdict) => {
    const rows = judged.flatMap(({ label, difference, p, verdict: own }) =>
      own === verdict
        ? [`${label} (${points(difference)}${p === null || p >= 0.995 ? '' : `, ${pText(p)}`})`]
        : [],
    );
    return rows.length > 0 ? [`${start}: ${rows.join(', ')}.`] : [];
  };
  if (seeds < 2)
    return [
      'Less the control, in percentage points.',
      ...sentence('One seed, so that the chance of training is not known', 'untested'),
      ...sentence(
        `Not distinguishable even from the choice of the ${what ?? 'test'} alone, whatever another seed may do`,
        'indistinct',
      ),
    ].join(' ');
  return [
    `Less the control, in percentage points, mean ± standard error of the differences over ${fewest === seeds ? `${seeds} seeds` : `the seeds that row and control share, ${fewest} to ${seeds}`}.`,
    ...sentence('Above', 'above'),
    ...sentence('Below', 'below'),
    ...sentence('Not distinguishable', 'indistinct'),
    ...sentence('Of one seed, so that chance is not known', 'untested'),
    `p is that of Student's t over the seeds${what === undefined ? '' : ` or of a bootstrap over the ${what}, whichever is larger`}` +
      `${tested > 1 ? `, by Holm's procedure for ${tested} rows at once` : ''}; from ${level} on a difference counts as not distinguishable${tested > 1 ? ', and near 1 p is left out' : ''}.`,
  ].join(' ');
}

/** The same in one line: which rows are above and below their control, and how many can not be told from it. */
export function againstControlSummary(compared: readonly Compared[]): string {
  if (compared.length === 0) return 'no row shares a seed with its control so far';
  const judged = judge(compared);
  const names = (verdict: Verdict) => judged.flatMap((one) => (one.verdict === verdict ? [one.label] : []));
  const part = (words: string, verdict: Verdict) => {
    const rows = names(verdict);
    return rows.length > 0
      ? [
          `${rows.length} of ${judged.length} rows ${rows.length === 1 ? 'is' : 'are'} ${words} (${rows.join('; ')})`,
        ]
      : [];
  };
  const indistinct = names('indistinct').length;
  return [
    ...part('above their control', 'above'),
    ...part('below it', 'below'),
    ...part('of one seed, so that chance is not known', 'untested'),
    ...(indistinct > 0
      ? [`${indistinct} of ${judged.length} rows are not distinguishable from their control`]
      : []),
  ].join(', ');
}

/**
 * A paragraph on runs that were trained once each: how far each lies from one of them, and whether other pairs might undo it.
 * @param rows of one value each, with the decisions of single pairs
 * @param rule behind the accuracies
 */
export function comparisonText(rows: readonly MeasuredRow[], reference: string, rule: string): string {
  const control = rows.find(({ label }) => label === reference)!;
  const percent = ({ values: [accuracy] }: MeasuredRow) => `${(100 * accuracy!).toFixed(2)} %`;
  const pairs = control.units![0]!.length.toLocaleString('en-US');
  const sentences = rows.flatMap((row) => {
    if (row === control) return [];
    const difference = differenceText(differenceOf(row, control), {
      indistinct: 'not distinguishable from that',
      untested: `more than the choice of pairs explains, but one training run each`,
    });
    return [`${row.label} reaches ${percent(row)}, ${difference}.`];
  });
  return (
    `By ${rule} on ${pairs} pairs ${control.label} reaches ${percent(control)}. ${sentences.join(' ')} ` +
    'Interval and p are of a bootstrap over the pairs; what another seed of the training would change is not in them.'
  );
}

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

/** A sentence on how far the paper's order shows in the means of a table. */
export function orderText(rows: readonly { readonly paper: PaperValue; readonly mean: number }[]): string {
  return agreementText(
    agreement(
      rows.map(({ mean }) => mean),
      (i, j) => paperOrder(rows[i]!.paper, rows[j]!.paper),
    ),
  );
}

/** As {@link orderText}, of what was counted. */
export function agreementText({ pairs, same, opposite, p }: Agreement): string {
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
