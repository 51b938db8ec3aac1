import { checkArgument } from '../../core/errors.ts';
import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { checkEpsilon, defaultEpsilon } from '../norm/l2_normalise.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import { scoreMatrix } from './class_scores.reference.ts';
import { crossEntropyReference } from './cross_entropy.reference.ts';
import { defaultFloor, logitScale } from './logit_scale.ts';
import { type SharedHeadOptions, softmaxHead } from './softmax_head.ts';
import type { LossWithStatistics } from './statistics.ts';

/** Options of the softmax over scaled cosines. */
export interface CosineSoftmaxOptions extends SharedHeadOptions {
  /**
   * s: a positive number, or one f32 in a tensor, learnt if it requires a gradient. Its gradient is that of the unclamped scale, so that
   * it can leave the floor.
   */
  scale: Tensor | number;
  /** Added to squared norms, inside the root (default 1e-12). */
  epsilon?: number;
  /** Least scale; a learnt one that falls below is set to it (default 0.01, as in NormFace's head). */
  floor?: number;
  /**
   * AdaCos (arXiv 1905.00292): before the logits are made, the scale becomes that of the batch, s ← log B / max(√½, c_med), at least
   * `floor`, with B = mean_i Σ_{k≠y_i} exp(s·cos θ_ik) and c_med the cosine of the median angle to the own class (the lower of the
   * middle two). `scale` must be a tensor without gradient, which keeps s from call to call (default false).
   */
  adaptive?: boolean;
  /** false: the logits are s·⟨f, ŵ⟩ (default true). */
  normaliseFeatures?: boolean;
  /** false: the logits are s·⟨f̂, w⟩, for weights that are normalised elsewhere or not at all (default true). */
  normaliseWeights?: boolean;
}

const optionNames: OptionNames<CosineSoftmaxOptions> = {
  scale: true,
  epsilon: true,
  floor: true,
  adaptive: true,
  normaliseFeatures: true,
  normaliseWeights: true,
  classesInUse: true,
  shard: true,
  labelSmoothing: true,
};

/**
 * Scaled-cosine softmax cross-entropy, NormFace's loss (arXiv 1704.06369, section 3.3, equation 6), fused: neither logits nor normalised class weights are written.
 *
 *   loss = mean_i( log Σ_j exp z_ij − z_{i,y_i} ),   z_ij = s·⟨f_i, w_j⟩ / (‖f_i‖ ‖w_j‖)
 *
 * The statistics are the cosines and the scale s.
 *
 * @param features [n, d]
 * @param weights [classes, d]
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function cosineSoftmaxHead(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: CosineSoftmaxOptions,
): LossWithStatistics {
  const operator = 'cosineSoftmaxLoss';
  checkOptionNames(operator, options, optionNames);
  const {
    scale,
    epsilon = defaultEpsilon,
    floor = defaultFloor,
    adaptive = false,
    normaliseFeatures = true,
    normaliseWeights = true,
    classesInUse,
    shard = null,
    labelSmoothing,
  } = options;
  checkHead(operator, features, weights, labels, { classesInUse, shard });
  checkEpsilon(operator, epsilon);
  const tensor = logitScale(operator, features, scale, floor);
  checkArgument(
    !adaptive || (scale instanceof Tensor && !scale.requiresGradient),
    operator,
    () => 'an adaptive scale must be in a tensor that requires no gradient',
  );
  return softmaxHead({
    operator,
    features,
    weights,
    bias: null,
    labels,
    scale: tensor,
    floor,
    adaptive,
    normaliseFeatures,
    normaliseWeights,
    epsilon,
    classesInUse,
    shard,
    labelSmoothing,
  });
}

/** The loss of {@link cosineSoftmaxHead} alone. */
export function cosineSoftmaxLoss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: CosineSoftmaxOptions,
): Tensor {
  return cosineSoftmaxHead(features, weights, labels, options).loss;
}

const withoutGradient = (input: InputSpec): InputSpec => ({ ...input, differentiable: false });

interface Attributes extends Omit<CosineSoftmaxOptions, 'scale' | 'classesInUse'> {
  /** Where it is not a fourth input. */
  scale?: number;
  classesInUse?: number;
}

export const cosineSoftmaxLossOperator = defineOperator<Attributes>({
  name: 'cosineSoftmaxLoss',
  family: 'loss',
  apply: ([features, weights, labels, learnt], { scale, classesInUse, ...options }) =>
    cosineSoftmaxLoss(features!, weights!, labels!, {
      ...options,
      scale: learnt ?? scale!,
      ...(classesInUse ? { classesInUse: runtimeOf(features!.device).uniform([classesInUse]) } : {}),
    }),
  reference: ([features, weights, labels, learnt], { scale, classesInUse, labelSmoothing, ...options }) => {
    const s = learnt ? learnt.data[0]! : scale!;
    const scores = scoreMatrix(features!, weights!, options);
    return crossEntropyReference(
      scores.map((row) => row.slice(0, classesInUse).map((score) => s * score)),
      labels!,
      labelSmoothing,
    );
  },
  cost: headCost,
  cases: [
    { inputs: headInputs(5, 7, 6), attributes: { scale: 10 } },
    // One class: the loss and its gradients are zero, which leaves nothing to measure an error against.
    { inputs: headInputs(1, 1, 1).map(withoutGradient), attributes: { scale: 2 } },
    { inputs: headInputs(3, 1, 4).map(withoutGradient), attributes: { scale: 30 } },
    { inputs: [...headInputs(1, 33, 3), { shape: [1], kind: 'positive', scale: 10 }], attributes: {} },
    { inputs: [...headInputs(67, 130, 37), { shape: [1], kind: 'positive', scale: 8 }], attributes: {} },
    { inputs: headInputs(33, 65, 68, 'outliers'), attributes: { scale: 64 } },
    { inputs: headInputs(9, 11, 5, 'extremeRows'), attributes: { scale: 10 } },
    { inputs: headInputs(5, 8, 515, 'extremeRows'), attributes: { scale: 10 } },
    { inputs: headInputs(9, 40, 20), attributes: { scale: 4, normaliseFeatures: false } },
    { inputs: headInputs(9, 40, 20), attributes: { scale: 4, normaliseWeights: false } },
    { inputs: headInputs(4, 5, 8), attributes: { scale: 5, epsilon: 0.5 } },
    {
      inputs: headInputs(9, 40, 5).map((input, i) => (i === 2 ? { ...input, classes: 20 } : input)),
      attributes: { scale: 8, classesInUse: 23 },
    },
    {
      inputs: headInputs(9, 40, 5).map((input, i) => (i === 2 ? { ...input, classes: 20 } : input)),
      attributes: { scale: 8, classesInUse: 23, labelSmoothing: 0.2 },
    },
    {
      inputs: [...headInputs(9, 11, 5, 'extremeRows'), { shape: [1], kind: 'positive', scale: 10 }],
      attributes: { labelSmoothing: 0.1 },
    },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 5] }, { shape: [2], kind: 'labels', classes: 4 }],
      attributes: { scale: 1 },
      message: /cosineSoftmaxLoss: .*features \[2, 3\], weights \[4, 5\]/,
    },
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 3] }, { shape: [3], kind: 'labels', classes: 4 }],
      attributes: { scale: 1 },
      message: /cosineSoftmaxLoss: labels must be \[2\] u32, not \[3\] u32/,
    },
    { inputs: headInputs(2, 4, 3), attributes: { scale: -1 }, message: /cosineSoftmaxLoss: scale .*-1/ },
    {
      inputs: [...headInputs(2, 4, 3), { shape: [2] }],
      attributes: {},
      message: /cosineSoftmaxLoss: scale .*\[2\] f32/,
    },
    { inputs: headInputs(2, 4, 3), attributes: { scale: 1, floor: 0 }, message: /floor .*positive.* 0/ },
  ],
});
