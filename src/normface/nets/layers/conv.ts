import { conv2d } from '../../../engine/ops/conv2d/conv2d.ts';
import { conv2dGeometry } from '../../../engine/ops/conv2d/conv2d_geometry.ts';
import { fusedConv2d } from '../../../engine/ops/conv2d/fused_conv2d.ts';
import { type Initial, initial } from '../initial.ts';
import type { LayerKind } from '../layer.ts';
import { bias as biasSetting, factor, oneOrTwo, sides, wholeNumber } from '../setting.ts';
import { biasParameter } from './bias.ts';
import { imageExtents } from './image.ts';

/** Two-dimensional convolution; weights [kernel height, kernel width, channels in / groups, channels out]. */
export interface ConvLayer {
  readonly kind: 'conv';
  readonly name: string;
  /** Channels of the output. */
  readonly channels: number;
  /** One number, or [height, width]. */
  readonly kernel: number | readonly [number, number];
  /** One number, or [vertical, horizontal]. Default 1. */
  readonly stride?: number | readonly [number, number];
  /** Zeros on each side; or [top, bottom, left, right]. Default 0. */
  readonly padding?: number | readonly [number, number, number, number];
  /** From one number of the kernel to the next in pixels: one number, or [vertical, horizontal]. Default 1. */
  readonly dilation?: number | readonly [number, number];
  /** Default 1. */
  readonly groups?: number;
  /** Whether there is a bias, or what it starts from. Default true, starting from 0. */
  readonly bias?: boolean | number;
  /** Default xavier. */
  readonly init?: Initial;
  /** Of the weights; default 1. */
  readonly decayMultiplier?: number;
}

export const conv: LayerKind<ConvLayer> = {
  required: { channels: wholeNumber(1), kernel: oneOrTwo(1) },
  optional: {
    stride: oneOrTwo(1),
    padding: sides,
    dilation: oneOrTwo(1),
    groups: wholeNumber(1),
    bias: biasSetting,
    init: initial,
    decayMultiplier: factor,
  },
  plan(layer, input) {
    const { name, channels, kernel, stride, padding, dilation, groups = 1, init = 'xavier' } = layer;
    const options = { stride, padding, dilation, groups };
    const extents = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const shape = [...extents, imageExtents(layer.kind, input)[2] / groups, channels];
    const geometry = conv2dGeometry([1, ...input], shape, options);
    const output = [geometry.OUT_HEIGHT, geometry.OUT_WIDTH, channels];
    const fanIn = geometry.KERNEL_H * geometry.KERNEL_W * geometry.GROUP_IN;
    const weight = {
      name: `${name}.weight`,
      shape,
      initial: init,
      fanIn,
      decayMultiplier: layer.decayMultiplier,
    };
    const bias = biasParameter(name, channels, layer.bias);
    return {
      output,
      macs: geometry.OUT_HEIGHT * geometry.OUT_WIDTH * channels * fanIn,
      parameters: bias ? [weight, bias] : [weight],
      forwardFused: (x, parameters, activation, residual) =>
        fusedConv2d(
          {
            x,
            weight: parameters.get(weight.name),
            bias: bias && parameters.get(bias.name),
            activation:
              activation && activation !== 'relu' ? { slope: parameters.get(activation.slope) } : activation,
            residual,
          },
          options,
        ),
      forward: (x, parameters) =>
        conv2d(x, parameters.get(weight.name), bias && parameters.get(bias.name), options),
    };
  },
};
