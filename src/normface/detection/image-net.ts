/** A net of fixed weights that runs on batches of small pictures. */

import { Parameters } from '../../engine/core/parameters.ts';
import { withoutGradients } from '../../engine/core/recording.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import { add } from '../../engine/ops/elementwise/add.ts';
import { imageBatch } from '../../engine/ops/images/image_batch.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import { forwardAll, type NamedLayer } from '../nets/layer.ts';
import type { Net } from '../nets/net.ts';
import { planNet, withInner } from '../nets/plan.ts';

/** A net as data and its weights: by parameter, row-major in our layouts. */
export interface DetectionNet {
  readonly net: Net;
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Added to red, green and blue after the scaling that `net.pixels` says, where a net has a mean for each channel. */
  readonly shift?: readonly [number, number, number];
}

/**
 * Runs a net on pictures of its input's size with a captured step of one batch size: one upload, one submission, one read. Unlike
 * embedders, the net may end in a map.
 */
export class ImageNet {
  readonly batch: number;
  readonly width: number;
  readonly height: number;
  /** Shape of what the net gives for one picture. */
  readonly outputShape: readonly number[];
  private readonly parameters: Parameters;
  private readonly images: Tensor;
  private readonly shift: Tensor | null;
  private readonly step: CapturedStep<{ output: Tensor }>;

  constructor(device: Device, { net, values, shift }: DetectionNet, batch: number) {
    const [height, width] = net.input;
    const layers = planNet(net);
    this.batch = batch;
    this.width = width;
    this.height = height;
    this.outputShape = layers.at(-1)!.output;
    this.parameters = new Parameters(device, declarationsOf(layers, values));
    this.images = device.images(new Uint8Array(batch * height * width * 4), [batch, height, width]);
    this.shift = shift ? device.tensor(shift, [3]) : null;
    this.step = device.capture(() =>
      withoutGradients(() => {
        const pixels = imageBatch(this.images, net.pixels);
        const input = this.shift ? add(pixels, this.shift) : pixels;
        return { output: forwardAll(layers, input, this.parameters, { training: false }) };
      }),
    );
  }

  /**
   * What the net gives for a batch.
   *
   * @param pixels rgba8 of `batch` pictures, row by row; they may be changed once the promise is there and another turn has passed
   * @returns [batch, ...outputShape]
   */
  async run(pixels: Uint8Array): Promise<Float32Array> {
    await this.step.compile();
    // Nothing is waited for between these, so that calls follow one another on the device.
    this.images.write(pixels);
    const [output] = await this.step.runAndRead([this.step.outputs.output]);
    return output as Float32Array;
  }

  /**
   * Runs as many batches as pictures need, of which a few are on their way at a time.
   *
   * @param draw writes a picture into its place of a batch: number of the picture, bytes of the batch, its first pixel
   * @param each gets the outputs of a picture, in order
   */
  async runAll(
    count: number,
    draw: (index: number, pixels: Uint8Array, at: number) => void,
    each: (index: number, output: Float32Array) => void,
  ): Promise<void> {
    const area = this.width * this.height;
    const length = elementCount(this.outputShape);
    const underway: (() => Promise<void>)[] = [];
    for (let first = 0; first < count; first += this.batch) {
      const pixels = new Uint8Array(this.batch * area * 4);
      const last = Math.min(count, first + this.batch);
      for (let i = first; i < last; i++) draw(i, pixels, (i - first) * area);
      const running = this.run(pixels);
      // Awaited later: until then a failure is nobody's.
      running.catch(() => {});
      underway.push(async () => {
        const output = await running;
        for (let i = first; i < last; i++)
          each(i, output.subarray((i - first) * length, (i + 1 - first) * length));
      });
      if (underway.length > mostUnderway) await underway.shift()!();
    }
    for (const finish of underway) await finish();
  }

  dispose(): void {
    this.step.dispose();
    this.images.dispose();
    this.shift?.dispose();
    this.parameters.dispose();
  }
}

/** Batches that are submitted before the first of them is read: the host draws the next while the device works. */
const mostUnderway = 3;

function declarationsOf(layers: readonly NamedLayer[], values: ReadonlyMap<string, Float32Array>) {
  return layers.flatMap(withInner).flatMap(({ parameters }) =>
    parameters.map(({ name, shape }) => {
      const init = values.get(name);
      if (!init) throw new Error(`no values for ${name}`);
      return { name, shape, init, frozen: true };
    }),
  );
}
