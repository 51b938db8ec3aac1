/** What embeds images. */

/** Raw features [n, dimension] of images and of their mirror images. */
export interface MirroredFeatures {
  readonly front: Float32Array;
  readonly mirrored: Float32Array;
}

/** A net in inference mode. Calls may overlap: the next batch is uploaded while the last one is computed and read. */
export interface Embedder {
  /** Length of a feature. */
  readonly dimension: number;
  /** Largest number of images in one call. */
  readonly batchSize: number;
  readonly width: number;
  readonly height: number;
  /** Raw features [n, dimension] of `n` RGBA images, `pixels.length = n·height·width·4`. */
  embed(pixels: Uint8Array): Promise<Float32Array>;
  /** The same, and the features of what the net sees of the images, turned left to right. */
  embedMirrored(pixels: Uint8Array): Promise<MirroredFeatures>;
}
