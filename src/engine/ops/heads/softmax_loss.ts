import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defaultEpsilon } from '../norm/l2_normalise.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import { scoreMatrix } from './class_scores.reference.ts';
import { crossEntropyReference } from './cross_entropy.reference.ts';
import { type SharedHeadOptions, softmaxHead } from './softmax_head.ts';
import type { LossWithStatistics } from './statistics.ts';

/** Options of the softmax over inner products. */
export interface SoftmaxLossOptions extends SharedHeadOptions {
  /** [classes] f32, default none. */
  readonly bias?: Tensor | null;
}

const optionNames: OptionNames<SoftmaxLossOptions> = {
  bias: true,
  classesInUse: true,
  shard: true,
  labelSmoothing: true,
};

/**
 * Plain softmax cross-entropy of a linear classifier, fused with it: the logits x·wᵀ + b are never written.
 *
 *   loss = mean_i( log Σ_j exp z_ij − z_{i,y_i} ),   z_ij = ⟨f_i, w_j⟩ + b_j
 *
 * The statistics are the cosines, and 1 as the scale.
 *
 * @param features [n, d]
 * @param weights [classes, d]
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ShapeError if the shapes or types do not fit
 */
export function softmaxLossHead(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: SoftmaxLossOptions = {},
): LossWithStatistics {
  const operator = 'softmaxLoss';
  checkOptionNames(operator, options, optionNames);
  const { bias = null, classesInUse, shard = null, labelSmoothing } = options;
  checkHead(operator, features, weights, labels, { bias, classesInUse, shard });
  return softmaxHead({
    operator,
    features,
    weights,
    bias,
    labels,
    scale: features.device.constant(1, [1]),
    floor: 0,
    normaliseFeatures: false,
    normaliseWeights: false,
    epsilon: defaultEpsilon,
    classesInUse,
    shard,
    labelSmoothing,
  });
}

/** The loss of {@link softmaxLossHead} alone. */
export function softmaxLoss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: SoftmaxLossOptions = {},
): Tensor {
  return softmaxLossHead(features, weights, labels, options).loss;
}

export const softmaxLossOperator = defineOperator<Pick<SoftmaxLossOptions, 'labelSmoothing'>>({
  name: 'softmaxLoss',
  family: 'loss',
  apply: ([features, weights, labels, bias], options) =>
    softmaxLoss(features!, weights!, labels!, { ...options, bias: bias ?? null }),
  reference: ([features, weights, labels, bias], { labelSmoothing }) => {
    const scores = scoreMatrix(features!, weights!, { normaliseFeatures: false, normaliseWeights: false });
    return crossEntropyReference(
      scores.map((row) => row.map((score, j) => score + (bias ? bias.data[j]! : 0))),
      labels!,
      labelSmoothing,
    );
  },
  cost: headCost,
  cases: [
    { inputs: headInputs(5, 7, 6), attributes: {} },
    { inputs: headInputs(1, 1, 1), attributes: {} },
    { inputs: [...headInputs(6, 10, 5), { shape: [10] }], attributes: {} },
    { inputs: [...headInputs(70, 131, 36), { shape: [131], kind: 'outliers' }], attributes: {} },
    { inputs: headInputs(65, 33, 31, 'outliers'), attributes: {} },
    { inputs: [...headInputs(6, 10, 5), { shape: [10] }], attributes: { labelSmoothing: 0.1 } },
  ],
  misuses: [
    {
      inputs: [...headInputs(2, 4, 3), { shape: [3] }],
      attributes: {},
      message: /softmaxLoss: bias must be \[4\], not \[3\]/,
    },
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 3] }, { shape: [2] }],
      attributes: {},
      message: /softmaxLoss: labels must be \[2\] u32, not \[2\] f32/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { labelSmoothing: 1 },
      message: /softmaxLoss: labelSmoothing must be a number from 0 to below 1, not 1/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { labelSmoothing: Number.NaN },
      message: /labelSmoothing must be .*, not NaN/,
    },
  ],
});
