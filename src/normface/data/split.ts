import { UserError } from '../errors.ts';
import { type Dataset, subset } from './dataset.ts';
import { type PairList, pairsOfFolds } from './pairs.ts';

/** A training set without the people of a test. */
export interface ExcludedSplit {
  readonly dataset: Dataset;
  /** Names that were left out, sorted. */
  readonly excluded: readonly string[];
}

/**
 * Leaves out of a training set every identity that occurs in the given folds (counted from 1) of a pair list, so that those folds
 * test people never seen. @throws UserError for an unknown fold and when nobody remains.
 */
export function excludeIdentitiesOf(
  dataset: Dataset,
  list: PairList,
  folds: readonly number[],
): ExcludedSplit {
  const named = new Set(
    pairsOfFolds(list, folds).flatMap(({ first, second }) => [first.identity, second.identity]),
  );
  const remaining = subset(dataset, (_, identity) => !named.has(identity));
  if (remaining.samples.length === 0) {
    throw new UserError(
      `${dataset.name}: nobody is left to train on, since everyone occurs in the folds ${folds.join(', ')} of ${list.name}`,
    );
  }
  return { dataset: remaining, excluded: dataset.identities.filter((identity) => named.has(identity)) };
}
