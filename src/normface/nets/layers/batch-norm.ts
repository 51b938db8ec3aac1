import { batchNorm } from '../../../engine/ops/norm/batch_norm.ts';
import type { LayerParameter, PlannedLayer, SampleShape } from '../layer.ts';

/** Batch normalisation of each channel, with a learnt scale and shift that do not decay. */
export interface BatchNormLayer {
  readonly kind: 'batchNorm';
  readonly name: string;
  /** Share of the batch in the running statistics, 0 to 1. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** The running statistics are frozen parameters: no optimiser changes them, and checkpoints hold them. */
export function planBatchNorm(layer: BatchNormLayer, input: SampleShape): PlannedLayer {
  const { name, momentum, epsilon } = layer;
  const parameter = (suffix: string, constant: number, more: Partial<LayerParameter>): LayerParameter => ({
    name: `${name}.${suffix}`,
    shape: [input.at(-1)!],
    initial: { constant },
    fanIn: 1,
    ...more,
  });
  const gamma = parameter('gamma', 1, { decayMultiplier: 0 });
  const beta = parameter('beta', 0, { decayMultiplier: 0 });
  const mean = parameter('runningMean', 0, { frozen: true });
  const variance = parameter('runningVariance', 1, { frozen: true });
  return {
    output: input,
    macs: 0,
    parameters: [gamma, beta, mean, variance],
    forward: (x, parameters, { training }) =>
      batchNorm(
        x,
        parameters.get(gamma.name),
        parameters.get(beta.name),
        { mean: parameters.get(mean.name), variance: parameters.get(variance.name) },
        { training, momentum, epsilon },
      ),
  };
}
