import { UsageError, UserError } from '../../common/errors.ts';
import type { PairScores } from './pair-scores.ts';
import { foldNumbers, inFold } from './pairs.ts';
import { type FoldResult, type ProtocolResult, summarise } from './result.ts';
import { accuracyAt, bestThreshold, splitScores } from './threshold.ts';

/** One fold sets what is learnt from pairs, another is judged. */
export interface HeldOutFolds {
  readonly thresholdFold: number;
  readonly testFold: number;
}

/** @throws UsageError when one fold is to be both */
export function checkDistinct({ thresholdFold, testFold }: HeldOutFolds): void {
  if (thresholdFold === testFold)
    throw new UsageError(`fold ${testFold} cannot both set the threshold and be the test`);
}

/** A result of `heldOutFold`: what the threshold's own fold reached is kept for comparison. */
export interface HeldOutResult extends ProtocolResult {
  readonly protocol: 'held-out-fold';
  readonly thresholdFold: FoldResult;
}

/**
 * Accuracy on one fold at the cosine threshold that is best on another (`bestThreshold`, exact): the protocol when the
 * remaining folds' people are training data.
 */
export function heldOutFold(
  { pairs, cosines }: PairScores,
  { thresholdFold, testFold }: HeldOutFolds,
): HeldOutResult {
  checkDistinct({ thresholdFold, testFold });
  const numbers = foldNumbers(pairs);
  for (const fold of [thresholdFold, testFold]) {
    if (!numbers.includes(fold))
      throw new UserError(`fold ${fold} has no pairs; there are folds ${numbers.join(', ')}`);
  }
  const chosen = bestThreshold(splitScores(cosines, pairs.same, inFold(pairs, thresholdFold)));
  const test = splitScores(cosines, pairs.same, inFold(pairs, testFold));
  const accuracy = accuracyAt(test, chosen.threshold);
  return {
    protocol: 'held-out-fold',
    measure: 'cosine',
    ...summarise([{ fold: testFold, threshold: chosen.threshold, accuracy }]),
    thresholdFold: { fold: thresholdFold, ...chosen },
  };
}
