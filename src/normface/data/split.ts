import { UserError } from '../../common/errors.ts';
import { type Dataset, subset } from './dataset.ts';
import { type PairList, pairsOfFolds } from './protocols/pairs.ts';

/** A training set without the people of a test. */
export interface ExcludedSplit {
  readonly dataset: Dataset;
  /** Names that were left out, sorted. */
  readonly excluded: readonly string[];
}

/** Leaves out identities by name; those that the data set lacks do no harm. @throws UserError when nobody remains */
export function removeIdentities(dataset: Dataset, names: readonly string[]): ExcludedSplit {
  const split = without(dataset, new Set(names.map((name) => name.normalize('NFC'))));
  if (split.dataset.samples.length > 0) return split;
  throw new UserError(`${dataset.name}: nobody is left to train on once data.removeIdentities are removed`);
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
  const split = without(dataset, named);
  if (split.dataset.samples.length > 0) return split;
  throw new UserError(
    `${dataset.name}: nobody is left to train on, since everyone occurs in the folds ${folds.join(', ')} of ${list.name}`,
  );
}

function without(dataset: Dataset, names: ReadonlySet<string>): ExcludedSplit {
  return {
    dataset: subset(dataset, (_, identity) => !names.has(identity)),
    excluded: dataset.identities.filter((identity) => names.has(identity)),
  };
}
