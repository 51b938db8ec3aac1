import marginSource from '../../../shaders/heads/adaptive_margin.wesl';
import finishSource from '../../../shaders/heads/c_contrastive_finish.wesl';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { agentHead } from './agent_head.ts';
import { cContrastiveReference } from './agent_losses.reference.ts';
import { type AgentOptions, agentDefaults, agentOptionNames, checkNumbers } from './agent_options.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import type { LossWithStatistics } from './statistics.ts';

const marginKernel = { name: 'adaptive_margin', source: marginSource };
const finishKernel = { name: 'c_contrastive_finish', source: finishSource };

/** Names as in the author's layer; the defaults are the paper's C-contrastive. */
export interface CContrastiveOptions extends AgentOptions {
  /** Positives nearer than this cost nothing (default 0). */
  positiveMargin?: number;
  /** M: negatives nearer than this cost (default 1); 0 leaves the center loss. */
  negativeMargin?: number;
  /** Most that max(0, D − positiveMargin) counts; farther positives have no gradient (default 4, the most there is on the sphere). */
  positiveOutlierThreshold?: number;
  /** Only the largest negative entry of each sample counts. */
  maxNegativeOnly?: boolean;
  /** Only one positive of the batch counts: the largest, or with `gradient: 'caffe'` the smallest. */
  maxPositiveOnly?: boolean;
  /** Negative entries are exp(−D) instead of M − D. */
  expNegativeWeight?: boolean;
  /** Only with `gradient: 'caffe'`: v, for which negative gradients are scaled down where their sum exceeds positiveWeight·v·n. */
  normalizeNegative?: number;
  /** Add the running mean of the positive entries to the negative margin: a tensor with that one number, updated by every call. */
  runningPositive?: Tensor;
  /** Most that the margin grows to with `runningPositive` (default 1.2). */
  maxNegativeMargin?: number;
}

const optionNames: OptionNames<CContrastiveOptions> = {
  ...agentOptionNames,
  positiveMargin: true,
  negativeMargin: true,
  positiveOutlierThreshold: true,
  maxNegativeOnly: true,
  maxPositiveOnly: true,
  expNegativeWeight: true,
  normalizeNegative: true,
  runningPositive: true,
  maxNegativeMargin: true,
};

/**
 * C-contrastive loss of features with agents (arXiv 1704.06369, equation 10), fused with the distances D_ij = ‖f̂_i − ŵ_j‖²:
 *
 *   loss = Σ_i ( min(T, max(0, D_{i,y_i} − m_p)) + Σ_{j≠y_i} max(0, M − D_ij) ) / n
 *
 * The statistics are the cosines to the agents and the mean entries, the negative one over samples and classes.
 *
 * @param features [n, d]; they are always normalised
 * @param weights [classes, d]: the agents
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function cContrastiveHead(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: CContrastiveOptions = {},
): LossWithStatistics {
  const operator = 'cContrastiveLoss';
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
    positiveMargin = 0,
    negativeMargin = 1,
    positiveOutlierThreshold = 4,
    maxNegativeOnly = false,
    maxPositiveOnly = false,
    expNegativeWeight = false,
    maxNegativeMargin = 1.2,
    normalizeNegative,
    runningPositive,
  } = { ...agentDefaults, ...options };
  const { device } = features;
  checkNumbers(operator, {
    positiveMargin,
    negativeMargin,
    positiveOutlierThreshold,
    maxNegativeMargin,
    positiveUpperBound,
    positiveWeight,
    negativeWeight,
    epsilon,
  });
  const caffe = gradient === 'caffe';
  checkArgument(
    normalizeNegative === undefined || (caffe && normalizeNegative > 0 && Number.isFinite(normalizeNegative)),
    operator,
    () =>
      `normalizeNegative must be a positive number, with gradient "caffe" only, not ${normalizeNegative} with "${gradient}"`,
  );
  check(
    !runningPositive || (runningPositive.dtype === 'f32' && runningPositive.size === 1),
    operator,
    () =>
      `runningPositive must be one f32, not ${formatShape(runningPositive!.shape)} ${runningPositive!.dtype}`,
  );
  let margin = device.constant(negativeMargin, [1]);
  if (runningPositive) {
    margin = device.empty([1]);
    device.within(operator, () =>
      device.dispatch({
        kernel: marginKernel,
        constants: { MARGIN: negativeMargin, MOST: maxNegativeMargin },
        bindings: { running: runningPositive, margin },
        grid: [1, 1, 1],
        cost: { flops: 2, bytes: 8 },
      }),
    );
  }
  return agentHead({
    operator,
    features,
    weights,
    labels,
    margin,
    negativeWeight,
    normaliseWeights,
    epsilon,
    shard,
    entry: { triplet: false, exponential: expNegativeWeight },
    finish: {
      kernel: finishKernel,
      constants: {
        POSITIVE_WEIGHT: positiveWeight,
        POSITIVE_MARGIN: positiveMargin,
        OUTLIER: positiveOutlierThreshold,
        BOUND: positiveUpperBound,
        LIMIT: normalizeNegative ?? 1,
      },
      conditions: {
        caffe,
        positive_first: positiveFirst,
        largest_negative: maxNegativeOnly,
        one_positive: maxPositiveOnly,
        limit: normalizeNegative !== undefined,
        adaptive: runningPositive !== undefined,
      },
      bindings: runningPositive ? { running: runningPositive } : {},
    },
  });
}

/** The loss of {@link cContrastiveHead} alone. */
export function cContrastiveLoss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: CContrastiveOptions = {},
): Tensor {
  return cContrastiveHead(features, weights, labels, options).loss;
}

export const cContrastiveLossOperator = defineOperator<CContrastiveOptions>({
  name: 'cContrastiveLoss',
  family: 'loss',
  apply: ([features, weights, labels], options) => cContrastiveLoss(features!, weights!, labels!, options),
  reference: ([features, weights, labels], options) =>
    cContrastiveReference(features!, weights!, labels!, options),
  cost: headCost,
  cases: [
    { inputs: headInputs(5, 7, 6), attributes: {} },
    { inputs: headInputs(2, 1, 4), attributes: {} },
    { inputs: headInputs(1, 3, 2), attributes: { negativeMargin: 3 } },
    { inputs: headInputs(67, 130, 37), attributes: { negativeMargin: 2 } },
    { inputs: headInputs(33, 65, 68, 'outliers'), attributes: { negativeMargin: 2.1 } },
    {
      inputs: headInputs(9, 11, 5),
      attributes: { negativeMargin: 2, positiveWeight: 0.5, negativeWeight: 3 },
    },
    { inputs: headInputs(12, 11, 5), attributes: { positiveMargin: 1.1, positiveOutlierThreshold: 1.3 } },
    { inputs: headInputs(9, 40, 5), attributes: { maxNegativeOnly: true } },
    { inputs: headInputs(9, 10, 5), attributes: { maxPositiveOnly: true } },
    { inputs: headInputs(9, 40, 5), attributes: { positiveFirst: true, positiveUpperBound: 2 } },
    { inputs: headInputs(9, 40, 5), attributes: { expNegativeWeight: true, negativeWeight: 2 } },
    { inputs: headInputs(6, 9, 5), attributes: { negativeMargin: 2.5, normaliseWeights: false } },
    { inputs: headInputs(6, 9, 5), attributes: { negativeMargin: 0 } },
    { inputs: headInputs(9, 11, 5, 'extremeRows'), attributes: { negativeMargin: 1.5 } },
    { inputs: headInputs(5, 8, 515, 'extremeRows'), attributes: { negativeMargin: 1.5 } },
    {
      inputs: headInputs(9, 11, 5).map((input, i) => (i === 0 ? { ...input, kind: 'extremeRows' } : input)),
      attributes: { negativeMargin: 4, normaliseWeights: false },
    },
    // ε as large as the squared norms.
    { inputs: headInputs(6, 9, 5), attributes: { negativeMargin: 2, epsilon: 3 } },
    {
      inputs: headInputs(6, 9, 5),
      attributes: { negativeMargin: 4, epsilon: 3, normaliseWeights: false },
    },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 5] }, { shape: [2], kind: 'labels', classes: 4 }],
      attributes: {},
      message: /cContrastiveLoss: .*features \[2, 3\], weights \[4, 5\]/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { negativeMargin: Number.NaN },
      message: /cContrastiveLoss: negativeMargin must be a number from 0, not NaN/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { normalizeNegative: 1 },
      message: /cContrastiveLoss: normalizeNegative .*"caffe" only, not 1 with "exact"/,
    },
  ],
});
