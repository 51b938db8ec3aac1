import backwardPartialSource from '../../../shaders/norm/batch_norm_backward_partial.wesl';
import forwardSource from '../../../shaders/norm/batch_norm_forward.wesl';
import gradInputSource from '../../../shaders/norm/batch_norm_grad_input.wesl';
import inverseDeviationSource from '../../../shaders/norm/batch_norm_inverse_deviation.wesl';
import partialSource from '../../../shaders/norm/batch_norm_partial.wesl';
import statisticsSource from '../../../shaders/norm/batch_norm_statistics.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Communicator } from '../../distributed/communicator.ts';
import { elementGrid, rowChunkGrid } from '../../tuning/grid.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { batchNormReference } from './batch_norm.reference.ts';
import { type SharedRows, statisticsOfRanks, sumsOfRanks } from './batch_norm_ranks.ts';

const forwardKernel = { name: 'batch_norm_forward', source: forwardSource };
const gradInputKernel = { name: 'batch_norm_grad_input', source: gradInputSource };
const backwardPartialKernel = { name: 'batch_norm_backward_partial', source: backwardPartialSource };
const inverseDeviationKernel = { name: 'batch_norm_inverse_deviation', source: inverseDeviationSource };
const partialKernel = { name: 'batch_norm_partial', source: partialSource };
const statisticsKernel = { name: 'batch_norm_statistics', source: statisticsSource };

/** Averages over past batches, [channels] each. Tensors with contents of their own: training changes them in place. */
export interface RunningStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** What is added to variances where nothing else is said. */
export const defaultEpsilon = 1e-5;

/** Options of batch normalisation. */
export interface BatchNormOptions {
  /** true normalises with the statistics of the batch and moves the running ones; false uses the running ones. */
  readonly training: boolean;
  /** Share of the batch in the running statistics, 0 to 1. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance, larger than 0. Default 1e-5. */
  readonly epsilon?: number;
  /** In training, statistics of the rows of all these ranks, in captured steps only. Default: this one's. */
  readonly ranks?: Communicator | null;
}

const optionNames: OptionNames<BatchNormOptions> = {
  training: true,
  momentum: true,
  epsilon: true,
  ranks: true,
};

/** What normalisation needs of each channel. In training the offset of the mean is relative to the first row of x. */
interface ChannelStatistics {
  readonly offset: Tensor;
  readonly inverseDeviation: Tensor;
  /** Where the rows are those of several ranks. */
  readonly shared?: SharedRows;
}

/**
 * Batch normalisation of each channel over all other dimensions (Ioffe & Szegedy 2015): y = gamma·(x − mean)/√(variance + ε) +
 * beta. The variance is the biased one; the running variance averages unbiased ones.
 *
 * @param x [..., channels]; in training at least two rows
 * @param gamma [channels]
 * @param beta [channels]
 * @throws ArgumentError if shapes or options do not fit
 */
export function batchNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  running: RunningStatistics,
  options: BatchNormOptions,
): Tensor {
  checkOperands('batchNorm', x, gamma, beta, running.mean, running.variance);
  checkOptionNames('batchNorm', options, optionNames);
  const { training, momentum = 0.1, epsilon = defaultEpsilon, ranks = null } = options;
  const channels = x.shape.at(-1) ?? 1;
  const perChannel = {
    gamma,
    beta,
    'the running mean': running.mean,
    'the running variance': running.variance,
  };
  for (const [name, { shape }] of Object.entries(perChannel)) {
    check(
      shape.length === 1 && shape[0] === channels,
      'batchNorm',
      () =>
        `x ${formatShape(x.shape)} has ${channels} channels, so ${name} must be [${channels}], not ${formatShape(shape)}`,
    );
  }
  check(isReal(x.dtype), 'batchNorm', () => `x must be f32 or f16, not ${x.dtype}`);
  for (const [name, { dtype }] of Object.entries(perChannel))
    check(dtype === 'f32', 'batchNorm', () => `${name} must be f32, not ${dtype}`);
  checkArgument(
    momentum >= 0 && momentum <= 1 && epsilon > 0,
    'batchNorm',
    () => `momentum must be from 0 to 1 and epsilon larger than 0, not ${momentum} and ${epsilon}`,
  );
  check(
    !training || x.size >= 2 * channels || (ranks !== null && x.size >= channels),
    'batchNorm',
    () => `training needs at least two values per channel, and x ${formatShape(x.shape)} has one`,
  );
  const { device } = x;
  const { grid, constants, conditions } = rowChunkGrid(device, x.size / channels, channels, false);
  const y = device.empty(x.shape, x.dtype);
  const statistics = device.within('batchNorm', () => {
    const found = training
      ? batchStatistics(x, running, momentum, epsilon, ranks)
      : { offset: running.mean, inverseDeviation: inverseDeviation(running.variance, epsilon) };
    device.dispatch({
      kernel: forwardKernel,
      grid,
      constants,
      conditions: { ...conditions, batch: training },
      bindings: { x, offset: found.offset, inverse_deviation: found.inverseDeviation, gamma, beta, y },
      cost: { flops: 4 * x.size, bytes: 8 * x.size },
    });
    return found;
  });
  return record(y, {
    operator: 'batchNorm',
    inputs: [x, gamma, beta],
    backward: (dy, into) => {
      // In training the gradient of x needs those of gamma and beta, whether or not these are learnt.
      const dgamma = gamma.requiresGradient ? into(1) : device.empty([channels]);
      const dbeta = beta.requiresGradient ? into(2) : device.empty([channels]);
      if (training || gamma.requiresGradient || beta.requiresGradient)
        gradGammaBeta(x, dy, statistics, training, dgamma, dbeta);
      const { shared } = statistics;
      const sums: Sums = shared && ranks ? sumsOfRanks([dgamma, dbeta], shared, ranks) : [dgamma, dbeta];
      return [
        x.requiresGradient ? gradInput(x, dy, gamma, statistics, training, sums, into(0)) : null,
        gamma.requiresGradient ? dgamma : null,
        beta.requiresGradient ? dbeta : null,
      ];
    },
  });
}

/** Σ dy·x̂ and Σ dy over the rows, [channels] each. */
type Sums = readonly [gamma: Tensor, beta: Tensor];

function batchStatistics(
  x: Tensor,
  running: RunningStatistics,
  momentum: number,
  epsilon: number,
  ranks: Communicator | null,
): ChannelStatistics {
  const { device } = x;
  const channels = running.mean.size;
  const { rowChunks, grid, constants, conditions } = rowChunkGrid(device, x.size / channels, channels);
  const partialMean = device.empty([rowChunks, channels]);
  const partialSquares = device.empty([rowChunks, channels]);
  device.dispatch({
    kernel: partialKernel,
    constants,
    conditions,
    bindings: { x, partial_mean: partialMean, partial_squares: partialSquares },
    grid,
    cost: { flops: 4 * x.size, bytes: 4 * x.size },
  });
  const offset = device.empty([channels]);
  const inverse = device.empty([channels]);
  if (ranks) {
    const partial = {
      mean: partialMean,
      squares: partialSquares,
      chunkRows: Math.ceil(constants.ROWS / rowChunks),
    };
    const settings = { momentum, epsilon, ranks };
    const shared = statisticsOfRanks(x, partial, running, settings, offset, inverse);
    return { offset, inverseDeviation: inverse, shared };
  }
  device.dispatch({
    kernel: statisticsKernel,
    constants: { ...constants, MOMENTUM: momentum, EPSILON: epsilon },
    conditions,
    bindings: {
      x,
      partial_mean: partialMean,
      partial_squares: partialSquares,
      offset,
      inverse_deviation: inverse,
      running_mean: running.mean,
      running_variance: running.variance,
    },
    grid: [Math.ceil(constants.COLUMNS / constants.WORKGROUP), 1, 1],
    cost: { flops: 10 * rowChunks * channels, bytes: 8 * rowChunks * channels },
  });
  return { offset, inverseDeviation: inverse };
}

function inverseDeviation(variance: Tensor, epsilon: number): Tensor {
  const { grid, constants, conditions } = elementGrid(variance.device, variance.size);
  const inverse = variance.device.empty(variance.shape);
  variance.device.dispatch({
    kernel: inverseDeviationKernel,
    constants: { ...constants, EPSILON: epsilon },
    conditions,
    bindings: { variance, inverse_deviation: inverse },
    grid,
    cost: { flops: 3 * variance.size, bytes: 8 * variance.size },
  });
  return inverse;
}

function gradGammaBeta(
  x: Tensor,
  dy: Tensor,
  { offset, inverseDeviation }: ChannelStatistics,
  training: boolean,
  dgamma: Tensor,
  dbeta: Tensor,
): void {
  const channels = offset.size;
  const { rowChunks, grid, constants, conditions } = rowChunkGrid(x.device, x.size / channels, channels);
  const partialGamma = x.device.empty([rowChunks, channels]);
  const partialBeta = x.device.empty([rowChunks, channels]);
  x.device.dispatch({
    kernel: backwardPartialKernel,
    constants,
    conditions: { ...conditions, batch: training },
    bindings: {
      x,
      dy,
      offset,
      inverse_deviation: inverseDeviation,
      partial_gamma: partialGamma,
      partial_beta: partialBeta,
    },
    grid,
    cost: { flops: 5 * x.size, bytes: 8 * x.size },
  });
  sumRows(partialGamma, rowChunks, channels, dgamma);
  sumRows(partialBeta, rowChunks, channels, dbeta);
}

function gradInput(
  x: Tensor,
  dy: Tensor,
  gamma: Tensor,
  { offset, inverseDeviation }: ChannelStatistics,
  training: boolean,
  [dgamma, dbeta]: Sums,
  dx: Tensor,
): Tensor {
  const { grid, constants, conditions } = rowChunkGrid(x.device, x.size / gamma.size, gamma.size, false);
  const batch: Record<string, Tensor> = training ? { x, offset, dgamma, dbeta } : {};
  x.device.dispatch({
    kernel: gradInputKernel,
    grid,
    constants,
    conditions: { ...conditions, batch: training },
    bindings: { dy, inverse_deviation: inverseDeviation, gamma, dx, ...batch },
    cost: { flops: (training ? 6 : 1) * x.size, bytes: (training ? 12 : 8) * x.size },
  });
  return dx;
}

const perChannel = (channels: number): InputSpec[] => [
  { shape: [channels] },
  { shape: [channels] },
  { shape: [channels], differentiable: false },
  { shape: [channels], kind: 'positive', differentiable: false },
];

export const batchNormOperator = defineOperator<BatchNormOptions>({
  name: 'batchNorm',
  family: 'normalisation',
  apply: ([x, gamma, beta, mean, variance], options) =>
    batchNorm(x!, gamma!, beta!, { mean: mean!, variance: variance! }, options),
  reference: ([x, gamma, beta, mean, variance], options) =>
    batchNormReference(x!, gamma!, beta!, mean!, variance!, options),
  cost: ([shape], { training }) => ({
    flops: (training ? 8 : 4) * elementCount(shape!),
    bytes: (training ? 12 : 8) * elementCount(shape!),
  }),
  cases: [
    { inputs: [{ shape: [70, 8] }, ...perChannel(8)], attributes: { training: true } },
    { inputs: [{ shape: [70, 8] }, ...perChannel(8)], attributes: { training: false } },
    { inputs: [{ shape: [2, 3, 5, 7] }, ...perChannel(7)], attributes: { training: true } },
    { inputs: [{ shape: [601, 33], kind: 'outliers' }, ...perChannel(33)], attributes: { training: true } },
    {
      inputs: [{ shape: [2, 1], scale: 0.05 }, ...perChannel(1)],
      attributes: { training: true, epsilon: 1e-3, momentum: 1 },
    },
    {
      inputs: [{ shape: [2, 3, 5, 7], kind: 'outliers' }, ...perChannel(7)],
      attributes: { training: false },
    },
    { inputs: [{ shape: [1] }, ...perChannel(1)], attributes: { training: false, epsilon: 1 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [4, 3] }, ...perChannel(2)],
      attributes: { training: true },
      message: /batchNorm: x \[4, 3\] has 3 channels, so gamma must be \[3\], not \[2\]/,
    },
    {
      inputs: [{ shape: [4, 3] }, ...perChannel(3).slice(0, 3), { shape: [3, 1] }],
      attributes: { training: true },
      message: /batchNorm: .*the running variance must be \[3\], not \[3, 1\]/,
    },
    {
      inputs: [{ shape: [1, 3] }, ...perChannel(3)],
      attributes: { training: true },
      message: /batchNorm: training needs at least two values per channel, and x \[1, 3\] has one/,
    },
    {
      inputs: [{ shape: [2, 4], kind: 'pixels' }, ...perChannel(4)],
      attributes: { training: false },
      message: /batchNorm: x must be f32 or f16, not rgba8/,
    },
    {
      inputs: [{ shape: [4, 3] }, ...perChannel(3)],
      attributes: { training: true, epsilon: 0 },
      message: /batchNorm: momentum .*epsilon larger than 0, not 0\.1 and 0/,
    },
  ],
});
