import type { ReferenceArray } from '../../core/operator.ts';

/** Row i of a matrix. */
export function rowOf({ shape, data }: ReferenceArray, i: number): Float64Array {
  return data.subarray(i * shape[1]!, (i + 1) * shape[1]!);
}

export function dot(a: Float64Array, b: Float64Array): number {
  // A loop, which takes half the time of `reduce`: checks spend most of theirs here.
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** ⟨f_i, w_j⟩ for every sample and class, divided by the norms √(Σ x² + ε) of the sides that are normalised. */
export function scoreMatrix(
  features: ReferenceArray,
  weights: ReferenceArray,
  { normaliseFeatures = true, normaliseWeights = true, epsilon = 1e-12 } = {},
): number[][] {
  const rowsOf = (matrix: ReferenceArray, isNormalised: boolean) =>
    Array.from({ length: matrix.shape[0]! }, (_, i) => {
      const row = rowOf(matrix, i);
      return { row, norm: isNormalised ? Math.sqrt(dot(row, row) + epsilon) : 1 };
    });
  const classes = rowsOf(weights, normaliseWeights);
  return rowsOf(features, normaliseFeatures).map((f) =>
    classes.map((w) => dot(f.row, w.row) / (f.norm * w.norm)),
  );
}
