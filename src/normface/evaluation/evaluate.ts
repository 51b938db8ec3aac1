import { UserError } from '../../common/errors.ts';
import { type ErrorReject, errorVersusReject } from './error-reject.ts';
import { type HeldOutFolds, type HeldOutResult, heldOutFold } from './held-out.ts';
import type { MergeName } from './merge.ts';
import { type ImageFeatures, MergedScores } from './merged-scores.ts';
import { foldNumbers, inFold, type PairList, selectFolds } from './pairs.ts';
import { type ProtocolName, protocolNames } from './protocol-names.ts';
import { firstProtocol } from './protocol-texts.ts';
import { decisionsOf, judge, needsFolds } from './protocols.ts';
import type { ProtocolResult } from './result.ts';
import {
  areaUnderCurve,
  equalErrorRate,
  type Roc,
  reportedFars,
  rocCurve,
  type TarAtFar,
  tarAtFar,
} from './roc.ts';
import { type ScoreSplit, splitScores } from './threshold.ts';

/** Which rules judge the pairs, and how features of mirror images are merged. */
export interface EvaluationOptions {
  /** Merge of the mirror images; without mirrored features only 'front' is possible. Default: 'sum' with them, else 'front'. */
  merge?: MergeName;
  /** Rules to apply. Default: every rule that the given features and folds allow. Not together with `heldOut`. */
  protocols?: readonly ProtocolName[];
  /** Judge one fold at the threshold of another, and look at no other pairs: the rest may be training data. */
  heldOut?: HeldOutFolds;
}

/** A protocol's result with the merge of its features. */
export type MergedResult = (ProtocolResult | HeldOutResult) & { readonly merge: MergeName };

/** All rates are in [0, 1]. Serialises to JSON as it is. */
export interface VerificationMetrics {
  readonly genuine: number;
  readonly impostor: number;
  /** Merge behind the scores, and thereby behind everything but the protocols, which carry their own. */
  readonly merge: MergeName;
  readonly protocols: readonly MergedResult[];
  readonly equalErrorRate: number;
  readonly areaUnderCurve: number;
  readonly tarAtFar: readonly TarAtFar[];
}

/** What a verification found: metrics, and scores and decisions of every pair. */
export interface Evaluation {
  readonly metrics: VerificationMetrics;
  /** The pairs behind `scores`, EER, AUC, TAR and ROC: all, or those of the test fold. */
  readonly pairs: PairList;
  /** Cosine of each of them. */
  readonly scores: Float64Array;
  /** Cosines of the pairs that a threshold to keep may be chosen on: these, or with `heldOut` those of its threshold fold. */
  readonly thresholdSplit: ScoreSplit;
  readonly roc: Roc;
  /** What remains wrong once pairs with short features are refused. */
  readonly errorReject: ErrorReject;
  /** The protocol to look at first, and for every pair that it judges whether it is decided rightly, 1 or 0; null without protocols. */
  readonly first: { readonly result: MergedResult; readonly decisions: Uint8Array } | null;
}

/** The result whose row is to be read first: that of {@link firstProtocol}, or the only one there is. */
export function firstResult(results: readonly MergedResult[]): MergedResult | undefined {
  return results.find(({ protocol }) => protocol === firstProtocol) ?? results.at(0);
}

/** The merge that is part of a rule's definition; the others take the user's. */
const fixedMerge: Partial<Record<ProtocolName, MergeName>> = {
  'lfw-10fold-l2': 'sum',
  'lfw-10fold-cos': 'front',
};

/** The merge of image and mirror image that a rule's definition has, if it has one. */
export function fixedMergeOf(protocol: ProtocolName): MergeName | undefined {
  return fixedMerge[protocol];
}

/** Everything `normface eval` reports about raw features of images and, if given, of their mirror images. */
export function evaluateVerification(
  features: ImageFeatures,
  pairs: PairList,
  options: EvaluationOptions = {},
): Evaluation {
  return evaluateScores(new MergedScores(features, pairs), options);
}

/** The same of scores that something else needs too. */
export function evaluateScores(scoresBy: MergedScores, options: EvaluationOptions = {}): Evaluation {
  const { pairs, features } = scoresBy;
  const { heldOut, merge = features.mirrored ? 'sum' : 'front' } = options;
  if (heldOut && options.protocols) {
    throw new UserError('a held-out fold is its own protocol and cannot be combined with others');
  }
  const merged = scoresBy.by(merge);
  const withMerge = (protocol: ProtocolName): MergedResult => {
    const own = fixedMerge[protocol] ?? merge;
    return { ...judge(protocol, scoresBy.by(own)), merge: own };
  };
  const possible = protocolNames.filter(
    (name) =>
      (features.mirrored || fixedMerge[name] !== 'sum') &&
      (!needsFolds(name) || foldNumbers(pairs).length > 1),
  );
  const protocols: MergedResult[] = heldOut
    ? [{ ...heldOutFold(merged, heldOut), merge }]
    : (options.protocols ?? possible).map(withMerge);
  const result = firstResult(protocols);
  const judged = heldOut ? selectFolds(pairs, [heldOut.testFold]) : pairs;
  const cosines = merged.cosines;
  const isJudged = (_: number, pair: number) => !heldOut || pairs.fold[pair] === heldOut.testFold;
  const scores = heldOut ? cosines.filter(isJudged) : cosines;
  const split = splitScores(scores, judged.same);
  const roc = rocCurve(split);
  return {
    metrics: {
      genuine: split.genuine.length,
      impostor: split.impostor.length,
      merge,
      protocols,
      equalErrorRate: equalErrorRate(roc),
      areaUnderCurve: areaUnderCurve(split),
      tarAtFar: reportedFars.map((far) => tarAtFar(split, far)),
    },
    pairs: judged,
    scores,
    thresholdSplit: heldOut ? splitScores(cosines, pairs.same, inFold(pairs, heldOut.thresholdFold)) : split,
    roc,
    errorReject: errorVersusReject(scores, judged.same, merged.norms.filter(isJudged)),
    first: result ? { result, decisions: decisionsOf(result, scoresBy.by(result.merge)) } : null,
  };
}
