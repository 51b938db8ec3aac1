/** Evaluates one set of weights: features, named protocols, and the threshold that is kept beside it. */

import { UsageError, UserError } from '../../common/errors.ts';
import { ImageStore } from '../data/images/image-store.node.ts';
import type { DecodePool } from '../data/images/worker-pool.node.ts';
import { thresholdAt } from '../evaluation/calibrate.ts';
import { type Evaluation, type EvaluationOptions, evaluateScores } from '../evaluation/evaluate.ts';
import type { Explained } from '../evaluation/explain.ts';
import { MergedScores } from '../evaluation/merged-scores.ts';
import { type MirrorRow, mirrorRows } from '../evaluation/mirror-table.ts';
import type { Provenance } from '../evaluation/provenance.ts';
import { bestThreshold, type ScoreSplit } from '../evaluation/threshold.ts';
import type { EvaluationSet } from './evaluation-set.node.ts';
import { extractFeatures } from './features.node.ts';
import type { Embedder } from './features.ts';
import { recordThreshold, type StoredThreshold } from './stored-threshold.ts';

/** How the kept threshold is chosen: the best accuracy, or a false accept rate. */
export type ThresholdRule = { readonly kind: 'best' } | { readonly kind: 'far'; readonly far: number };

export interface EvaluatedRun {
  readonly name: string;
  readonly evaluation: Evaluation;
  readonly threshold: StoredThreshold;
  readonly mirrorTable?: readonly MirrorRow[];
  /** What belongs to every number of it; set by whoever prints them. */
  readonly provenance?: Provenance;
  /** What alternatives would change; of runs that were asked for it. */
  readonly explained?: Explained;
}

export interface EvaluateOptions extends EvaluationOptions {
  readonly name: string;
  readonly rule: ThresholdRule;
  /** Also make the table of PCA and mirror merges. */
  readonly mirrorTable?: boolean;
  readonly pool?: DecodePool;
  readonly onProgress?: (done: number, total: number) => void;
  /** As that of {@link ImageStore}. */
  readonly onDamaged?: (name: string, reason: string) => void;
}

/** Reads `best` or `far=1e-3`. @throws UsageError */
export function parseThresholdRule(text: string): ThresholdRule {
  if (text === 'best') return { kind: 'best' };
  const far = Number(/^far=(.+)$/.exec(text)?.[1]);
  if (!(far > 0 && far < 1))
    throw new UsageError(
      `the threshold rule "${text}" is unknown: write best, or far=1e-3 for a false accept rate`,
    );
  return { kind: 'far', far };
}

/** Whether an evaluation looks at mirror images. */
export function needsMirror({ merge, mirrorTable }: Pick<EvaluateOptions, 'merge' | 'mirrorTable'>): boolean {
  return merge !== 'front' || mirrorTable === true;
}

/** Evaluates an embedder on a set of pairs. Every merge needs mirrored features except `front`. */
export async function evaluateRun(
  embedder: Embedder,
  set: EvaluationSet,
  options: EvaluateOptions,
): Promise<EvaluatedRun> {
  const { name, rule, pool, onProgress, onDamaged, heldOut } = options;
  const { width, height } = embedder;
  const store = new ImageStore(set.dataset, { width, height, pool, strict: true, onDamaged });
  const features = await extractFeatures(embedder, store, set.indices, {
    mirror: needsMirror(options),
    onProgress: (done) => onProgress?.(done, set.indices.length),
  }).finally(() => store.close());
  const scores = new MergedScores(features, set.pairs);
  const evaluation = evaluateScores(scores, options);
  const threshold = chooseThreshold(evaluation.thresholdSplit, rule);
  const chosenOn = heldOut ? `fold ${heldOut.thresholdFold} of ${set.pairsName}` : set.pairsName;
  return {
    name,
    evaluation,
    mirrorTable: options.mirrorTable ? mirrorRows(scores, heldOut) : undefined,
    threshold: recordThreshold(evaluation.thresholdSplit, threshold, {
      merge: evaluation.metrics.merge,
      rule: rule.kind === 'best' ? 'best-threshold' : `far=${rule.far}`,
      data: set.dataset.name,
      pairs: chosenOn,
    }),
  };
}

/** A threshold for the decision "same person when score > threshold". */
function chooseThreshold(split: ScoreSplit, rule: ThresholdRule): number {
  if (rule.kind === 'best') return bestThreshold(split).threshold;
  const threshold = thresholdAt(split, rule.far);
  if (threshold === null)
    throw new UserError(
      `${split.impostor.length} pairs of different people are too few for a threshold at a false accept rate of ${rule.far}`,
    );
  return threshold;
}
