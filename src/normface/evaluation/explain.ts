/** Why a number may be below the published one: what each alternative would change, on the same pairs, and whether chance explains it. */

import { mcNemar } from '../../common/proportion.ts';
import { bootstrapMean, holm } from '../../common/statistics.ts';
import type { Table } from '../../common/table.ts';
import { percent } from './summary.ts';
import { level, points, pText } from './verdict.ts';

/** The usual reasons for a number below the published one. */
export const reasons = [
  'alignment',
  'crop',
  'channel order',
  'pixel range',
  'mirror merge',
  'protocol',
] as const;
export type Reason = (typeof reasons)[number];

/** Something done otherwise. */
export interface Alternative {
  readonly reason: Reason;
  /** In the table: "BGR". */
  readonly name: string;
  /** In a sentence: "reading channels as BGR". */
  readonly doing: string;
  /** What it would mean, if it helps: "the images, or those that the net was trained on, have red and blue exchanged". */
  readonly hint: string;
}

/** An alternative with the decisions that came of it: 1 for every pair that is decided rightly, else 0. */
export interface MeasuredAlternative extends Alternative {
  readonly decisions: Uint8Array;
}

/** What an alternative changes. */
export interface Explanation extends Alternative {
  /** Share of right decisions, in [0, 1]. */
  readonly accuracy: number;
  /** Less the share without the alternative, and its standard error. */
  readonly difference: number;
  readonly error: number;
  /** Of the difference, 95 %, by a bootstrap over the pairs. */
  readonly interval: readonly [low: number, high: number];
  /** Of McNemar's exact test, by Holm's procedure for all alternatives together. */
  readonly p: number;
  /** Whether it is better, and chance does not explain that. */
  readonly isBetter: boolean;
}

/** The outcome of {@link explain}. */
export interface Explained {
  /** Pairs that decided. */
  readonly pairs: number;
  /** The rule of the decisions, but for alternatives that are rules of their own. */
  readonly rule: string;
  /** Share of right decisions without any alternative. */
  readonly accuracy: number;
  /** The greatest change first. */
  readonly alternatives: readonly Explanation[];
  /** Reasons that could not be looked into, a sentence each. */
  readonly left: readonly string[];
}

/**
 * Compares alternatives with what is, pair by pair. A difference counts where McNemar's test of the pairs whose decisions change excludes
 * chance for all alternatives together.
 *
 * @param decisions without any alternative
 */
export function explain(
  decisions: Uint8Array,
  alternatives: readonly MeasuredAlternative[],
  { rule, left = [] }: { readonly rule: string; readonly left?: readonly string[] },
): Explained {
  const pairs = decisions.length;
  const share = (right: Uint8Array) => right.reduce((sum, one) => sum + one, 0) / pairs;
  const measured = alternatives.map(({ decisions: other, ...alternative }) => {
    const changes = Int8Array.from(other, (right, pair) => right - decisions[pair]!);
    const changed = changes.filter((change) => change !== 0);
    const better = changed.filter((change) => change > 0).length;
    const difference = (2 * better - changed.length) / pairs;
    // Of changes −1, 0 and 1 the mean square is the share of those that are not 0.
    const variance = changed.length / pairs - difference ** 2;
    return {
      ...alternative,
      accuracy: share(other),
      difference,
      error: Math.sqrt(variance / Math.max(1, pairs - 1)),
      interval: bootstrapMean(changes).interval,
      p: mcNemar(better, changed.length),
    };
  });
  const adjusted = holm(measured.map(({ p }) => p));
  return {
    pairs,
    rule,
    accuracy: share(decisions),
    alternatives: measured
      .map(
        (one, k): Explanation => ({
          ...one,
          p: adjusted[k]!,
          isBetter: one.difference > 0 && adjusted[k]! < level,
        }),
      )
      .sort((p, q) => q.difference - p.difference),
    left,
  };
}

/** A sentence for every alternative that is better beyond chance, or one that none is. */
export function explainSentences(explained: Explained): string[] {
  const { alternatives, pairs, left } = explained;
  const better = alternatives.filter(({ isBetter }) => isBetter);
  const found = better.map(({ doing, difference, error, interval, p, hint }) => {
    const range = interval.map((edge) => points({ mean: edge, error: null })).join(' to ');
    const change = points({ mean: difference, error });
    return `${capital(doing)} would change it by ${change} points (95 % interval ${range}, ${pText(p)}): ${hint}.`;
  });
  if (found.length > 0) return [...found, ...left];
  const widest = Math.max(0, ...alternatives.map(({ interval: [low, high] }) => (high - low) / 2));
  return [
    `None of the ${alternatives.length} alternatives is better by more than chance explains on ${pairs.toLocaleString('en-US')} pairs, ` +
      `where a change of less than about ${(100 * widest).toFixed(1)} points would not show.`,
    ...left,
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** One row an alternative. */
export function explainTable({ alternatives, accuracy, pairs, rule }: Explained, title?: string): Table {
  const right = (header: string) => ({ header, align: 'right' as const });
  return {
    title,
    columns: [
      { header: 'reason' },
      { header: 'alternative' },
      right('accuracy, %'),
      right('change, points'),
      right('95 % interval'),
      right('p'),
      { header: '' },
    ],
    rows: [
      ['', `as it is, by ${rule}`, percent(accuracy), '', '', '', ''],
      ...alternatives.map((one) => [
        one.reason,
        one.name,
        percent(one.accuracy),
        points({ mean: one.difference, error: one.error }),
        one.interval.map((edge) => points({ mean: edge, error: null })).join(' to '),
        pText(one.p).replace(/^p (= )?/, ''),
        one.isBetter ? 'better' : '',
      ]),
    ],
    notes: [
      `${pairs.toLocaleString('en-US')} pairs by ${rule}, the same for every row. ± is the standard error of the change; p is McNemar's for all rows ` +
        "together (Holm's procedure).",
    ],
  };
}
