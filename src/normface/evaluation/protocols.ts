import { UserError } from '../errors.ts';
import { checkFeatures, type Features, featureCount } from './features.ts';
import { checkPairs, foldNumbers, inFold, type PairList } from './pairs.ts';
import { type FoldResult, mean, type ProtocolResult, summarise } from './result.ts';
import { cosineScores, squaredDistances } from './similarity.ts';
import {
  accuracyAt,
  bestThreshold,
  countAbove,
  countBelow,
  type ScoreSplit,
  splitScores,
} from './threshold.ts';

/**
 * The rules that published work calls "LFW accuracy". They differ, so a number is always printed with the name of its rule.
 *
 * - `lfw-10fold-l2` (facenet, insightface): squared L2 distance of the normalised sum of both mirror images; thresholds
 *   0, 0.01 … 3.99; the first best one on the other folds; same when distance < threshold.
 * - `lfw-10fold-cos` (sphereface_pytorch): cosine of the unmirrored image; thresholds -1, -0.995 … 0.995; the last best one
 *   on the other folds; same when cosine > threshold.
 * - `best-threshold` (opensphere ACC): one cosine threshold over all pairs, chosen on the very pairs it is scored on:
 *   optimistic, and free of folds.
 * - `10fold-mean` (NormFace, SphereFace): the mean feature of the other folds' pairs, an image counted as often as it
 *   occurs, is subtracted before normalisation; cosine; thresholds -1, -0.9999 … 1; the mean of all best ones on the
 *   other folds; a score equal to the threshold is wrong whatever the pair (paper section 8.1).
 *
 * Every standard deviation is that of the population (divided by the number of folds), as the first two programs report it.
 */
export const protocolNames = ['lfw-10fold-l2', 'lfw-10fold-cos', 'best-threshold', '10fold-mean'] as const;
export type ProtocolName = (typeof protocolNames)[number];

/** How a rule turns scores into a threshold and a threshold into a number of correct decisions. */
interface ThresholdRule {
  readonly grid: Float64Array;
  readonly choose: (correct: Int32Array, grid: Float64Array) => number;
  readonly correct: (scores: ScoreSplit, threshold: number) => number;
}

/** The numbers k / denominator for k = from … to. */
function fractions(from: number, to: number, denominator: number): Float64Array {
  return Float64Array.from({ length: to - from + 1 }, (_, k) => (from + k) / denominator);
}

function maximum(correct: Int32Array): number {
  return correct.reduce((best, value) => Math.max(best, value), 0);
}

const facenetRule: ThresholdRule = {
  grid: fractions(0, 399, 100),
  choose: (correct, grid) => grid[correct.indexOf(maximum(correct))],
  correct: ({ genuine, impostor }, t) => countBelow(genuine, t) + impostor.length - countBelow(impostor, t),
};

const sphereFacePyTorchRule: ThresholdRule = {
  grid: fractions(-200, 199, 200),
  choose: (correct, grid) => grid[correct.lastIndexOf(maximum(correct))],
  correct: ({ genuine, impostor }, t) => countAbove(genuine, t) + impostor.length - countAbove(impostor, t),
};

const sphereFaceRule: ThresholdRule = {
  grid: fractions(-10000, 10000, 10000),
  choose: (correct, grid) => {
    const best = maximum(correct);
    return mean(grid.filter((_, k) => correct[k] === best));
  },
  correct: ({ genuine, impostor }, t) => countAbove(genuine, t) + countBelow(impostor, t),
};

/** Cross-validation: for each fold the threshold comes from all other folds. `scoresFor(fold)` scores all pairs for that fold. */
function crossValidate(pairs: PairList, rule: ThresholdRule, scoresFor: (fold: number) => Float64Array) {
  const numbers = foldNumbers(pairs);
  if (numbers.length < 2) throw new UserError('cross-validation needs pairs of at least two folds');
  const folds = numbers.map((fold): FoldResult => {
    const scores = scoresFor(fold);
    const training = splitScores(scores, pairs.same, (pair) => pairs.fold[pair] !== fold);
    const correct = Int32Array.from(rule.grid, (threshold) => rule.correct(training, threshold));
    const threshold = rule.choose(correct, rule.grid);
    const test = splitScores(scores, pairs.same, inFold(pairs, fold));
    const accuracy = rule.correct(test, threshold) / (test.genuine.length + test.impostor.length);
    return { fold, threshold, accuracy };
  });
  return summarise(folds);
}

/** Mean feature of the pairs outside `fold`: both images of every pair, repeated as often as they occur (paper section 8.1). */
function meanOutsideFold({ values, dimension }: Features, pairs: PairList, fold: number): Float64Array {
  const sum = new Float64Array(dimension);
  let terms = 0;
  for (let i = 0; i < pairs.a.length; i++) {
    if (pairs.fold[i] === fold) continue;
    const rowA = pairs.a[i] * dimension;
    const rowB = pairs.b[i] * dimension;
    for (let k = 0; k < dimension; k++) sum[k] += values[rowA + k] + values[rowB + k];
    terms += 2;
  }
  return sum.map((value) => value / terms);
}

/** A single threshold for all pairs; see `bestThreshold` for its exact search. */
function overAllPairs(pairs: PairList, scores: Float64Array) {
  const { threshold, accuracy } = bestThreshold(splitScores(scores, pairs.same));
  const folds = foldNumbers(pairs).map((fold) => ({
    fold,
    threshold,
    accuracy: accuracyAt(splitScores(scores, pairs.same, inFold(pairs, fold)), threshold),
  }));
  return { ...summarise(folds), accuracy, threshold };
}

/**
 * Evaluates merged raw features under a named rule. The caller merges the mirror images: 'sum' is part of `lfw-10fold-l2`,
 * 'front' of `lfw-10fold-cos` (`evaluateVerification` does this). Any number of folds from two on works in place of ten.
 */
export function evaluateProtocol(
  protocol: ProtocolName,
  features: Features,
  pairs: PairList,
): ProtocolResult {
  checkFeatures(features);
  checkPairs(pairs, featureCount(features));
  switch (protocol) {
    case 'lfw-10fold-l2': {
      const distances = squaredDistances(features, pairs);
      return {
        protocol,
        measure: 'squared L2 distance',
        ...crossValidate(pairs, facenetRule, () => distances),
      };
    }
    case 'lfw-10fold-cos': {
      const scores = cosineScores(features, pairs);
      return { protocol, measure: 'cosine', ...crossValidate(pairs, sphereFacePyTorchRule, () => scores) };
    }
    case 'best-threshold':
      return { protocol, measure: 'cosine', ...overAllPairs(pairs, cosineScores(features, pairs)) };
    case '10fold-mean': {
      const scoresFor = (fold: number) =>
        cosineScores(features, pairs, meanOutsideFold(features, pairs, fold));
      const measure = 'cosine of centred features';
      return { protocol, measure, ...crossValidate(pairs, sphereFaceRule, scoresFor) };
    }
  }
}
