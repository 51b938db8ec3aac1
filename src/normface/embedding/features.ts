/** What embeds images, and images turned left to right. */

/** A net in inference mode. */
export interface Embedder {
  /** Length of a feature. */
  readonly dimension: number;
  /** Largest number of images in one call. */
  readonly batchSize: number;
  readonly width: number;
  readonly height: number;
  /** Raw features [n, dimension] of `n` RGBA images, `pixels.length = n·height·width·4`. */
  embed(pixels: Uint8Array): Promise<Float32Array>;
}

/** RGBA images flipped from left to right. */
export function mirrorImages(pixels: Uint8Array, width: number): Uint8Array {
  const words = new Uint32Array(pixels.slice().buffer);
  for (let row = 0; row < words.length; row += width) words.subarray(row, row + width).reverse();
  return new Uint8Array(words.buffer);
}
