import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { dot, rowOf } from './class_scores.reference.ts';

/** ‖f̂_i − ŵ_j‖² for every sample and agent, from the difference of the vectors; agents as they are without normaliseWeights. */
export function distanceMatrix(
  features: ReferenceArray,
  weights: ReferenceArray,
  { normaliseWeights = true, epsilon = 1e-12 } = {},
): number[][] {
  const unit = (row: Float64Array): Float64Array => {
    const norm = Math.sqrt(dot(row, row) + epsilon);
    return row.map((value) => value / norm);
  };
  const agents = Array.from({ length: weights.shape[0]! }, (_, j) => {
    const w = rowOf(weights, j);
    return normaliseWeights ? unit(w) : w;
  });
  return Array.from({ length: features.shape[0]! }, (_, i) => {
    const f = unit(rowOf(features, i));
    return agents.map((w) => f.reduce((sum, value, k) => sum + (value - w[k]!) ** 2, 0));
  });
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** C-contrastive with the exact gradient's choices; see the operator. */
export function cContrastiveReference(
  features: ReferenceArray,
  weights: ReferenceArray,
  labels: ReferenceArray,
  {
    positiveMargin = 0,
    negativeMargin = 1,
    positiveWeight = 1,
    negativeWeight = 1,
    positiveOutlierThreshold = 4,
    positiveFirst = false,
    positiveUpperBound = 1,
    maxNegativeOnly = false,
    maxPositiveOnly = false,
    expNegativeWeight = false,
    normaliseWeights = true,
    epsilon = 1e-12,
  },
): ReferenceArray {
  const rows = distanceMatrix(features, weights, { normaliseWeights, epsilon });
  const positives = rows.map((row, i) => {
    const rise = row[labels.data[i]!]! - positiveMargin;
    return positiveWeight * Math.min(positiveOutlierThreshold, Math.max(0, rise));
  });
  const negatives = rows.map((row, i) => {
    const own = labels.data[i]!;
    if (positiveFirst && row[own]! > positiveUpperBound) return 0;
    const entries = row.map((distance, j) => {
      if (j === own || distance >= negativeMargin) return 0;
      return negativeWeight * (expNegativeWeight ? Math.exp(-distance) : negativeMargin - distance);
    });
    return maxNegativeOnly ? Math.max(...entries) : total(entries);
  });
  const positive = maxPositiveOnly ? Math.max(...positives) : total(positives);
  return referenceArray([], () => (positive + total(negatives)) / rows.length);
}

/** C-triplet as the sum of its hinges and center terms; see the operator. */
export function cTripletReference(
  features: ReferenceArray,
  weights: ReferenceArray,
  labels: ReferenceArray,
  {
    margin = 0.8,
    positiveWeight = 1,
    negativeWeight = 1,
    positiveFirst = false,
    positiveUpperBound = 1,
    addCenterLoss = true,
    hardestOnly = true,
    normaliseWeights = true,
    epsilon = 1e-12,
  },
  sampleWeights?: ReferenceArray,
): ReferenceArray {
  const losses = distanceMatrix(features, weights, { normaliseWeights, epsilon }).map((row, i) => {
    const own = row[labels.data[i]!]!;
    const factor = sampleWeights ? sampleWeights.data[i]! : 1;
    const isFar = positiveFirst && own > positiveUpperBound;
    const hinges = row.map((distance, j) =>
      j === labels.data[i]! || isFar ? 0 : negativeWeight * Math.max(0, margin + own - distance),
    );
    const hinge = hardestOnly ? Math.max(...hinges) : total(hinges);
    return factor * (hinge + (addCenterLoss || isFar ? positiveWeight * own : 0));
  });
  return referenceArray([], () => total(losses) / losses.length);
}
