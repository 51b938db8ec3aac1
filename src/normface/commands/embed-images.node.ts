import type { Device } from '../../engine/device.ts';
import { type Dataset, warningsOf } from '../data/dataset.ts';
import { ImageStore } from '../data/image-store.node.ts';
import type { Features } from '../evaluation/features.ts';
import { type MergeName, mergeMirror } from '../evaluation/merge.ts';
import { openEmbedder } from '../training/embedder.node.ts';
import { extractFeatures } from '../training/features.node.ts';
import { Count } from '../training/progress.ts';
import type { Context } from './context.node.ts';

/**
 * Merged raw features of some samples of a data set, by the net of a weights file; the status line counts images.
 * @throws UserError when an image cannot be read or the file does not fit its net
 */
export async function embedImages(
  context: Context,
  device: Device,
  weightsFile: string,
  dataset: Dataset,
  indices: Uint32Array,
  { merge, batch }: { readonly merge: MergeName; readonly batch: number },
): Promise<Features> {
  for (const warning of warningsOf(dataset)) context.warn(warning);
  const embedder = await openEmbedder(device, weightsFile, batch);
  const { width, height } = embedder;
  // Every image is needed once.
  const store = new ImageStore(dataset, { width, height, strict: true, cacheBytes: 0 });
  const count = new Count(context.progressSink, 'embedding');
  try {
    const { front, mirrored } = await extractFeatures(embedder, store, indices, {
      mirror: merge !== 'front',
      onProgress: (done) => count.update(done, indices.length),
    });
    return mergeMirror(front, mirrored, merge);
  } finally {
    count.end();
    embedder.dispose();
    await store.close();
  }
}
