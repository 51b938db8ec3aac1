/** Two videos as a histogram of the cosines between their frames (docs/reference.md#youtube-faces). */

import type { Features } from '../evaluation/features.ts';
import { cosineScores } from '../evaluation/similarity.ts';

export const histogramBins = 100;

/**
 * Cosines of every frame of one video with every frame of another, row-major with a row for each frame of `first`.
 * @param first rows of the features that are the frames of the first video
 * @param mean subtracted from every feature before its normalisation
 */
export function frameCosines(
  features: Features,
  first: readonly number[],
  second: readonly number[],
  mean?: Float64Array,
): Float64Array {
  const count = first.length * second.length;
  const a = Uint32Array.from({ length: count }, (_, k) => first[Math.floor(k / second.length)]!);
  const b = Uint32Array.from({ length: count }, (_, k) => second[k % second.length]!);
  return cosineScores(features, { a, b, same: new Uint8Array(count), fold: new Uint32Array(count) }, mean);
}

/** Shares of the cosines in 100 bins of width 0.02 from −1 to 1; a cosine of 1 belongs to the last bin. */
export function cosineHistogram(cosines: ArrayLike<number>): Float64Array {
  const shares = new Float64Array(histogramBins);
  for (let k = 0; k < cosines.length; k++) {
    const bin = Math.min(histogramBins - 1, Math.floor(((cosines[k]! + 1) / 2) * histogramBins));
    shares[bin]! += 1 / cosines.length;
  }
  return shares;
}
