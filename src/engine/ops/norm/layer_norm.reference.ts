import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';

export function layerNormReference(
  x: ReferenceArray,
  scale: ReferenceArray | null | undefined,
  shift: ReferenceArray | null | undefined,
  { dimensions = 1, epsilon = 1e-5 },
): ReferenceArray {
  const columns = elementCount(x.shape.slice(-dimensions));
  const rows = Array.from({ length: x.data.length / columns }, (_, row) => {
    const values = x.data.subarray(row * columns, (row + 1) * columns);
    const mean = values.reduce((a, b) => a + b, 0) / columns;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns;
    return { mean, deviation: Math.sqrt(variance + epsilon) };
  });
  return referenceArray(x.shape, (i) => {
    const { mean, deviation } = rows[Math.floor(i / columns)]!;
    const column = i % columns;
    return ((x.data[i]! - mean) / deviation) * (scale?.data[column] ?? 1) + (shift?.data[column] ?? 0);
  });
}
