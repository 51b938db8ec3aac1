/** Batches of which several make a step. */

import type { BatchSource, LabelledImages } from './loop.ts';

/**
 * So many batches, one behind the other, as one: those that a source of batches so many times as large would give.
 * @param source whose batches all have as many images
 */
export function accumulatedBatches<Cursor>(source: BatchSource<Cursor>, count: number): BatchSource<Cursor> {
  if (count === 1) return source;
  return {
    next: async () => {
      const batches: (LabelledImages & { readonly cursor: Cursor })[] = [];
      for (let i = 0; i < count; i++) batches.push(await source.next());
      const { cursor, ...first } = batches.at(-1)!;
      const pixels = new Uint8Array(count * first.pixels.length);
      const labels = new Uint32Array(count * first.labels.length);
      batches.forEach((batch, i) => {
        pixels.set(batch.pixels, i * first.pixels.length);
        labels.set(batch.labels, i * first.labels.length);
      });
      return { pixels, labels, cursor };
    },
  };
}
