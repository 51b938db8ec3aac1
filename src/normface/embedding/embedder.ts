/** A net in inference mode on the GPU. */

import type { Parameters } from '../../engine/core/parameters.ts';
import { withoutGradients } from '../../engine/core/recording.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import { concat } from '../../engine/ops/shape/concat.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import type { BuiltNet } from '../nets/build.ts';
import type { Embedder, MirroredFeatures } from './features.ts';

export interface EmbedderOptions {
  /** Height and width of the images, of which the net gets the centre. Default: those of the net's input. */
  readonly imageSize?: readonly [number, number, ...unknown[]];
  /** Parameters that are freed with the embedder, for those that nothing else uses. */
  readonly owned?: Parameters;
  /** Whether mirror images will be embedded too, for which the first step is then captured. Default: no. */
  readonly mirror?: boolean;
}

type EmbeddingStep = CapturedStep<{ features: Tensor }>;

/** Embeds batches of one size with a captured step; smaller batches are filled up with black images. */
export class NetEmbedder implements Embedder {
  readonly dimension: number;
  readonly batchSize: number;
  readonly width: number;
  readonly height: number;
  private readonly device: Device;
  private readonly net: BuiltNet;
  private readonly parameters: Parameters;
  private readonly images: Tensor;
  private readonly pixels: Uint8Array;
  private readonly owned: Parameters | undefined;
  /** By whether they embed mirror images too. */
  private readonly steps = new Map<boolean, EmbeddingStep>();

  constructor(
    device: Device,
    net: BuiltNet,
    parameters: Parameters,
    batchSize: number,
    {
      imageSize: [height, width] = net.input as [number, number, number],
      owned,
      mirror = false,
    }: EmbedderOptions = {},
  ) {
    this.device = device;
    this.net = net;
    this.parameters = parameters;
    this.dimension = net.featureSize;
    this.batchSize = batchSize;
    this.height = height;
    this.width = width;
    this.owned = owned;
    this.pixels = new Uint8Array(batchSize * height * width * 4);
    this.images = device.images(this.pixels, [batchSize, height, width]);
    this.step(mirror);
  }

  /**
   * The step that embeds what {@link NetEmbedder.load} has uploaded, captured when it is first asked for: features
   * [batchSize, dimension], or with `mirror` [2·batchSize, dimension], where those of the mirror images follow. Both halves have
   * the shapes, and thereby the kernels and the bits, of a batch alone, and share its memory.
   */
  step(mirror: boolean): EmbeddingStep {
    const known = this.steps.get(mirror);
    if (known) return known;
    const { net, parameters, images } = this;
    const forward = (turn: 'never' | 'always') =>
      net.forward(net.batch(images, { mirror: turn }), parameters, { training: false });
    const captured = this.device.capture(() =>
      withoutGradients(() => ({
        features: mirror ? concat([forward('never'), forward('always')], { axis: 0 }) : forward('never'),
      })),
    );
    this.steps.set(mirror, captured);
    return captured;
  }

  async embed(pixels: Uint8Array): Promise<Float32Array> {
    const features = await this.run(pixels, false);
    return features.subarray(0, this.countOf(pixels) * this.dimension);
  }

  async embedMirrored(pixels: Uint8Array): Promise<MirroredFeatures> {
    const features = await this.run(pixels, true);
    const length = this.countOf(pixels) * this.dimension;
    const half = this.batchSize * this.dimension;
    return { front: features.subarray(0, length), mirrored: features.subarray(half, half + length) };
  }

  /** One upload, one submission, one read. Nothing is waited for between them, so that calls follow one another on the GPU. */
  private async run(pixels: Uint8Array, mirror: boolean): Promise<Float32Array> {
    const step = this.step(mirror);
    await step.compile();
    this.load(pixels);
    const [features] = await step.runAndRead([step.outputs.features]);
    return features as Float32Array;
  }

  private countOf(pixels: Uint8Array): number {
    return pixels.length / (this.width * this.height * 4);
  }

  /** Uploads the pictures of a batch, rgba8, filled up with black ones. */
  load(pixels: Uint8Array): void {
    this.pixels.fill(0).set(pixels);
    this.images.write(this.pixels);
  }

  dispose(): void {
    for (const step of this.steps.values()) step.dispose();
    this.images.dispose();
    this.owned?.dispose();
  }
}
