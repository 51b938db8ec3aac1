import { check, formatShape } from '../../engine/errors.ts';
import type { ParameterDeclaration, Parameters } from '../../engine/parameters.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { initialValues } from './initial.ts';
import { type ForwardMode, forwardAll, type SampleShape } from './layer.ts';
import { type Net, planNet, withInner } from './net.ts';

/** A net that can run: declare its parameters, together with those of a loss, and call `forward`. */
export interface BuiltNet {
  readonly net: Net;
  readonly input: SampleShape;
  /** Length of a feature. */
  readonly featureSize: number;
  readonly declarations: readonly ParameterDeclaration[];
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
 * @throws UserError if the layers do not fit one another or the images, or the net does not end in flat features
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
