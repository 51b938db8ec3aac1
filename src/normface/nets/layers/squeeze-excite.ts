import { multiply } from '../../../engine/ops/elementwise/multiply.ts';
import { reshape } from '../../../engine/ops/shape/reshape.ts';
import { type Initial, initial } from '../initial.ts';
import { type AnyLayer, forwardAll, type LayerKind } from '../layer.ts';
import { bias as biasSetting, oneOf, wholeNumber } from '../setting.ts';
import type { PReluLayer, ReluLayer, SigmoidLayer } from './activation.ts';
import type { FullyConnectedLayer } from './fully-connected.ts';
import { imageExtents } from './image.ts';
import type { GlobalAveragePoolLayer } from './pool.ts';

/**
 * Weighs each channel by a number between 0 and 1 that follows from the means of all channels: x · σ(W₂ δ(W₁ mean(x))), with a ReLU
 * or PReLU δ (squeeze and excitation; Hu et al., arXiv 1709.01507, equations 2 to 4).
 */
export interface SqueezeExciteLayer {
  readonly kind: 'squeezeExcite';
  readonly name: string;
  /** How many times fewer numbers are between W₁ and W₂ than there are channels, rounded down to at least one. Default 16. */
  readonly reduction?: number;
  /** δ. Default relu. */
  readonly activation?: 'relu' | 'prelu';
  /** Of both fully connected layers: whether there is a bias, or what it starts from. Default true, starting from 0. */
  readonly bias?: boolean | number;
  /** Of W₁ and W₂; default xavier. */
  readonly init?: Initial;
}

export const squeezeExcite: LayerKind<SqueezeExciteLayer> = {
  required: {},
  optional: {
    reduction: wholeNumber(1),
    activation: oneOf('relu', 'prelu'),
    bias: biasSetting,
    init: initial,
  },
  plan({ kind, name, reduction = 16, activation = 'relu', bias, init }, input, planSequence) {
    const [, , channels] = imageExtents(kind, input);
    const fullyConnected = (part: string, outputs: number): FullyConnectedLayer => ({
      kind: 'fullyConnected',
      name: `${name}.${part}`,
      outputs,
      bias,
      init,
    });
    const layers: readonly (AnyLayer &
      (GlobalAveragePoolLayer | FullyConnectedLayer | ReluLayer | PReluLayer | SigmoidLayer))[] = [
      { kind: 'globalAveragePool', name: `${name}.squeeze` },
      fullyConnected('reduce', Math.max(1, Math.floor(channels / reduction))),
      { kind: activation, name: `${name}.activation` },
      fullyConnected('expand', channels),
      { kind: 'sigmoid', name: `${name}.gate` },
    ];
    const inner = planSequence(layers, input, 'squeezeExcite');
    return {
      output: input,
      macs: 0,
      parameters: [],
      inner,
      forward(x, parameters, mode) {
        const weights = forwardAll(inner, x, parameters, mode);
        return multiply(x, reshape(weights, [x.shape[0]!, 1, 1, channels]));
      },
    };
  },
};
