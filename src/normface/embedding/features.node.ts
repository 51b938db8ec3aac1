/** Raw features of the images of a data set. */

import { UserError } from '../../common/errors.ts';
import { loadImages } from '../data/batches/loader.node.ts';
import type { ImageStore } from '../data/images/image-store.node.ts';
import type { Features } from '../evaluation/features.ts';
import { type Embedder, mirrorImages } from './features.ts';

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
  let done = 0;
  for await (const batch of loadImages(store, indices, batchSize)) {
    batch.indices.forEach((index, i) => {
      if (index !== indices[done + i]) throw missing(store, indices[done + i]!);
    });
    front.set(await embedder.embed(batch.pixels), done * dimension);
    mirrored?.set(await embedder.embed(mirrorImages(batch.pixels, embedder.width)), done * dimension);
    done += batch.indices.length;
    onProgress?.(done);
  }
  if (done < indices.length) throw missing(store, indices[done]!);
  return { front: { values: front, dimension }, mirrored: mirrored && { values: mirrored, dimension } };
}

function missing(store: ImageStore, index: number): UserError {
  const { name, samples } = store.dataset;
  return new UserError(`${name}: the image ${samples[index]!.key} is needed but cannot be read`);
}
