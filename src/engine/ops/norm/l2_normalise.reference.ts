import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

/** x / √(Σ x² + ε) over the last dimension. */
export function l2NormaliseReference(x: ReferenceArray, epsilon: number): ReferenceArray {
  const columns = x.shape.at(-1)!;
  const norms = Array.from({ length: x.data.length / columns }, (_, row) =>
    Math.sqrt(x.data.subarray(row * columns, (row + 1) * columns).reduce((sum, v) => sum + v * v, epsilon)),
  );
  return referenceArray(x.shape, (i) => x.data[i]! / norms[Math.floor(i / columns)]!);
}
