import finishSource from '../../../shaders/heads/c_triplet_finish.wesl';
import { check, formatShape } from '../../core/errors.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { agentHead } from './agent_head.ts';
import { cTripletReference } from './agent_losses.reference.ts';
import { type AgentOptions, agentDefaults, agentOptionNames, checkNumbers } from './agent_options.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import type { LossWithStatistics } from './statistics.ts';

const finishKernel = { name: 'c_triplet_finish', source: finishSource };

/** Names as in the author's layer; the defaults are the released head's. */
export interface CTripletOptions extends AgentOptions {
  /** M (default 0.8). */
  margin?: number;
  /** Add positiveWeight·D_{i,y_i} to the loss of every sample: "C-triplet + center" (default true). */
  addCenterLoss?: boolean;
  /** Only the negative with the largest entry counts (default true). */
  hardestOnly?: boolean;
  /** [n] f32: a factor for every sample; with `gradient: 'caffe'` for its gradient only. */
  sampleWeights?: Tensor;
}

const optionNames: OptionNames<CTripletOptions> = {
  ...agentOptionNames,
  margin: true,
  addCenterLoss: true,
  hardestOnly: true,
  sampleWeights: true,
};

/**
 * C-triplet loss of features with agents (arXiv 1704.06369, equation 11), fused with the distances D_ij = ‖f̂_i − ŵ_j‖²:
 *
 *   loss = Σ_i ( Σ_{k≠y_i} w_n·max(0, M + D_{i,y_i} − D_ik) + w_p·D_{i,y_i} ) / n
 *
 * with only the largest of the sum over k with `hardestOnly`, and the last term with `addCenterLoss`. `gradient: 'caffe'` leaves
 * that term out of the loss but not of the gradient, and pulls to the own agent by w_p once, however many negatives are active.
 * The statistics are the cosines to the agents, the mean negative entry over samples and classes, and as positive entry the mean of
 * D_{i,y_i}.
 *
 * @param features [n, d]; they are always normalised
 * @param weights [classes, d]: the agents
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function cTripletHead(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: CTripletOptions = {},
): LossWithStatistics {
  const operator = 'cTripletLoss';
  checkOptionNames(operator, options, optionNames);
  checkHead(operator, features, weights, labels, { shard: options.shard });
  const {
    gradient,
    epsilon,
    shard,
    normaliseWeights,
    positiveWeight,
    negativeWeight,
    positiveFirst,
    positiveUpperBound,
    margin = 0.8,
    addCenterLoss = true,
    hardestOnly = true,
    sampleWeights,
  } = { ...agentDefaults, ...options };
  checkNumbers(operator, { margin, positiveWeight, negativeWeight, positiveUpperBound, epsilon });
  check(
    !sampleWeights ||
      (sampleWeights.dtype === 'f32' &&
        sampleWeights.shape.length === 1 &&
        sampleWeights.size === features.shape[0]),
    operator,
    () =>
      `sampleWeights must be [${features.shape[0]}] f32, not ${formatShape(sampleWeights!.shape)} ${sampleWeights!.dtype}`,
  );
  return agentHead({
    operator,
    features,
    weights,
    labels,
    margin: features.device.constant(margin, [1]),
    negativeWeight,
    normaliseWeights,
    epsilon,
    shard,
    entry: { triplet: true, exponential: false },
    finish: {
      kernel: finishKernel,
      constants: { POSITIVE_WEIGHT: positiveWeight, BOUND: positiveUpperBound },
      conditions: {
        caffe: gradient === 'caffe',
        center: addCenterLoss,
        hardest: hardestOnly,
        positive_first: positiveFirst,
        weighted: sampleWeights !== undefined,
      },
      bindings: sampleWeights ? { sample_weights: sampleWeights } : {},
    },
  });
}

/** The loss of {@link cTripletHead} alone. */
export function cTripletLoss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: CTripletOptions = {},
): Tensor {
  return cTripletHead(features, weights, labels, options).loss;
}

export const cTripletLossOperator = defineOperator<CTripletOptions>({
  name: 'cTripletLoss',
  family: 'loss',
  apply: ([features, weights, labels, sampleWeights], options) =>
    cTripletLoss(features!, weights!, labels!, sampleWeights ? { ...options, sampleWeights } : options),
  reference: ([features, weights, labels, sampleWeights], options) =>
    cTripletReference(features!, weights!, labels!, options, sampleWeights),
  cost: headCost,
  cases: [
    { inputs: headInputs(5, 7, 6), attributes: {} },
    { inputs: headInputs(2, 1, 4), attributes: {} },
    { inputs: headInputs(5, 7, 6), attributes: { addCenterLoss: false } },
    { inputs: headInputs(6, 13, 5), attributes: { addCenterLoss: false, hardestOnly: false } },
    { inputs: headInputs(67, 130, 37), attributes: { hardestOnly: false } },
    { inputs: headInputs(33, 65, 68, 'outliers'), attributes: {} },
    {
      inputs: headInputs(9, 11, 5),
      attributes: { margin: 0.2, hardestOnly: false, positiveWeight: 0.5, negativeWeight: 3 },
    },
    { inputs: headInputs(9, 11, 5), attributes: { positiveFirst: true, positiveUpperBound: 2 } },
    { inputs: headInputs(6, 9, 5), attributes: { hardestOnly: false, normaliseWeights: false } },
    { inputs: headInputs(9, 11, 5, 'extremeRows'), attributes: { hardestOnly: false } },
    {
      // Two classes: a row of zeros is equally far from all others, of which none would be the hardest.
      inputs: headInputs(9, 2, 5).map((input, i) => (i === 1 ? { ...input, kind: 'extremeRows' } : input)),
      attributes: {},
      // The pulls of the two agents on a feature cancel in some elements, to 0 in float64 and to a rounding in f32, which no scale
      // of the element's own allows.
      tolerance: { scaledBackward: Number.POSITIVE_INFINITY },
    },
    // ε as large as the squared norms.
    { inputs: headInputs(6, 9, 5), attributes: { hardestOnly: false, epsilon: 3 } },
    {
      inputs: [...headInputs(6, 9, 5), { shape: [6], kind: 'positive', differentiable: false }],
      attributes: { hardestOnly: false },
    },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 5] }, { shape: [2], kind: 'labels', classes: 4 }],
      attributes: {},
      message: /cTripletLoss: .*features \[2, 3\], weights \[4, 5\]/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: -1 },
      message: /cTripletLoss: margin must be a number from 0, not -1/,
    },
    {
      inputs: [...headInputs(2, 4, 3), { shape: [3] }],
      attributes: {},
      message: /cTripletLoss: sampleWeights must be \[2\] f32, not \[3\] f32/,
    },
  ],
});
