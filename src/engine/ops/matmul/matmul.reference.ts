import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

export function matmulReference(
  a: ReferenceArray,
  b: ReferenceArray,
  { transposeA = false, transposeB = false },
  bias?: ReferenceArray,
): ReferenceArray {
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const n = transposeB ? bRows : bColumns;
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const padded = ({ shape }: ReferenceArray): number[] => [
    ...Array.from({ length: rank + 2 - shape.length }, () => 1),
    ...shape.slice(0, -2),
  ];
  const [aBatch, bBatch] = [padded(a), padded(b)];
  const batch = aBatch.map((extent, axis) => Math.max(extent, bBatch[axis]!));
  // Number of the matrix of an operand that takes part in a product.
  const matrixOf = (own: readonly number[], product: number): number => {
    let rest = product;
    let matrix = 0;
    let stride = 1;
    for (let axis = rank - 1; axis >= 0; axis--) {
      if (own[axis] !== 1) matrix += (rest % batch[axis]!) * stride;
      rest = Math.floor(rest / batch[axis]!);
      stride *= own[axis]!;
    }
    return matrix;
  };
  const [left, right] = [a.data, b.data];
  const [alongKOfA, alongKOfB] = [transposeA ? m : 1, transposeB ? 1 : n];
  return referenceArray([...batch, m, n], (index) => {
    const product = Math.floor(index / (m * n));
    const row = Math.floor(index / n) % m;
    const column = index % n;
    const firstOfA = matrixOf(aBatch, product) * m * k + row * (transposeA ? 1 : k);
    const firstOfB = matrixOf(bBatch, product) * k * n + column * (transposeB ? k : 1);
    let sum = bias ? bias.data[column]! : 0;
    for (let i = 0; i < k; i++) sum += left[firstOfA + i * alongKOfA]! * right[firstOfB + i * alongKOfB]!;
    return sum;
  });
}
