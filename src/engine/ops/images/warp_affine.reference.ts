import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

/** The sum over all pixels of the picture of (1 − |x − column|)₊·(1 − |y − row|)₊·colour: what is outside adds nothing. */
export function warpAffineReference(
  images: ReferenceArray,
  matrices: ReferenceArray,
  sources: ReferenceArray | undefined,
  { height, width, rounded = false }: { height: number; width: number; rounded?: boolean },
): ReferenceArray {
  const [count, sourceHeight, sourceWidth] = images.shape as [number, number, number];
  const n = matrices.shape[0]!;
  const channels = rounded ? 4 : 3;
  const weight = (distance: number): number => Math.max(0, 1 - Math.abs(distance));
  return referenceArray([n, height, width, channels], (i) => {
    const channel = i % channels;
    if (channel === 3) return 255;
    const q = Math.floor(i / channels) % width;
    const r = Math.floor(i / channels / width) % height;
    const sample = Math.floor(i / channels / width / height);
    const m = matrices.data.subarray(6 * sample, 6 * sample + 6);
    if (m.some((element) => !(Math.abs(element) < 2 ** 100))) return 0;
    const x = m[0]! * q + m[1]! * r + m[2]!;
    const y = m[3]! * q + m[4]! * r + m[5]!;
    const image = sources ? Math.min(sources.data[sample]!, count - 1) : sample;
    let sum = 0;
    for (let row = 0; row < sourceHeight; row++) {
      for (let column = 0; column < sourceWidth; column++) {
        const pixel = (image * sourceHeight + row) * sourceWidth + column;
        sum += weight(x - column) * weight(y - row) * images.data[4 * pixel + channel]!;
      }
    }
    return rounded ? Math.floor(sum + 0.5) : sum;
  });
}
