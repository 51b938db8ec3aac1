/** Thresholds for false accept rates, and a probability for every cosine, each with its error on pairs that had no part in it. */

import { UserError } from '../../common/errors.ts';
import { type Proportion, proportion } from '../../common/proportion.ts';
import { withFolds } from './fold-dealing.ts';
import { fitLogistic, type Logistic, probabilityOf } from './logistic.ts';
import { neededImpostors } from './needed-impostors.ts';
import { foldNumbers, inFold, type PairList } from './pairs.ts';
import { type ProbabilityError, probabilityError } from './probability-error.ts';
import { tarAtFar } from './roc.ts';
import { countAbove, type ScoreSplit, splitScores } from './threshold.ts';

/** A threshold for the decision "same person when cosine > threshold". */
export interface FarThreshold {
  /** The false accept rate that was asked for, in (0, 1). */
  readonly far: number;
  readonly threshold: number;
  /**
   * Whether there are at least 10 / far pairs of different people, so that about ten false accepts set the threshold: with fewer it
   * hangs on a few pairs.
   */
  readonly isSupported: boolean;
  /** On folds each of which was judged at the threshold of all others: what the rate really is. Null where these are too few for one. */
  readonly falseAccepts: Proportion | null;
  readonly trueAccepts: Proportion | null;
}

/** What a set of pairs says of the cosines of a net. */
export interface CosineCalibration extends Logistic {
  readonly genuine: number;
  readonly impostor: number;
  /** Strictest last: false accept rates descending. */
  readonly thresholds: readonly FarThreshold[];
  /** Rates for which there is not even one false accept to allow, so that no threshold belongs to them. */
  readonly impossible: readonly number[];
  /** Of the probability, each fold by what is fitted on all others. */
  readonly heldOut: ProbabilityError & {
    readonly folds: number;
    /** Whether the folds are those of the list; pairs of a list without folds are dealt, and folds then share people. */
    readonly hasOwnFolds: boolean;
  };
}

/**
 * What the cosines of a list of pairs say of a net: a threshold for each false accept rate, and the probability of the same person
 * ({@link probabilityOf}), both with their errors on folds that were held out.
 *
 * @param cosines of the pairs, in the order of the list
 * @param fars false accept rates in (0, 1)
 * @throws UserError when there are too few pairs of either kind to hold any out, or too few for a threshold at any of the rates
 */
export function calibrate(cosines: Float64Array, list: PairList, fars: readonly number[]): CosineCalibration {
  const split = splitScores(cosines, list.same);
  const [genuine, impostor] = [split.genuine.length, split.impostor.length];
  if (Math.min(genuine, impostor) < 2)
    throw new UserError(
      `a calibration needs at least 2 pairs of either kind; these are ${genuine} same and ${impostor} different ones`,
    );
  const { pairs, isOwn } = withFolds(list);
  const folds = foldNumbers(pairs);
  const probabilities = new Float64Array(cosines.length);
  const parts = folds.map((fold) => {
    const outside = (pair: number) => pairs.fold[pair] !== fold;
    const logistic = fitLogistic(cosines, pairs.same, outside);
    cosines.forEach((cosine, pair) => {
      if (!outside(pair)) probabilities[pair] = probabilityOf(logistic, cosine);
    });
    return {
      training: splitScores(cosines, pairs.same, outside),
      test: splitScores(cosines, pairs.same, inFold(pairs, fold)),
    };
  });
  const rates = [...new Set(fars)].sort((a, b) => b - a);
  const chosen = rates.map((far) => ({ far, threshold: thresholdAt(split, far) }));
  if (chosen.length > 0 && chosen.every(({ threshold }) => threshold === null))
    throw new UserError(
      `${impostor} pairs of different people allow no threshold at a false accept rate of ${rates.join(', ')}; more pairs or a greater rate do`,
    );
  return {
    ...fitLogistic(cosines, pairs.same),
    genuine,
    impostor,
    thresholds: chosen.flatMap(({ far, threshold }): FarThreshold[] =>
      threshold === null
        ? []
        : [{ far, threshold, isSupported: impostor >= neededImpostors(far), ...heldOutRates(parts, far) }],
    ),
    impossible: chosen.flatMap(({ far, threshold }) => (threshold === null ? [far] : [])),
    heldOut: { folds: folds.length, hasOwnFolds: isOwn, ...probabilityError(probabilities, pairs.same) },
  };
}

/**
 * The lowest threshold with which at most the share `far` of the impostor pairs is accepted as "score > threshold"; null where that
 * allows none.
 */
export function thresholdAt(split: ScoreSplit, far: number): number | null {
  const { threshold } = tarAtFar(split, far);
  // There the decision is "score ≥ threshold"; scores are cosines of f32 features, so this shift passes none of them.
  return threshold === null ? null : threshold - 1e-12;
}

function heldOutRates(
  parts: readonly { readonly training: ScoreSplit; readonly test: ScoreSplit }[],
  far: number,
): Pick<FarThreshold, 'falseAccepts' | 'trueAccepts'> {
  let [falsely, truly, impostor, genuine] = [0, 0, 0, 0];
  for (const { training, test } of parts) {
    const threshold = thresholdAt(training, far);
    if (threshold === null) return { falseAccepts: null, trueAccepts: null };
    falsely += countAbove(test.impostor, threshold);
    truly += countAbove(test.genuine, threshold);
    impostor += test.impostor.length;
    genuine += test.genuine.length;
  }
  return { falseAccepts: proportion(falsely, impostor), trueAccepts: proportion(truly, genuine) };
}
