/** Which pairs a checkpoint is judged on, from the flags of a command and the configuration of the run. */

import { UsageError } from '../common/errors.ts';
import {
  type EvaluationSet,
  evaluationSetOf,
  openEvaluationSet,
} from '../normface/embedding/evaluation-set.node.ts';
import { checkDistinct, type HeldOutFolds } from '../normface/evaluation/held-out.ts';
import type { TrainingConfig } from '../normface/training/config/config.ts';

/** Flags that name images and pairs. */
export interface ChosenPairs {
  readonly data?: string;
  readonly pairs?: string;
  readonly pairsPerFold: number;
}

/** The pairs that flags name, else those of the run. @throws UsageError where neither names any */
export async function chosenSet(
  options: ChosenPairs,
  config: TrainingConfig | undefined,
): Promise<EvaluationSet> {
  const { data, pairs, pairsPerFold } = options;
  if (data !== undefined) return openEvaluationSet({ data, pairs, pairsPerFold });
  if (config && pairs !== undefined)
    return openEvaluationSet({ data: config.evaluation.data ?? config.data.path, pairs, pairsPerFold });
  const set = config && (await evaluationSetOf(config));
  if (!set) throw new UsageError('name the images to evaluate on: --data, and --pairs for a list of pairs');
  return set;
}

/**
 * Folds from the flags, else, where the data are the run's own, from its configuration.
 * @throws UsageError for one without the other, and for one that is to be both
 */
export function chosenFolds(
  options: Pick<ChosenPairs, 'data' | 'pairs'> & Partial<HeldOutFolds>,
  config: TrainingConfig | undefined,
): HeldOutFolds | undefined {
  const own = options.data === undefined && options.pairs === undefined ? config?.evaluation : undefined;
  const { thresholdFold = own?.thresholdFold, testFold = own?.testFold } = options;
  if (thresholdFold === undefined && testFold === undefined) return undefined;
  if (thresholdFold === undefined || testFold === undefined)
    throw new UsageError('--threshold-fold and --test-fold belong together');
  checkDistinct({ thresholdFold, testFold });
  return { thresholdFold, testFold };
}
