import { UserError } from '../../common/errors.ts';
import type { Features } from './features.ts';
import { type Measure, PairScores } from './pair-scores.ts';
import { foldNumbers, inFold, type PairList } from './pairs.ts';
import type { ProtocolName } from './protocol-names.ts';
import { type FoldResult, type ProtocolResult, summarise } from './result.ts';
import { splitScores } from './threshold.ts';
import {
  accuracyOf,
  decidesCorrectly,
  exactRule,
  facenetRule,
  sphereFacePyTorchRule,
  sphereFaceRule,
  svmDistanceRule,
  type ThresholdRule,
} from './threshold-rules.ts';

interface Protocol {
  readonly measure: Measure;
  readonly rule: ThresholdRule;
  /** One threshold, chosen on all pairs and judged by them, in place of one for every fold from the others. */
  readonly overAllPairs?: boolean;
}

const protocols: Record<ProtocolName, Protocol> = {
  'lfw-10fold-l2': { measure: 'squared L2 distance', rule: facenetRule },
  'lfw-10fold-cos': { measure: 'cosine', rule: sphereFacePyTorchRule },
  'best-threshold': { measure: 'cosine', rule: exactRule, overAllPairs: true },
  '10fold-mean': { measure: 'cosine of centred features', rule: sphereFaceRule },
  'normface-pca-svm': { measure: 'L2 distance after PCA', rule: svmDistanceRule },
  'normface-pca': { measure: 'cosine after PCA', rule: exactRule },
  'normface-nopca-svm': { measure: 'L2 distance', rule: svmDistanceRule },
  'normface-nopca': { measure: 'cosine', rule: exactRule },
  'normface-nopca-svm-all': { measure: 'L2 distance', rule: svmDistanceRule, overAllPairs: true },
};

/** Whether a rule needs pairs of at least two folds. */
export function needsFolds(protocol: ProtocolName): boolean {
  return !protocols[protocol].overAllPairs;
}

/** For each judged fold the threshold comes from all other folds. @param scoresFor every pair's score for one judged fold */
function crossValidate(
  rule: ThresholdRule,
  pairs: PairList,
  scoresFor: (fold: number) => Float64Array,
  judged?: readonly number[],
) {
  const numbers = foldNumbers(pairs);
  if (numbers.length < 2) throw new UserError('cross-validation needs pairs of at least two folds');
  const results = (judged ?? numbers).map((fold): FoldResult => {
    const values = scoresFor(fold);
    const threshold = rule.choose(splitScores(values, pairs.same, (pair) => pairs.fold[pair] !== fold));
    return {
      fold,
      threshold,
      accuracy: accuracyOf(rule, threshold, values, pairs.same, inFold(pairs, fold)),
    };
  });
  return summarise(results);
}

/**
 * Accuracy by any similarity: each fold at the exactly best threshold of all others, same person when it is larger; and for every
 * pair whether it is decided rightly, 1 or 0.
 */
export function crossValidatedAccuracy(similarity: Float64Array, pairs: PairList) {
  const result = crossValidate(exactRule, pairs, () => similarity);
  return { ...result, decisions: decide(exactRule, result.folds, pairs, () => similarity) };
}

/** For every pair of the judged folds, in the order of the list, whether its fold's threshold decides it rightly: 1 or 0. */
function decide(
  rule: ThresholdRule,
  folds: readonly FoldResult[],
  pairs: PairList,
  scoresFor: (fold: number) => Float64Array,
): Uint8Array {
  const byFold = new Map(
    folds.map(({ fold, threshold }) => [fold, { threshold, values: scoresFor(fold) }] as const),
  );
  const judged = Array.from(pairs.fold.keys()).filter((pair) => byFold.has(pairs.fold[pair]!));
  return Uint8Array.from(judged, (pair) => {
    const { threshold, values } = byFold.get(pairs.fold[pair]!)!;
    return Number(decidesCorrectly(rule, threshold, values[pair]!, pairs.same[pair] === 1));
  });
}

/** The single decisions behind a result of {@link judge} or of a held-out fold: one 1 or 0 for every pair of its folds. */
export function decisionsOf({ protocol, folds }: ProtocolResult, scores: PairScores): Uint8Array {
  const { measure, rule }: Protocol =
    protocol === 'held-out-fold' ? { measure: 'cosine', rule: exactRule } : protocols[protocol];
  return decide(rule, folds, scores.pairs, (fold) => scores.of(measure, fold));
}

/** A single threshold for all pairs. */
function overAllPairs({ measure, rule }: Protocol, scores: PairScores) {
  const { pairs } = scores;
  const numbers = foldNumbers(pairs);
  const values = scores.of(measure, numbers[0]!);
  const threshold = rule.choose(splitScores(values, pairs.same));
  const folds = numbers.map((fold) => ({
    fold,
    threshold,
    accuracy: accuracyOf(rule, threshold, values, pairs.same, inFold(pairs, fold)),
  }));
  return { ...summarise(folds), accuracy: accuracyOf(rule, threshold, values, pairs.same), threshold };
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
  return judge(protocol, new PairScores(features, pairs));
}

/**
 * The same for scores that several rules share.
 * @param folds which folds to judge, each at what the pairs of all others give; all by default
 */
export function judge(name: ProtocolName, scores: PairScores, folds?: readonly number[]): ProtocolResult {
  const protocol = protocols[name];
  const { measure, rule } = protocol;
  const outcome = protocol.overAllPairs
    ? overAllPairs(protocol, scores)
    : crossValidate(rule, scores.pairs, (fold) => scores.of(measure, fold), folds);
  return { protocol: name, measure, ...outcome };
}
