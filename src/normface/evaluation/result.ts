import type { Measure } from './pair-scores.ts';
import type { ProtocolName } from './protocol-names.ts';

/** Outcome on one fold: accuracy in [0, 1] at a threshold chosen without that fold (with it, where the rule is free of folds). */
export interface FoldResult {
  readonly fold: number;
  readonly threshold: number;
  readonly accuracy: number;
}

export interface ProtocolResult {
  readonly protocol: ProtocolName | 'held-out-fold';
  /** What the thresholds are compared with. */
  readonly measure: Measure;
  /** Mean of the fold accuracies, in [0, 1]; the accuracy over all pairs where the rule is free of folds. */
  readonly accuracy: number;
  /** Population standard deviation of the fold accuracies; null for a single fold. */
  readonly std: number | null;
  /** Mean of the fold thresholds. */
  readonly threshold: number;
  readonly folds: readonly FoldResult[];
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Mean accuracy, population standard deviation and mean threshold of fold results. */
export function summarise(
  folds: FoldResult[],
): Pick<ProtocolResult, 'accuracy' | 'std' | 'threshold' | 'folds'> {
  const accuracy = mean(folds.map((fold) => fold.accuracy));
  const variance = mean(folds.map((fold) => (fold.accuracy - accuracy) ** 2));
  const std = folds.length > 1 ? Math.sqrt(variance) : null;
  return { accuracy, std, threshold: mean(folds.map((fold) => fold.threshold)), folds };
}
