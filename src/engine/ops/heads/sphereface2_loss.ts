import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkEpsilon, defaultEpsilon } from '../norm/l2_normalise.ts';
import { binaryHead, checkSharedBias, numbersMust } from './binary_head.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import type { ClassShard } from './class_shard.ts';
import { sphereFace2Reference } from './sphereface2.reference.ts';
import type { LossWithStatistics } from './statistics.ts';

/** The numbers of the loss. */
export interface SphereFace2Numbers {
  /** Share of the own class against the sum of the others, in (0, 1) (default 0.7). */
  readonly lambda?: number;
  /** Scale of the cosines, positive (default 40). */
  readonly r?: number;
  /** m, from 0 (default 0.4). */
  readonly margin?: number;
  /** Exponent of g, at least 1: how much high cosines are told apart at the cost of low ones (default 3). */
  readonly t?: number;
  /** `detached`: the slope of g is taken for 1, as in the authors' code (default `exact`). */
  readonly gradient?: 'exact' | 'detached';
  /** false: the weights are of length 1 already (default true). */
  readonly normaliseWeights?: boolean;
  /** Added to squared norms, inside the root (default 1e-12). */
  readonly epsilon?: number;
}

/** Options of SphereFace2; letters as in arXiv 2108.01513. */
export interface SphereFace2Options extends SphereFace2Numbers {
  /** b, one f32 in a tensor, learnt if it requires a gradient. */
  readonly bias: Tensor;
  /** The weights are of some of the classes, and other ranks have the others (default: of all classes). */
  readonly shard?: ClassShard | null;
}

const defaults = {
  lambda: 0.7,
  r: 40,
  margin: 0.4,
  t: 3,
  gradient: 'exact',
  normaliseWeights: true,
  epsilon: defaultEpsilon,
} satisfies SphereFace2Numbers;

/**
 * The bias at which a start with all cosines 0 is the minimum over the bias (docs/reference.md#sphereface2).
 *
 * @param classes from 2
 */
export function sphereFace2Bias(classes: number, options: SphereFace2Numbers = {}): number {
  const { lambda, r, margin, t } = { ...defaults, ...options };
  const q = lambda / ((1 - lambda) * (classes - 1));
  const middle = 2 * 0.5 ** t - 1;
  const own = r * (middle - margin);
  const others = r * (middle + margin);
  const root = Math.hypot(1 - q, 2 * Math.sqrt(q) * Math.exp((own - others) / 2));
  // e^b is the positive root of a quadratic equation, in the form of the two that does not cancel.
  return q > 1 ? Math.log(root + q - 1) - own - Math.LN2 : Math.log(2 * q) - others - Math.log(1 - q + root);
}

const optionNames: OptionNames<SphereFace2Options> = {
  bias: true,
  shard: true,
  lambda: true,
  r: true,
  margin: true,
  t: true,
  gradient: true,
  normaliseWeights: true,
  epsilon: true,
};

/**
 * SphereFace2 (arXiv 2108.01513): a binary problem for every class, all of them sharing a bias.
 *
 *   loss = mean_i( λ/r·log(1 + exp(−(r·(g(c_iy) − m) + b))) + (1 − λ)/r·Σ_{j≠y} log(1 + exp(r·(g(c_ij) + m) + b)) )
 *
 * with g(c) = 2·((c + 1)/2)^t − 1 of the cosines c. The statistics are the cosines and the bias b.
 *
 * @param features [n, d]
 * @param weights [classes, d]
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function sphereFace2Head(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: SphereFace2Options,
): LossWithStatistics {
  const operator = 'sphereFace2Loss';
  checkOptionNames(operator, options, optionNames);
  const settings = { ...defaults, ...options };
  const { bias, lambda, r, margin, t, gradient, epsilon, shard } = settings;
  checkHead(operator, features, weights, labels, { shard });
  checkEpsilon(operator, epsilon);
  checkSharedBias(operator, bias);
  const must = numbersMust(operator);
  must(lambda > 0 && lambda < 1, 'lambda', 'between 0 and 1', lambda);
  must(r > 0, 'r', 'above 0', r);
  must(margin >= 0, 'margin', 'from 0', margin);
  must(t >= 1, 't', 'from 1', t);
  return binaryHead({
    operator,
    features,
    weights,
    labels,
    bias,
    shard,
    normaliseWeights: settings.normaliseWeights,
    epsilon,
    constants: { LAMBDA: lambda, R: r, MARGIN: margin, T: t },
    conditions: { detached: gradient === 'detached' },
  });
}

/** The loss of {@link sphereFace2Head} alone. */
export function sphereFace2Loss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: SphereFace2Options,
): Tensor {
  return sphereFace2Head(features, weights, labels, options).loss;
}

const inputs = (n: number, classes: number, d: number, kind: InputSpec['kind'] = 'normal'): InputSpec[] => [
  ...headInputs(n, classes, d, kind),
  { shape: [1] },
];

export const sphereFace2LossOperator = defineOperator<SphereFace2Numbers>({
  name: 'sphereFace2Loss',
  family: 'loss',
  apply: ([features, weights, labels, bias], options) =>
    sphereFace2Loss(features!, weights!, labels!, { ...options, bias: bias! }),
  reference: ([features, weights, labels, bias], options) =>
    sphereFace2Reference(features!, weights!, labels!, bias!.data[0]!, { ...defaults, ...options }),
  cost: headCost,
  cases: [
    { inputs: inputs(5, 7, 6), attributes: { r: 4 } },
    { inputs: inputs(2, 1, 4), attributes: { r: 4 } },
    { inputs: inputs(67, 130, 37), attributes: {} },
    { inputs: inputs(9, 40, 5), attributes: { lambda: 0.2, r: 10, margin: 0, t: 1 } },
    { inputs: inputs(12, 11, 3), attributes: { lambda: 0.8, r: 64, margin: 0.5, t: 2.5 } },
    { inputs: inputs(33, 65, 68, 'outliers'), attributes: {} },
    { inputs: inputs(9, 11, 5, 'extremeRows'), attributes: { r: 4 } },
    {
      // Rows short enough that products with unit vectors are cosines.
      inputs: inputs(6, 9, 5).map((input, i) => (i === 1 ? { ...input, scale: 0.2 } : input)),
      attributes: { r: 8, normaliseWeights: false },
    },
    // The gradient is by definition not that of the function: tested elsewhere.
    {
      inputs: inputs(6, 9, 5).map((input) => ({ ...input, differentiable: false })),
      attributes: { gradient: 'detached' },
    },
  ],
  misuses: [
    {
      inputs: [...headInputs(2, 4, 3), { shape: [4] }],
      attributes: {},
      message: /sphereFace2Loss: bias must be one f32, not \[4\] f32/,
    },
    {
      inputs: inputs(2, 4, 3),
      attributes: { lambda: 1 },
      message: /sphereFace2Loss: lambda must be a number between 0 and 1, not 1/,
    },
    { inputs: inputs(2, 4, 3), attributes: { r: 0 }, message: /r must be a number above 0, not 0/ },
    {
      inputs: inputs(2, 4, 3),
      attributes: { margin: Number.NaN },
      message: /margin must be a number from 0, not NaN/,
    },
    { inputs: inputs(2, 4, 3), attributes: { t: 0.5 }, message: /t must be a number from 1, not 0.5/ },
  ],
});
