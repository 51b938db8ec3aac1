import { batchNorm as normalise } from '../../../engine/ops/norm/batch_norm.ts';
import type { LayerKind, LayerParameter } from '../layer.ts';
import { expect, isNumber, trueOrFalse } from '../setting.ts';

/** Batch normalisation of each channel, with a learnt scale and shift that do not decay. */
export interface BatchNormLayer {
  readonly kind: 'batchNorm';
  readonly name: string;
  /** Share of the batch in the running statistics, 0 to 1. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether the scale is learnt; false: it stays 1. Default true. */
  readonly scale?: boolean;
}

/** The running statistics are frozen parameters: no optimiser changes them, and checkpoints hold them. */
export const batchNorm: LayerKind<BatchNormLayer> = {
  required: {},
  optional: {
    momentum: expect('a number from 0 to 1', (share) => isNumber(share) && share >= 0 && share <= 1),
    epsilon: expect('a number above 0', (epsilon) => isNumber(epsilon) && epsilon > 0),
    scale: trueOrFalse,
  },
  plan(layer, input) {
    const { name, momentum, epsilon, scale = true } = layer;
    const parameter = (suffix: string, constant: number, more: Partial<LayerParameter>): LayerParameter => ({
      name: `${name}.${suffix}`,
      shape: [input.at(-1)!],
      initial: { constant },
      fanIn: 1,
      ...more,
    });
    const gamma = parameter('gamma', 1, scale ? { decayMultiplier: 0 } : { frozen: true });
    const beta = parameter('beta', 0, { decayMultiplier: 0 });
    const mean = parameter('runningMean', 0, { frozen: true });
    const variance = parameter('runningVariance', 1, { frozen: true });
    return {
      output: input,
      macs: 0,
      parameters: [gamma, beta, mean, variance],
      forward: (x, parameters, { training, ranks, still }) =>
        normalise(
          x,
          parameters.get(gamma.name),
          parameters.get(beta.name),
          { mean: parameters.get(mean.name), variance: parameters.get(variance.name) },
          {
            training: training && !still?.has(mean.name) && !still?.has(variance.name),
            momentum,
            epsilon,
            ranks,
          },
        ),
    };
  },
};
