/** A net in inference mode on the GPU. */

import type { Parameters } from '../../engine/core/parameters.ts';
import { withoutGradients } from '../../engine/core/recording.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import type { BuiltNet } from '../nets/build.ts';
import type { Embedder } from './features.ts';

export interface EmbedderOptions {
  /** Height and width of the images, of which the net gets the centre. Default: those of the net's input. */
  readonly imageSize?: readonly [number, number, ...unknown[]];
  /** Parameters that are freed with the embedder, for those that nothing else uses. */
  readonly owned?: Parameters;
}

/** Embeds batches of one size with a captured step; smaller batches are filled up with black images. */
export class NetEmbedder implements Embedder {
  readonly dimension: number;
  readonly batchSize: number;
  readonly width: number;
  readonly height: number;
  private readonly images: Tensor;
  /** Embeds what {@link NetEmbedder.load} has uploaded. */
  readonly captured: CapturedStep<{ features: Tensor }>;
  private readonly pixels: Uint8Array;
  private readonly owned: Parameters | undefined;

  constructor(
    device: Device,
    net: BuiltNet,
    parameters: Parameters,
    batchSize: number,
    { imageSize: [height, width] = net.input as [number, number, number], owned }: EmbedderOptions = {},
  ) {
    this.dimension = net.featureSize;
    this.batchSize = batchSize;
    this.height = height;
    this.width = width;
    this.owned = owned;
    this.pixels = new Uint8Array(batchSize * height * width * 4);
    this.images = device.images(this.pixels, [batchSize, height, width]);
    this.captured = device.capture(() =>
      withoutGradients(() => ({
        features: net.forward(net.batch(this.images), parameters, { training: false }),
      })),
    );
  }

  async embed(pixels: Uint8Array): Promise<Float32Array> {
    await this.captured.compile();
    this.load(pixels);
    this.captured.run();
    const features = await this.captured.outputs.features.readFloats();
    return features.subarray(0, (pixels.length / (this.width * this.height * 4)) * this.dimension);
  }

  /** Uploads the pictures of a batch, rgba8, filled up with black ones. */
  load(pixels: Uint8Array): void {
    this.pixels.fill(0).set(pixels);
    this.images.write(this.pixels);
  }

  /** Frees all but what the embedder was given to own. */
  release(): void {
    this.captured.dispose();
    this.images.dispose();
  }

  dispose(): void {
    this.release();
    this.owned?.dispose();
  }
}
