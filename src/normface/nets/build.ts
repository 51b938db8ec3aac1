import { UserError } from '../../common/errors.ts';
import { check, formatShape } from '../../engine/core/errors.ts';
import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import { type ImageBatchOptions, imageBatch } from '../../engine/ops/images/image_batch.ts';
import { initialValues } from './initial.ts';
import { type ForwardMode, forwardAll, type SampleShape } from './layer.ts';
import type { Net } from './net.ts';
import { planNet, withInner } from './plan.ts';

/** What training does to pictures at random. */
export type Augmentation = Pick<ImageBatchOptions, 'mirror' | 'shift' | 'crop'>;

/** A net that can run: declare its parameters, together with those of a loss, and call `forward`. */
export interface BuiltNet {
  readonly net: Net;
  readonly input: SampleShape;
  /** Length of a feature. */
  readonly featureSize: number;
  readonly declarations: readonly ParameterDeclaration[];
  /**
   * Pictures as the net was made for them: its size, its channels, its range of numbers.
   *
   * @param pictures rgba8 [n, height, width, 4], at least as large as the images of the net
   * @param augmentation default: the centre of larger pictures
   * @param stored how the net gets its numbers, and stores those of its layers (default f32)
   * @returns [n, ...input]
   */
  batch(pictures: Tensor, augmentation?: Augmentation, stored?: 'f32' | 'f16'): Tensor;
  /**
   * @param images [n, height, width, channels]
   * @param parameters hold at least those of `declarations`
   * @returns features [n, featureSize]
   */
  forward(images: Tensor, parameters: Parameters, mode: ForwardMode): Tensor;
}

/**
 * Makes a net for images of a size. The same seed gives the same initial values, whatever else is declared.
 *
 * @throws UserError if a layer is wrong, the layers do not fit one another or the images, or the net does not end in flat features
 */
export function buildNet(net: Net, input: SampleShape, seed: number): BuiltNet {
  const layers = planNet(net, input);
  const output = layers.at(-1)?.output ?? input;
  if (output.length !== 1) {
    throw new UserError(
      `the net ${net.name} ends in ${formatShape(output)}, not in flat features; end it with a fullyConnected layer`,
    );
  }
  return {
    net,
    input,
    featureSize: output[0]!,
    declarations: layers.flatMap(withInner).flatMap(({ parameters }) =>
      parameters.map(({ initial, fanIn, ...declaration }) => ({
        ...declaration,
        init: () => initialValues(initial, { ...declaration, fanIn }, seed),
      })),
    ),
    batch(pictures, augmentation = {}, stored = 'f32') {
      const [height, width, channels] = input as readonly [number, number, 1 | 3];
      return imageBatch(pictures, { height, width, channels, ...net.pixels, ...augmentation, stored });
    },
    forward(images, parameters, mode) {
      check(
        formatShape(images.shape.slice(1)) === formatShape(input),
        net.name,
        () => `was built for images ${formatShape(input)} and got a batch ${formatShape(images.shape)}`,
      );
      return forwardAll(layers, images, parameters, mode);
    },
  };
}
