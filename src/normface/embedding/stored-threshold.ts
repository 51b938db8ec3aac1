/** The decision threshold that `normface eval` keeps beside a checkpoint and that verification uses. */

import { UserError } from '../../common/errors.ts';
import { oneLine } from '../../common/printable.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import { type CosineCounts, countCosines, isCosineCounts } from '../evaluation/sureness.ts';
import { accuracyAt, countAbove, type ScoreSplit } from '../evaluation/threshold.ts';

export interface StoredThreshold {
  readonly format: 1;
  /** Two images show the same person when their cosine is greater than this. */
  readonly threshold: number;
  /** How image and mirror image are merged before the cosine. */
  readonly merge: MergeName;
  /** How it was chosen, such as `best-threshold` or `far=0.001`. */
  readonly rule: string;
  /** On which data and pairs. */
  readonly data: string;
  readonly pairs: string;
  /** Share of these pairs that it decides correctly, and its false accept and true accept rates on them. */
  readonly accuracy: number;
  readonly falseAcceptRate: number;
  readonly trueAcceptRate: number;
  /** These pairs by their cosines, to tell how sure a decision is; absent in files of older versions. */
  readonly cosines?: CosineCounts;
}

/** A threshold with what it does to the pairs that it was chosen on. @param split cosines of these pairs */
export function recordThreshold(
  split: ScoreSplit,
  threshold: number,
  about: Pick<StoredThreshold, 'merge' | 'rule' | 'data' | 'pairs'>,
): StoredThreshold {
  return {
    format: 1,
    threshold,
    ...about,
    accuracy: accuracyAt(split, threshold),
    falseAcceptRate: countAbove(split.impostor, threshold) / split.impostor.length,
    trueAcceptRate: countAbove(split.genuine, threshold) / split.genuine.length,
    cosines: countCosines(split),
  };
}

/** A stored threshold out of the JSON of its file. @param source what the sentence calls the file @throws UserError */
export function parseThreshold(json: unknown, source: string): StoredThreshold {
  const stored = json as Partial<StoredThreshold> | null;
  const usable =
    stored?.format === 1 &&
    typeof stored.threshold === 'number' &&
    Number.isFinite(stored.threshold) &&
    mergeNames.some((name) => name === stored.merge) &&
    (stored.cosines === undefined || isCosineCounts(stored.cosines));
  if (!usable) throw new UserError(`${source} is not a threshold file; \`normface eval\` writes a new one`);
  return stored as StoredThreshold;
}

/** "best-threshold on …, where it accepts 88.00 % of the same people and 12.00 % of different ones". */
export function describeThreshold({ rule, pairs, trueAcceptRate, falseAcceptRate }: StoredThreshold): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return (
    `${oneLine(`${rule} on ${pairs}`)}, where it accepts ${percent(trueAcceptRate)} of the same people ` +
    `and ${percent(falseAcceptRate)} of different ones`
  );
}
