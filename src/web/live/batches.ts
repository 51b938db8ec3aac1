/** Batches of pictures in memory, shuffled again every epoch. */

import { shuffledOrder } from '../../normface/data/batches/order.ts';
import type { LabelledImages } from '../../normface/training/loop.ts';
import { copyRgba, type Pictures } from './pictures.ts';

/**
 * Endless batches of the pictures `indices`. The same seed gives the same ones; a batch is overwritten by the next.
 */
export function* batchesOf(
  pictures: Pictures,
  indices: Uint32Array,
  batchSize: number,
  seed: number,
): Generator<LabelledImages, never> {
  const bytes = 4 * pictures.width * pictures.height;
  const pixels = new Uint8Array(batchSize * bytes);
  const labels = new Uint32Array(batchSize);
  const order = shuffledOrder(indices.length, seed, { epoch: 0, position: 0 });
  for (;;) {
    for (let i = 0; i < batchSize; i++) {
      const index = indices[order.next().value.indices[0]!]!;
      copyRgba(pictures, index, pixels, i * bytes);
      labels[i] = pictures.labels[index]!;
    }
    yield { pixels, labels };
  }
}
