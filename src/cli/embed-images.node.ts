import type { Device } from '../engine/core/tensor.ts';
import { type Dataset, warningsOf } from '../normface/data/dataset.ts';
import { ImageStore } from '../normface/data/images/image-store.node.ts';
import { openEmbedder } from '../normface/embedding/embedder.node.ts';
import type { NetEmbedder } from '../normface/embedding/embedder.ts';
import { extractFeatures } from '../normface/embedding/features.node.ts';
import type { Features } from '../normface/evaluation/features.ts';
import { type MergeName, mergeMirror } from '../normface/evaluation/merge.ts';
import type { Context } from './context.node.ts';

/**
 * Merged raw features of some samples of a data set, by the net of a weights file; the status line counts images.
 * @param onOpen told of the net before the first image is embedded
 * @throws UserError when an image cannot be read or the file does not fit its net
 */
export async function embedImages(
  context: Context,
  device: Device,
  weightsFile: string,
  dataset: Dataset,
  indices: Uint32Array,
  {
    merge,
    batch,
    onOpen,
  }: {
    readonly merge: MergeName;
    readonly batch: number;
    readonly onOpen?: (embedder: NetEmbedder) => Promise<void>;
  },
): Promise<Features> {
  for (const warning of warningsOf(dataset)) context.warn(warning);
  const mirror = merge !== 'front';
  const stage = context.stage('compiling kernels');
  let embedder: NetEmbedder | undefined;
  let store: ImageStore | undefined;
  try {
    embedder = await openEmbedder(device, weightsFile, Math.min(batch, indices.length), { mirror });
    await embedder.step(mirror).compile();
    await onOpen?.(embedder);
    const { width, height } = embedder;
    // Every image is needed once.
    store = new ImageStore(dataset, { width, height, strict: true, cacheBytes: 0 });
    stage.next('embedding');
    const { front, mirrored } = await extractFeatures(embedder, store, indices, {
      mirror,
      onProgress: (done) => stage.update(done, indices.length),
    });
    return mergeMirror(front, mirrored, merge);
  } finally {
    stage.end();
    embedder?.dispose();
    await store?.close();
  }
}
