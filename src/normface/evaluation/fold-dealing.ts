import { foldNumbers, type PairList } from './pairs.ts';

/** Folds that pairs are dealt to which have none. */
const dealtFolds = 10;

/** Pairs that can be held out fold by fold. */
export interface FoldedPairs {
  readonly pairs: PairList;
  /**
   * Whether the folds are those of the list, which protocols make of different people; dealt ones share people, so that what is
   * learnt outside a fold knows people inside it.
   */
  readonly isOwn: boolean;
}

/** Pairs with at least two folds: those of the list, or, where all pairs are of one fold, the pairs of each kind dealt in turn to ten. */
export function withFolds(pairs: PairList): FoldedPairs {
  if (foldNumbers(pairs).length > 1) return { pairs, isOwn: true };
  const counts = [0, 0];
  const genuine = pairs.same.reduce((sum, same) => sum + same, 0);
  // Every fold needs pairs of both kinds.
  const folds = Math.min(dealtFolds, genuine, pairs.same.length - genuine);
  const fold = Uint32Array.from(pairs.same, (same) => 1 + (counts[same]!++ % Math.max(1, folds)));
  return { pairs: { ...pairs, fold }, isOwn: false };
}
