import { type ReferenceArray, referenceArray } from '../operator.ts';
import type { ImageBatchOptions } from '../ops/image_batch.ts';
import { hash32 } from '../random.ts';

/** Image batch as the first random operator (stream 0) of a step: crops each picture, then mirrors the crop. */
export function imageBatchReference(
  images: ReferenceArray,
  options: ImageBatchOptions,
  seed: number,
  step: number,
): ReferenceArray {
  const [n, sourceHeight, sourceWidth] = images.shape as [number, number, number];
  const { height = sourceHeight, width = sourceWidth, mirror = 'never', shift = 0 } = options;
  const { mean = 127.5, scale = 1 / 128 } = options;
  const y = referenceArray([n, height, width, 3]);
  const clamp = (value: number, extent: number): number => Math.min(Math.max(value, 0), extent - 1);
  for (let image = 0; image < n; image++) {
    const draw = (word: number): number => hash32(seed, step, 0, 4 * image + word);
    const mirrored = mirror === 'always' || (mirror === 'random' && draw(0) % 2 === 1);
    const top = Math.floor((sourceHeight - height) / 2) + (draw(1) % (2 * shift + 1)) - shift;
    const left = Math.floor((sourceWidth - width) / 2) + (draw(2) % (2 * shift + 1)) - shift;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const sourceRow = clamp(top + row, sourceHeight);
        const sourceColumn = clamp(left + column, sourceWidth);
        const target = mirrored ? width - 1 - column : column;
        for (let k = 0; k < 3; k++) {
          const byte =
            images.data[((image * sourceHeight + sourceRow) * sourceWidth + sourceColumn) * 4 + k]!;
          y.data[((image * height + row) * width + target) * 3 + k] = (byte - mean) * scale;
        }
      }
    }
  }
  return y;
}
