import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

/** Position of output r over the input, as a real number. */
function position(r: number, extent: number, outExtent: number, alignCorners: boolean): number {
  if (alignCorners) return outExtent === 1 ? 0 : (r * (extent - 1)) / (outExtent - 1);
  return Math.max(0, ((r + 0.5) * extent) / outExtent - 0.5);
}

export function resizeReference(
  x: ReferenceArray,
  {
    height,
    width,
    mode = 'bilinear',
    alignCorners = false,
  }: { height: number; width: number; mode?: string; alignCorners?: boolean },
): ReferenceArray {
  const [n, inHeight, inWidth, channels] = x.shape as [number, number, number, number];
  return referenceArray([n, height, width, channels], (i) => {
    const channel = i % channels;
    const q = position(Math.floor(i / channels) % width, inWidth, width, alignCorners);
    const r = position(Math.floor(i / channels / width) % height, inHeight, height, alignCorners);
    const image = Math.floor(i / channels / width / height);
    const at = (row: number, column: number): number => {
      const [inside, beside] = [Math.min(row, inHeight - 1), Math.min(column, inWidth - 1)];
      return x.data[((image * inHeight + inside) * inWidth + beside) * channels + channel]!;
    };
    // A hair more than a half, so that halves round up also where the division does not give them exactly.
    if (mode === 'nearest') return at(Math.floor(r + 0.5 + 1e-9), Math.floor(q + 0.5 + 1e-9));
    const [row, column] = [Math.floor(r), Math.floor(q)];
    const [u, v] = [r - row, q - column];
    return (
      (1 - u) * ((1 - v) * at(row, column) + v * at(row, column + 1)) +
      u * ((1 - v) * at(row + 1, column) + v * at(row + 1, column + 1))
    );
  });
}
