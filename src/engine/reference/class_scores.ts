import type { ReferenceArray } from '../operator.ts';

/** Row i of a matrix. */
export function rowOf({ shape, data }: ReferenceArray, i: number): Float64Array {
  return data.subarray(i * shape[1]!, (i + 1) * shape[1]!);
}

export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** ⟨f_i, w_j⟩ for every sample and class, divided by the norms √(Σ x² + ε) of the sides that are normalised. */
export function scoreMatrix(
  features: ReferenceArray,
  weights: ReferenceArray,
  { normaliseFeatures = true, normaliseWeights = true, epsilon = 1e-12 } = {},
): number[][] {
  const norm = (row: Float64Array, wanted: boolean): number =>
    wanted ? Math.sqrt(dot(row, row) + epsilon) : 1;
  return Array.from({ length: features.shape[0]! }, (_, i) => {
    const f = rowOf(features, i);
    return Array.from({ length: weights.shape[0]! }, (_, j) => {
      const w = rowOf(weights, j);
      return dot(f, w) / (norm(f, normaliseFeatures) * norm(w, normaliseWeights));
    });
  });
}
