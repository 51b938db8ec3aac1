import type { Device } from '../engine/core/tensor.ts';
import { type Dataset, warningsOf } from '../normface/data/dataset.ts';
import { damagedText } from '../normface/data/images/damaged-image.node.ts';
import { ImageStore } from '../normface/data/images/image-store.node.ts';
import { openEmbedder } from '../normface/embedding/embedder.node.ts';
import type { NetEmbedder } from '../normface/embedding/embedder.ts';
import { extractFeatures } from '../normface/embedding/features.node.ts';
import type { Features } from '../normface/evaluation/features.ts';
import { type MergeName, mergeMirror } from '../normface/evaluation/merge.ts';
import type { Context } from './context.node.ts';

/** Images, and which of them are embedded. */
export interface Prepared {
  readonly dataset: Dataset;
  readonly indices: Uint32Array;
}

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
  {
    merge,
    batch,
    prepare,
  }: {
    readonly merge: MergeName;
    readonly batch: number;
    /** Gives what is embedded in place of the data set, once the net is known. */
    readonly prepare?: (embedder: NetEmbedder) => Promise<Prepared>;
  },
): Promise<Features> {
  for (const warning of warningsOf(dataset)) context.warn(warning);
  const mirror = merge !== 'front';
  let stage = context.stage('compiling kernels');
  let embedder: NetEmbedder | undefined;
  let store: ImageStore | undefined;
  try {
    embedder = await openEmbedder(device, weightsFile, Math.min(batch, indices.length), { mirror });
    await embedder.step(mirror).compile();
    const { width, height } = embedder;
    // What it does has a status line of its own.
    stage.end();
    const prepared = (await prepare?.(embedder)) ?? { dataset, indices };
    stage = context.stage('embedding');
    // Every image is needed once.
    const onDamaged = (name: string, reason: string) => context.warn(damagedText(name, reason));
    store = new ImageStore(prepared.dataset, { width, height, strict: true, cacheBytes: 0, onDamaged });
    const { front, mirrored } = await extractFeatures(embedder, store, prepared.indices, {
      mirror,
      onProgress: (done) => stage.update(done, prepared.indices.length),
    });
    return mergeMirror(front, mirrored, merge);
  } finally {
    stage.end();
    embedder?.dispose();
    await store?.close();
  }
}
