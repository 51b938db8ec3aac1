import type { Device } from '../../engine/core/tensor.ts';
import { gemm } from '../../engine/ops/matmul/gemm.ts';
import { type Features, featureCount } from './features.ts';

/** Probes compared with the gallery at a time. */
const probesAtOnce = 1024;

/** The most similar gallery image of every probe. */
export interface NearestInGallery {
  /** Its score, in f32. */
  readonly score: Float32Array;
  /** Its place in the gallery; of equal scores the first, as a stable sort by falling score would have it. */
  readonly place: Uint32Array;
}

/** Compares every probe with every gallery image; rows have length 1 (or 0), scores are their f32 products on the GPU. */
export async function nearestInGallery(
  device: Device,
  gallery: Features,
  probes: Features,
): Promise<NearestInGallery> {
  const { dimension } = gallery;
  const [columns, rows] = [featureCount(gallery), featureCount(probes)];
  const score = new Float32Array(rows);
  const place = new Uint32Array(rows);
  await device.scope(async () => {
    const galleryTensor = device.tensor(gallery.values, [columns, dimension]);
    // The last block is filled up with zeros, so that all blocks share a kernel.
    const block = device.zeros([probesAtOnce, dimension]);
    const scores = device.empty([probesAtOnce, columns]);
    for (let first = 0; first < rows; first += probesAtOnce) {
      const values = new Float32Array(probesAtOnce * dimension);
      values.set(probes.values.subarray(first * dimension, (first + probesAtOnce) * dimension));
      block.write(values);
      gemm(block, galleryTensor, { transposeB: true, out: scores });
      const read = await scores.readFloats();
      for (let row = 0; row < Math.min(probesAtOnce, rows - first); row++) {
        let best = 0;
        for (let column = 1; column < columns; column++) {
          if (read[row * columns + column]! > read[row * columns + best]!) best = column;
        }
        score[first + row] = read[row * columns + best]!;
        place[first + row] = best;
      }
    }
  });
  return { score, place };
}
