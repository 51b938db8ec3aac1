/** Whether runs that judged the same pairs differ by more than the choice of the pairs explains. */

import { countText, grouped } from '../../common/format.ts';
import { holm, mcNemarPValue } from '../../common/statistics.ts';
import { percent } from '../evaluation/summary.ts';
import { differenceOf, level, points, pText } from '../evaluation/verdict.ts';

/** A run's decisions: for every pair, in an order that all runs share, 1 where it is decided rightly, else 0. */
export interface DecidedRun {
  readonly name: string;
  readonly decisions: Uint8Array;
}

/** A run less the first one. Shares are in [0, 1]. */
export interface PairedDifference {
  readonly name: string;
  readonly accuracy: number;
  readonly difference: number;
  /** Of 95 %, of a bootstrap over the pairs. */
  readonly interval: readonly [low: number, high: number];
  /** Pairs that only this run, and only the first one, decides rightly. */
  readonly onlyThis: number;
  readonly onlyFirst: number;
  /** The larger one of those of the bootstrap and of McNemar's exact test, by Holm's procedure for all runs at once. */
  readonly p: number;
  /** Whether other pairs might undo the difference. */
  readonly isNoise: boolean;
}

/** Every run but the first, compared with that. */
export function pairedDifferences([first, ...others]: readonly DecidedRun[]): PairedDifference[] {
  if (!first) return [];
  const compared = others.map(({ name, decisions }) => {
    const row = (label: string, units: Uint8Array) => ({ label, values: [mean(units)], units: [units] });
    const {
      mean: difference,
      interval,
      units,
    } = differenceOf(row(name, decisions), row('', first.decisions));
    let [onlyThis, onlyFirst] = [0, 0];
    decisions.forEach((right, k) => {
      if (right > first.decisions[k]!) onlyThis++;
      if (right < first.decisions[k]!) onlyFirst++;
    });
    const p = Math.max(units!, mcNemarPValue(onlyThis, onlyFirst));
    return { name, accuracy: mean(decisions), difference, interval: interval!, onlyThis, onlyFirst, p };
  });
  const adjusted = holm(compared.map(({ p }) => p));
  return compared.map((one, k) => ({ ...one, p: adjusted[k]!, isNoise: adjusted[k]! >= level }));
}

/**
 * The differences in words: a paragraph for the first run, one for each of the others, and what the numbers are.
 *
 * @param rule behind the decisions
 * @param what was judged, such as "pairs.txt"
 */
export function pairedText(runs: readonly DecidedRun[], rule: string, what: string): string[] {
  const [first] = runs;
  const signed = (share: number) => points({ mean: share, error: null });
  const differences = pairedDifferences(runs);
  const isSeveral = differences.length > 1;
  return [
    `By ${rule} on the same ${grouped(first!.decisions.length)} pairs (${what}) ${first!.name} reaches ${percent(mean(first!.decisions))} %.`,
    ...differences.map((one) => {
      const { name, accuracy, difference, interval, onlyThis, onlyFirst, p, isNoise } = one;
      return (
        `${name} reaches ${percent(accuracy)} %, ${signed(difference)} points (95 % interval ${interval.map(signed).join(' to ')}, ${pText(p)}): ` +
        `${isNoise ? 'within the noise' : 'more than the choice of pairs explains, but one training run each'}. ` +
        `Only ${name} is right on ${countText(onlyThis, 'pair')}, only ${first!.name} on ${grouped(onlyFirst)}.`
      );
    }),
    `The interval is of a bootstrap over the pairs, p the larger one of the bootstrap's and of McNemar's exact test${isSeveral ? `, by Holm's procedure for ${differences.length} runs at once` : ''}; ` +
      'what another seed of the training would change is not in them.',
  ];
}

function mean(units: Uint8Array): number {
  return units.reduce((sum, right) => sum + right, 0) / units.length;
}
