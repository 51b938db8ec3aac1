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
  /** Only where pairs are drawn. */
  readonly pairsPerFold?: number;
}

/** Of images that flags name. */
const usualPairsPerFold = 300;

/** The pairs that flags name, else those of the run. @throws UsageError where neither names any, or a number of pairs to draw goes with a list */
export async function chosenSet(
  options: ChosenPairs,
  config: TrainingConfig | undefined,
): Promise<EvaluationSet> {
  const set = await openChosen(options, config);
  if (!set) throw new UsageError('name the images to evaluate on: --data, and --pairs for a list of pairs');
  if (options.pairsPerFold !== undefined && !set.isDrawn)
    throw new UsageError(
      `--pairs-per-fold is for pairs that are drawn, and these are listed: ${set.pairsName}`,
    );
  return set;
}

async function openChosen(
  { data, pairs, pairsPerFold }: ChosenPairs,
  config: TrainingConfig | undefined,
): Promise<EvaluationSet | undefined> {
  const images = data ?? (pairs === undefined ? undefined : (config?.evaluation.data ?? config?.data.path));
  if (images !== undefined)
    return openEvaluationSet({ data: images, pairs, pairsPerFold: pairsPerFold ?? usualPairsPerFold });
  if (!config) return undefined;
  const { evaluation } = config;
  return evaluationSetOf(
    pairsPerFold === undefined ? config : { ...config, evaluation: { ...evaluation, pairsPerFold } },
  );
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
