import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { drawPlace } from './image_batch_draws.ts';

/** Luma of red, green and blue: the first row of the inverse of the matrix from YIQ. */
const yiq = [0.298936021293775, 0.587043074451121, 0.114020904255103] as const;

/**
 * Image batch as the first random operator (stream 0) of a step, of a part of a batch that begins with picture `firstRow`: crops
 * each picture, then mirrors the crop.
 */
export function imageBatchReference(
  images: ReferenceArray,
  {
    height = images.shape[1]!,
    width = images.shape[2]!,
    mirror = 'never',
    shift = 0,
    crop = 'centre',
    channels = 3,
    mean = 127.5,
    scale = 1 / 128,
  },
  { seed, step, firstRow }: { readonly seed: number; readonly step: number; readonly firstRow: number },
): ReferenceArray {
  const [n, sourceHeight, sourceWidth] = images.shape as [number, number, number];
  const y = referenceArray([n, height, width, channels]);
  const clamp = (value: number, extent: number): number => Math.min(Math.max(value, 0), extent - 1);
  for (let image = 0; image < n; image++) {
    const { mirrored, top, left } = drawPlace(
      { mirror, shift, crop },
      { rows: sourceHeight - height, columns: sourceWidth - width },
      { seed, step, row: firstRow + image },
    );
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const sourceRow = clamp(top + row, sourceHeight);
        const sourceColumn = clamp(left + column, sourceWidth);
        const target = mirrored ? width - 1 - column : column;
        const pixel = 4 * ((image * sourceHeight + sourceRow) * sourceWidth + sourceColumn);
        const [red, green, blue] = images.data.subarray(pixel, pixel + 3) as unknown as [
          number,
          number,
          number,
        ];
        const luma = yiq[0] * red + yiq[1] * green + yiq[2] * blue;
        (channels === 1 ? [luma] : [red, green, blue]).forEach((value, k) => {
          y.data[((image * height + row) * width + target) * channels + k] = (value - mean) * scale;
        });
      }
    }
  }
  return y;
}
