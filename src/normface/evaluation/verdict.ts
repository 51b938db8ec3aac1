/** What may be said of a difference between two rows of a table: every sentence of a report that compares goes through here. */

import { sharedSpread, spreadOfDifference } from '../../common/shared-spread.ts';
import {
  type BootstrapTest,
  bootstrapMean,
  type Estimate,
  estimate,
  holm,
  type MeanTest,
  testMean,
  testMeanBySpread,
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
  /** Of 95 %, over the seeds or over the units, of the test with the larger p-value; null where neither is known. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Of Student's t over the seeds: would other trainings show it? null for a single seed. */
  readonly seeds: number | null;
  /** Of a bootstrap over what judged: would other pairs show it? null where single decisions are not known. */
  readonly units: number | null;
}

/** The difference of two rows alone: its spread is that of these two. */
export function differenceOf(row: MeasuredRow, control: MeasuredRow): Difference {
  return judgedBySpread(row, control, testMean);
}

/**
 * Whose spread is behind a difference: that of all rows of the table (src/common/shared-spread.ts), or of its two rows alone, where rows are not
 * independent of each other, such as means over the same trainings.
 */
export type Spread = 'shared' | 'own';

/** Rows less their controls, in the order given. */
export function differencesOf(compared: readonly Compared[], whose: Spread = 'shared'): Difference[] {
  if (whose === 'own') return compared.map(({ row, control }) => differenceOf(row, control));
  const { rows, spread } = spreadOf(compared);
  const placeOf = (row: MeasuredRow) => rows.findIndex(({ values }) => values === row.values);
  return compared.map(({ row, control }) => {
    if (spread === undefined) return differenceOf(row, control);
    const { variance, degrees } = spreadOfDifference(spread, placeOf(row), placeOf(control));
    return judgedBySpread(row, control, (values) => testMeanBySpread(values, variance, degrees));
  });
}

/** The same by the row. */
export function differencesByRow(compared: readonly Compared[]): Map<MeasuredRow, Difference> {
  const differences = differencesOf(compared);
  return new Map(compared.map(({ row }, k) => [row, differences[k]!]));
}

function spreadOf(compared: readonly Compared[]) {
  const rows = distinctRows(compared.flatMap(({ row, control }) => [row, control]));
  return { rows, spread: sharedSpread(rows.map((row) => ({ seeds: seedsOf(row), values: row.values }))) };
}

/** Each row once, whatever labels it has. */
function distinctRows(rows: readonly MeasuredRow[]): MeasuredRow[] {
  return [...new Map(rows.map((row) => [row.values, row])).values()];
}

function seedsOf({ seeds, values }: MeasuredRow): readonly number[] {
  return seeds ?? values.map((_, k) => k);
}

function judgedBySpread(
  whole: MeasuredRow,
  wholeControl: MeasuredRow,
  test: (differences: readonly number[]) => MeanTest,
): Difference {
  const [row, control] = ofSharedSeeds(whole, wholeControl);
  const { p: seeds, interval, ...estimate } = test(row.values.map((value, k) => value - control.values[k]!));
  const resampled =
    row.units && control.units
      ? resampledOnce(whole.units!, wholeControl.units!, () => unitDifferences(row.units!, control.units!))
      : undefined;
  // The interval of the test that is passed less easily, so that it agrees with the p-value that counts.
  const ofUnits = resampled !== undefined && (seeds === null || resampled.p > seeds);
  return {
    ...estimate,
    interval: ofUnits ? resampled.interval : interval,
    seeds,
    units: resampled?.p ?? null,
  };
}

/** Bootstraps that were made: summary, sentence and table of the same rows ask for the same one, and it takes a tenth of a second. */
const made = new WeakMap<object, WeakMap<object, BootstrapTest>>();

/** @param row whose units, with those of the control, name the bootstrap; they are never changed */
function resampledOnce(row: object, control: object, differences: () => Float64Array): BootstrapTest {
  const ofRow = made.get(row) ?? new WeakMap<object, BootstrapTest>();
  made.set(row, ofRow);
  const known = ofRow.get(control) ?? bootstrapMean(differences());
  ofRow.set(control, known);
  return known;
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

/** "p = 0.03", or "p < 0.001"; near the level with as many digits as tell on which side it is. */
export function pText(p: number): string {
  if (p < 0.001) return 'p < 0.001';
  if (p >= 0.0495 && p < 0.0505) return `p = ${p.toFixed(4)}`;
  return `p = ${p >= 0.0995 ? p.toFixed(2) : Number(p.toPrecision(p < 0.01 ? 1 : 2))}`;
}

/** The words of a verdict on a row less its control. */
const words: Readonly<Record<Verdict, string>> = {
  above: 'above',
  below: 'below',
  indistinct: 'not distinguishable',
  untested: 'one seed, so that what another training would change is not known',
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
export interface Judged {
  readonly label: string;
  readonly difference: Difference;
  /** Holm's for all rows together; null for a single seed. */
  readonly p: number | null;
  readonly verdict: Verdict;
}

/** Highest difference first; p-values are Holm's for all of them together. */
export function judge(compared: readonly Compared[], whose: Spread = 'shared'): Judged[] {
  const entries = differencesOf(compared, whose)
    .map((difference, k) => ({ label: compared[k]!.row.label, difference }))
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
 * @param nameOf what a row is called, by its label; undefined for one that counts among the rows but is not told here
 */
export function againstControlText(
  compared: readonly Compared[],
  what: string | undefined,
  {
    nameOf = (label) => label,
    spread = 'shared',
  }: { nameOf?: (label: string) => string | undefined; spread?: Spread } = {},
): string {
  if (compared.length === 0) return 'No row shares a seed with its control so far.';
  const judged = judge(compared, spread);
  const counts = compared.map(({ row, control }) => sharedSeeds(row, control));
  const [fewest, seeds] = [Math.min(...counts), Math.max(...counts)];
  const tested = judged.filter(({ p }) => p !== null).length;
  const sentence = (start: string, verdict: Verdict) => {
    const rows = judged.flatMap(({ label, difference, p, verdict: own }) =>
      own === verdict && nameOf(label) !== undefined
        ? [`${nameOf(label)} (${points(difference)}${p === null || p >= 0.995 ? '' : `, ${pText(p)}`})`]
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
    `p is ${what === undefined ? '' : 'the larger of two: '}that of Student's t over the seeds${spread === 'own' ? '' : spreadText(compared)}${what === undefined ? '' : `, and that of a bootstrap over the ${what}`}` +
      `${tested > 1 ? `; then by Holm's procedure for ${tested} rows at once` : ''}. From ${level} on a difference counts as not distinguishable${tested > 1 ? '; near 1 p is left out' : ''}.`,
  ].join(' ');
}

/**
 * The row with the highest mean, and which of the others are told from it. Empty where no two rows share two seeds with it.
 * @param what judged, such as "3,000 pairs"
 */
export function bestText(rows: readonly MeasuredRow[], what: string): string {
  const [best, ...others] = rows
    .map((row) => ({ row, mean: estimate(row.values) }))
    .sort((a, b) => b.mean.mean - a.mean.mean);
  const compared = others.flatMap(({ row }) =>
    sharedSeeds(row, best!.row) < 2 ? [] : [{ row, control: best!.row }],
  );
  if (compared.length === 0) return '';
  const judged = judge(compared);
  const below = judged.filter(({ verdict }) => verdict === 'below');
  const names = below.map(({ label, difference, p }) => `${label} ${points(difference)}, ${pText(p!)}`);
  const rest = judged.length - below.length;
  return (
    `The highest mean has ${best!.row.label}, ${percentEstimate(best!.mean)}. ` +
    `${below.length === 0 ? 'None of the others is below it beyond chance' : `Below it beyond chance: ${names.join('; ')}`}` +
    `${rest > 0 && below.length > 0 ? `; ${rest} ${rest === 1 ? 'is' : 'are'} not distinguishable from it` : ''} (both tests, over seeds and over the ${what}, by Holm's procedure for ${judged.length} rows). ` +
    'It was picked for its mean, which makes these p-values too small rather than too large.'
  );
}

/** Where the spread behind p comes from, where it is not of the two rows alone. */
function spreadText(compared: readonly Compared[]): string {
  const { rows, spread } = spreadOf(compared);
  return spread === undefined || rows.length < 3
    ? ''
    : `, with the spread of all ${rows.length} rows (${spread.degrees} degrees of freedom, fewer for a row that scatters more)`;
}

/** The same in one line: which rows are above and below their control, and how many can not be told from it. */
export function againstControlSummary(compared: readonly Compared[], spread: Spread = 'shared'): string {
  if (compared.length === 0) return 'no row shares a seed with its control so far';
  const judged = judge(compared, spread);
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
    ...part('below their control', 'below'),
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
