/** Raw features of the images of a data set. */

import { UserError } from '../../common/errors.ts';
import { type ImageBatch, loadImages } from '../data/batches/loader.node.ts';
import { imageName } from '../data/dataset.ts';
import type { ImageStore } from '../data/images/image-store.node.ts';
import type { Features } from '../evaluation/features.ts';
import type { Embedder, MirroredFeatures } from './features.ts';

/**
 * Features of the samples `indices` of a store's data set, and with `mirror` also those of their mirror images.
 * @throws UserError naming the image when one of them cannot be read
 */
export async function extractFeatures(
  embedder: Embedder,
  store: ImageStore,
  indices: Uint32Array,
  { mirror, onProgress }: { mirror: boolean; onProgress?: (done: number) => void },
): Promise<{ front: Features; mirrored?: Features }> {
  const { dimension, batchSize } = embedder;
  const front = new Float32Array(indices.length * dimension);
  const mirrored = mirror ? new Float32Array(indices.length * dimension) : undefined;
  const embed = async ({
    pixels,
  }: ImageBatch): Promise<Pick<MirroredFeatures, 'front'> & Partial<MirroredFeatures>> =>
    mirror ? embedder.embedMirrored(pixels) : { front: await embedder.embed(pixels) };
  let done = 0;
  for await (const [batch, features] of oneAhead(loadImages(store, indices, batchSize), embed)) {
    batch.indices.forEach((index, i) => {
      if (index !== indices[done + i]) throw missing(store, indices[done + i]!);
    });
    front.set(features.front, done * dimension);
    if (features.mirrored) mirrored?.set(features.mirrored, done * dimension);
    done += batch.indices.length;
    onProgress?.(done);
  }
  if (done < indices.length) throw missing(store, indices[done]!);
  return { front: { values: front, dimension }, mirrored: mirrored && { values: mirrored, dimension } };
}

/** Items with what `work` makes of them, in order; while the result of one is waited for, work on the next has begun. */
async function* oneAhead<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<[Item, Result], void> {
  const begun: [Item, Promise<Result>][] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // It is waited for later: until then its failure is nobody's.
      result.catch(() => {});
      begun.push([item, result]);
      if (begun.length > 1) yield await first();
    }
    while (begun.length > 0) yield await first();
  } finally {
    // Nothing is under way when the caller frees the embedder.
    await Promise.allSettled(begun.map(([, result]) => result));
  }

  async function first(): Promise<[Item, Result]> {
    const [item, result] = begun.shift()!;
    return [item, await result];
  }
}

function missing(store: ImageStore, index: number): UserError {
  const { name, samples } = store.dataset;
  return new UserError(`${name}: the image ${imageName(samples[index]!)} is needed but cannot be read`);
}
