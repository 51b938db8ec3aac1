/** Images and pairs to evaluate on, from the names a person gives. */

import { UserError } from '../../common/errors.ts';
import { type Dataset, type ResolvedPair, warningsOf } from '../data/dataset.ts';
import { openDataset } from '../data/open.node.ts';
import { drawPairs } from '../data/protocols/pair-generation.ts';
import { readPairs } from '../data/protocols/pairs.node.ts';
import { countedRemark, pairsOfFolds, resolvePairs } from '../data/protocols/pairs.ts';
import { pairsOfOneKind } from '../data/verification-bin/bin-dataset.ts';
import type { PairList } from '../evaluation/pairs.ts';
import type { TrainingConfig } from '../training/config/config.ts';

/** Images and pairs to judge a net on. */
export interface EvaluationSetOptions {
  /** Any data set that `openDataset` opens. */
  readonly data: string;
  /** A list of pairs; without one those that the data set brings with it, else ten folds are drawn. */
  readonly pairs?: string;
  /** Same-person pairs, and as many of different people, in each drawn fold. */
  readonly pairsPerFold: number;
  /** Only the pairs of these folds; by default all. */
  readonly folds?: readonly number[];
  /** Decides the drawn pairs. */
  readonly seed?: number;
}

/** Images with the pairs of them that are judged. */
export interface EvaluationSet {
  readonly dataset: Dataset;
  /** What the pairs are called in reports. */
  readonly pairsName: string;
  /** Whether they were drawn here, not listed anywhere. */
  readonly isDrawn: boolean;
  /** Sample indices of the images that the pairs name, each once. */
  readonly indices: Uint32Array;
  /** The pairs as rows of `indices`. */
  readonly pairs: PairList;
  /** What a person should know before the numbers. */
  readonly warnings: readonly string[];
}

/** Opens an evaluation set. @throws UserError when data or pairs are missing or do not fit together */
export async function openEvaluationSet(options: EvaluationSetOptions): Promise<EvaluationSet> {
  const { data, pairs: file, pairsPerFold, folds, seed = 1 } = options;
  const dataset = await openDataset(data);
  const warnings = warningsOf(dataset);
  const nameOf = (list: string) => (folds ? `folds ${folds.join(', ')} of ${list}` : list);
  if (file === undefined && dataset.pairs) {
    const { pairs } = dataset;
    const unfit = pairsOfOneKind(pairs.pairs.map(({ same }) => same));
    if (unfit !== undefined) throw new UserError(`${pairs.name}: ${unfit}`);
    return {
      dataset,
      pairsName: nameOf(pairs.name),
      isDrawn: false,
      warnings,
      ...toRows(pairsOfFolds(pairs, folds)),
    };
  }
  if (file === undefined) {
    const drawn = drawPairs(dataset, { folds: 10, pairsPerFold, seed });
    return {
      dataset,
      pairsName: nameOf(drawn.name),
      isDrawn: true,
      warnings,
      ...toRows(pairsOfFolds(drawn, folds)),
    };
  }
  const list = await readPairs(file);
  const { pairs, counted } = resolvePairs(list, dataset, folds);
  const remark = countedRemark(dataset, counted);
  if (remark) warnings.push(remark);
  return { dataset, pairsName: nameOf(list.name), isDrawn: false, warnings, ...toRows(pairs) };
}

/** The evaluation set that a configuration describes, or undefined when it names no pairs. */
export async function evaluationSetOf({
  data,
  evaluation,
  seed,
}: TrainingConfig): Promise<EvaluationSet | undefined> {
  const { pairs = evaluation.data === undefined ? data.pairs : undefined, pairsPerFold, folds } = evaluation;
  if (evaluation.data === undefined && pairs === undefined) return undefined;
  return openEvaluationSet({ data: evaluation.data ?? data.path, pairs, pairsPerFold, folds, seed });
}

/** Renumbers the images of the pairs, so that only those need features. */
function toRows(resolved: readonly ResolvedPair[]): Pick<EvaluationSet, 'indices' | 'pairs'> {
  const rows = new Map<number, number>();
  const row = (index: number) => {
    if (!rows.has(index)) rows.set(index, rows.size);
    return rows.get(index)!;
  };
  const pairs = {
    a: Uint32Array.from(resolved, ({ first }) => row(first)),
    b: Uint32Array.from(resolved, ({ second }) => row(second)),
    same: Uint8Array.from(resolved, ({ same }) => Number(same)),
    fold: Uint32Array.from(resolved, ({ fold }) => fold),
  };
  return { indices: Uint32Array.from(rows.keys()), pairs };
}
