import { checkArgument } from '../../core/errors.ts';
import { defineOperator, type InputSpec, type ReferenceArray } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkEpsilon, defaultEpsilon } from '../norm/l2_normalise.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import { dot, rowOf, scoreMatrix } from './class_scores.reference.ts';
import { crossEntropyReference } from './cross_entropy.reference.ts';
import { defaultFloor, logitScale } from './logit_scale.ts';
import { marginReference } from './margin.reference.ts';
import { type CommonMargin, checkMargin, type Margin } from './margin.ts';
import { isSampleMargin } from './sample_margin.ts';
import { type SharedHeadOptions, softmaxHead } from './softmax_head.ts';
import type { LossWithStatistics } from './statistics.ts';

/** Options of the softmax over cosines with a margin for the own class. */
export interface MarginSoftmaxOptions extends SharedHeadOptions {
  readonly margin: Margin;
  /** s, a positive number or one f32 in a tensor, learnt if it requires a gradient: see {@link CosineSoftmaxOptions}. */
  readonly scale: Tensor | number;
  /** Least scale; a learnt one that falls below is set to it (default 0.01). */
  readonly floor?: number;
  /** false: the logits are s·√(‖f‖² + ε) times what stands for the cosines, as in SphereFace (default true). */
  readonly normaliseFeatures?: boolean;
  /** false: the weights are of length 1 already (default true). */
  readonly normaliseWeights?: boolean;
  /** Added to squared norms, inside the root (default 1e-12). */
  readonly epsilon?: number;
}

const optionNames: OptionNames<MarginSoftmaxOptions> = {
  margin: true,
  scale: true,
  floor: true,
  normaliseFeatures: true,
  normaliseWeights: true,
  epsilon: true,
  classesInUse: true,
  shard: true,
  labelSmoothing: true,
};

/**
 * Softmax cross-entropy over cosines with a margin, fused: neither logits nor normalised class weights are written.
 *
 *   loss = mean_i( log Σ_j exp z_ij − z_{i,y_i} ),   z_ij = s·t_ij(cos θ_ij)
 *
 * with t of the {@link Margin}: AM-Softmax (arXiv 1801.05599) and CosFace (arXiv 1801.09414), ArcFace (arXiv 1801.07698), SphereFace
 * (arXiv 1704.08063), circle loss (arXiv 2002.10857), for which s is γ, CurricularFace (arXiv 2004.00288), where t_ij also depends on the cosine
 * to the own class; and AdaFace (arXiv 2204.00964), MagFace (arXiv 2103.06627) and
 * ElasticFace (arXiv 2109.09416), in which every sample has a margin of its own. The statistics are the cosines without margin and the scale s;
 * where samples have margins of their own also their mean, and mean and standard deviation of the features' lengths.
 *
 * @param features [n, d]
 * @param weights [classes, d]
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ArgumentError if shapes, types or numbers do not fit
 */
export function marginSoftmaxHead(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: MarginSoftmaxOptions,
): LossWithStatistics {
  const operator = 'marginSoftmaxLoss';
  checkOptionNames(operator, options, optionNames);
  const {
    margin,
    scale,
    floor = defaultFloor,
    normaliseFeatures = true,
    normaliseWeights = true,
    epsilon = defaultEpsilon,
    classesInUse,
    shard = null,
    labelSmoothing,
  } = options;
  checkHead(operator, features, weights, labels, { classesInUse, shard });
  checkEpsilon(operator, epsilon);
  checkMargin(operator, margin);
  checkArgument(
    normaliseFeatures || !isSampleMargin(margin),
    operator,
    () => 'margins of samples are for normalised features',
  );
  return softmaxHead({
    operator,
    features,
    weights,
    bias: null,
    labels,
    scale: logitScale(operator, features, scale, floor),
    floor,
    margin,
    normaliseFeatures,
    normaliseWeights,
    epsilon,
    classesInUse,
    shard,
    labelSmoothing,
  });
}

/** The loss of {@link marginSoftmaxHead} alone. */
export function marginSoftmaxLoss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: MarginSoftmaxOptions,
): Tensor {
  return marginSoftmaxHead(features, weights, labels, options).loss;
}

interface Attributes extends Omit<MarginSoftmaxOptions, 'scale' | 'margin'> {
  readonly margin: CommonMargin;
  /** Where it is not a fourth input. */
  readonly scale?: number;
}

function reference(
  [features, weights, labels, learnt]: readonly ReferenceArray[],
  {
    margin,
    scale = learnt?.data[0],
    normaliseFeatures = true,
    normaliseWeights = true,
    epsilon = defaultEpsilon,
    labelSmoothing,
  }: Attributes,
): ReferenceArray {
  const annealing = margin.kind === 'multiple-angle' ? (margin.annealing as number) : 0;
  const cosines = scoreMatrix(features!, weights!, { normaliseWeights, epsilon });
  const logits = cosines.map((row, i) => {
    const f = rowOf(features!, i);
    const length = normaliseFeatures ? 1 : Math.sqrt(dot(f, f) + epsilon);
    const own = labels!.data[i]!;
    return row.map(
      (cosine, j) => scale! * length * marginReference(margin, cosine, j === own, annealing, row[own]),
    );
  });
  return crossEntropyReference(logits, labels!, labelSmoothing);
}

/** Gradients that are not those of the function are tested elsewhere. */
const detached = (inputs: InputSpec[]): InputSpec[] =>
  inputs.map((input) => ({ ...input, differentiable: false }));

const cosine = { kind: 'cosine', margin: 0.35 } as const;
const angle = { kind: 'angle', margin: 0.5 } as const;
const multipleAngle = { kind: 'multiple-angle', multiple: 4, annealing: 0 } as const;
const circle = { kind: 'circle', margin: 0.25 } as const;
const curricular = { kind: 'curricular', margin: 0.5, t: 0.3 } as const;

export const marginSoftmaxLossOperator = defineOperator<Attributes>({
  name: 'marginSoftmaxLoss',
  family: 'loss',
  apply: ([features, weights, labels, learnt], options) =>
    marginSoftmaxLoss(features!, weights!, labels!, { ...options, scale: learnt ?? options.scale! }),
  reference,
  cost: headCost,
  cases: [
    { inputs: headInputs(5, 7, 6), attributes: { margin: cosine, scale: 30 } },
    { inputs: headInputs(67, 130, 37), attributes: { margin: cosine, scale: 8 } },
    { inputs: headInputs(33, 9, 5), attributes: { margin: { ...cosine, onlyAbove: true }, scale: 10 } },
    { inputs: headInputs(5, 7, 6), attributes: { margin: angle, scale: 16 } },
    // In few dimensions many angles are past π − m.
    { inputs: headInputs(40, 65, 3), attributes: { margin: { ...angle, margin: 1.1 }, scale: 6 } },
    { inputs: headInputs(33, 9, 5), attributes: { margin: { ...angle, easy: true }, scale: 10 } },
    {
      inputs: detached(headInputs(6, 9, 5)),
      attributes: { margin: { ...angle, straightThrough: true }, scale: 10 },
    },
    { inputs: headInputs(40, 11, 4), attributes: { margin: multipleAngle, scale: 4 } },
    {
      inputs: headInputs(21, 12, 5),
      attributes: { margin: { ...multipleAngle, annealing: 5 }, scale: 1, normaliseFeatures: false },
    },
    {
      inputs: headInputs(9, 130, 8),
      attributes: { margin: { ...multipleAngle, multiple: 3 }, scale: 2, normaliseFeatures: false },
    },
    {
      // Rows short enough that products with unit vectors are cosines.
      inputs: headInputs(6, 9, 5).map((input, i) => (i === 1 ? { ...input, scale: 0.2 } : input)),
      attributes: { margin: angle, scale: 10, normaliseWeights: false },
    },
    {
      inputs: headInputs(6, 9, 5).map((input, i) => (i === 1 ? { ...input, scale: 0.2 } : input)),
      attributes: {
        margin: { ...multipleAngle, annealing: 2 },
        scale: 1,
        normaliseFeatures: false,
        normaliseWeights: false,
      },
    },
    // A learnt scale.
    {
      inputs: [...headInputs(33, 65, 7), { shape: [1], kind: 'positive', scale: 8 }],
      attributes: { margin: cosine },
    },
    { inputs: detached(headInputs(12, 40, 6)), attributes: { margin: circle, scale: 16 } },
    // In few dimensions many classes are hard, and many angles past π − m.
    {
      inputs: headInputs(40, 65, 3),
      attributes: { margin: { ...curricular, margin: 1.1, t: -0.2 }, scale: 6 },
    },
    {
      inputs: headInputs(9, 130, 8),
      attributes: { margin: curricular, scale: 2, normaliseFeatures: false, labelSmoothing: 0.1 },
    },
    { inputs: headInputs(9, 11, 5, 'extremeRows'), attributes: { margin: curricular, scale: 10 } },
    { inputs: headInputs(33, 65, 68, 'outliers'), attributes: { margin: cosine, scale: 64 } },
    { inputs: headInputs(9, 11, 5, 'extremeRows'), attributes: { margin: cosine, scale: 10 } },
    { inputs: headInputs(9, 11, 5, 'extremeRows'), attributes: { margin: angle, scale: 10 } },
    // Not of the multiple 4: ψ has no second derivative at 90°, the angle to a row of zeros.
    {
      inputs: headInputs(9, 11, 5, 'extremeRows'),
      attributes: { margin: { ...multipleAngle, multiple: 3 }, scale: 4 },
    },
    { inputs: detached(headInputs(9, 11, 5, 'extremeRows')), attributes: { margin: circle, scale: 16 } },
    {
      inputs: headInputs(9, 11, 5).map((input, i) => (i === 1 ? { ...input, kind: 'extremeRows' } : input)),
      attributes: { margin: { ...multipleAngle, multiple: 3 }, scale: 1, normaliseFeatures: false },
    },
  ],
  misuses: [
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { kind: 'angle', margin: 4 }, scale: 1 },
      message: /marginSoftmaxLoss: the margin must be a number from 0 to below 3.1416, not 4/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { kind: 'multiple-angle', multiple: 2.5, annealing: 0 }, scale: 1 },
      message: /multiple of the angle .*not 2.5/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { kind: 'multiple-angle', multiple: 2, annealing: -1 }, scale: 1 },
      message: /annealing must be .*not -1/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...curricular, t: Number.NaN }, scale: 1 },
      message: /t must be a finite number or one f32 in a tensor that requires no gradient, not NaN/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...curricular, momentum: 1 }, scale: 1 },
      message: /momentum must be a number from 0 to below 1, not 1/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...angle, kind: 'arc' as 'angle' }, scale: 1 },
      message: /the kind of the margin must be cosine, angle, .*elastic, not arc/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...angle, easyMargin: true } as Attributes['margin'], scale: 1 },
      message: /unknown option "easyMargin"/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: cosine, scale: 0 },
      message: /scale must be .*not 0/,
    },
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 5] }, { shape: [2], kind: 'labels', classes: 4 }],
      attributes: { margin: cosine, scale: 1 },
      message: /marginSoftmaxLoss: .*features \[2, 3\], weights \[4, 5\]/,
    },
  ],
});
