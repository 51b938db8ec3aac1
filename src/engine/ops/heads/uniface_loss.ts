import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { checkEpsilon, defaultEpsilon } from '../norm/l2_normalise.ts';
import { binaryHead, checkSharedBias, numbersMust } from './binary_head.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import type { ClassShard } from './class_shard.ts';
import type { LossWithStatistics } from './statistics.ts';
import { uniFaceReference } from './uniface.reference.ts';

/** The numbers of the loss; names as in the authors' code, of which λ is `l`. */
export interface UniFaceNumbers {
  /** Scale of the cosines, positive (default 64). */
  readonly s?: number;
  /** m of the own class, from 0 (default 0.4). */
  readonly margin?: number;
  /** λ, weight of the other classes, positive (default 1). */
  readonly lambda?: number;
  /** Keeps the arguments of the exponentials within [−s, s], past which there is no gradient, as the authors' code does (default false). */
  readonly clamped?: boolean;
  /** false: the weights are of length 1 already (default true). */
  readonly normaliseWeights?: boolean;
  /** Added to squared norms, inside the root (default 1e-12). */
  readonly epsilon?: number;
}

/** Options of UniFace. */
export interface UniFaceOptions extends UniFaceNumbers {
  /** b, one f32 in a tensor, learnt if it requires a gradient. */
  readonly bias: Tensor;
  /**
   * One u32 in a tensor, at least 1: only the first so many rows of the weights are classes, the others take no part and have zero
   * gradients.
   */
  readonly classesInUse?: Tensor | undefined;
  /** The weights are of some of the classes, and other ranks have the others (default: of all classes). */
  readonly shard?: ClassShard | null;
}

const defaults = {
  s: 64,
  margin: 0.4,
  lambda: 1,
  clamped: false,
  normaliseWeights: true,
  epsilon: defaultEpsilon,
} satisfies UniFaceNumbers;

/** Where the authors start b: log(10·rate·classes), of which `rate` is the share of the classes that takes part in a step. */
export const uniFaceBias = (classes: number, rate = 1): number => Math.log(10 * rate * classes);

const optionNames: OptionNames<UniFaceOptions> = {
  bias: true,
  classesInUse: true,
  shard: true,
  s: true,
  margin: true,
  lambda: true,
  clamped: true,
  normaliseWeights: true,
  epsilon: true,
};

/**
 * UniFace's unified cross-entropy (Zhou et al., ICCV 2023): a binary problem for every class, with b/s as the threshold of all of them.
 *
 *   loss = mean_i( log(1 + exp(−(s·(c_iy − m) − b))) + λ·Σ_{j≠y} log(1 + exp(s·c_ij − b)) )
 *
 * of the cosines c. The statistics are the cosines and the bias b.
 *
 * @param features [n, d]
 * @param weights [classes, d]
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function uniFaceHead(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: UniFaceOptions,
): LossWithStatistics {
  const operator = 'uniFaceLoss';
  checkOptionNames(operator, options, optionNames);
  const { s, margin, lambda, clamped, bias, ...rest } = { ...defaults, ...options };
  checkHead(operator, features, weights, labels, rest);
  checkEpsilon(operator, rest.epsilon);
  checkSharedBias(operator, bias);
  const must = numbersMust(operator);
  must(s > 0, 's', 'above 0', s);
  must(margin >= 0, 'margin', 'from 0', margin);
  must(lambda > 0, 'lambda', 'above 0', lambda);
  return binaryHead({
    ...rest,
    operator,
    features,
    weights,
    labels,
    bias,
    constants: { S: s, MARGIN: margin, LAMBDA: lambda },
    conditions: { unified: true, clamped },
  });
}

/** The loss of {@link uniFaceHead} alone. */
export function uniFaceLoss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  options: UniFaceOptions,
): Tensor {
  return uniFaceHead(features, weights, labels, options).loss;
}

const inputs = (n: number, classes: number, d: number, kind: InputSpec['kind'] = 'normal'): InputSpec[] => [
  ...headInputs(n, classes, d, kind),
  { shape: [1] },
];

interface Attributes extends UniFaceNumbers {
  readonly classesInUse?: number;
}

export const uniFaceLossOperator = defineOperator<Attributes>({
  name: 'uniFaceLoss',
  family: 'loss',
  apply: ([features, weights, labels, bias], { classesInUse, ...options }) =>
    uniFaceLoss(features!, weights!, labels!, {
      ...options,
      bias: bias!,
      ...(classesInUse ? { classesInUse: runtimeOf(features!.device).uniform([classesInUse]) } : {}),
    }),
  reference: ([features, weights, labels, bias], options) =>
    uniFaceReference(features!, weights!, labels!, bias!.data[0]!, { ...defaults, ...options }),
  cost: headCost,
  cases: [
    { inputs: inputs(5, 7, 6), attributes: { s: 4 } },
    { inputs: inputs(2, 1, 4), attributes: { s: 4 } },
    { inputs: inputs(67, 130, 37), attributes: { lambda: 0.3, margin: 0 } },
    {
      inputs: inputs(9, 40, 5).map((input, i) => (i === 2 ? { ...input, classes: 20 } : input)),
      attributes: { s: 8, classesInUse: 23, lambda: 2 },
    },
    // With little scale some arguments are past it.
    { inputs: inputs(12, 11, 3), attributes: { s: 0.7, margin: 0.6, clamped: true } },
    { inputs: inputs(9, 11, 5, 'extremeRows'), attributes: { s: 4 } },
    {
      // Rows short enough that products with unit vectors are cosines.
      inputs: inputs(6, 9, 5).map((input, i) => (i === 1 ? { ...input, scale: 0.2 } : input)),
      attributes: { s: 8, normaliseWeights: false },
    },
  ],
  misuses: [
    {
      inputs: [...headInputs(2, 4, 3), { shape: [4] }],
      attributes: {},
      message: /uniFaceLoss: bias must be one f32, not \[4\] f32/,
    },
    {
      inputs: inputs(2, 4, 3),
      attributes: { lambda: 0 },
      message: /uniFaceLoss: lambda must be a number above 0, not 0/,
    },
    { inputs: inputs(2, 4, 3), attributes: { s: -1 }, message: /s must be a number above 0, not -1/ },
    {
      inputs: inputs(2, 4, 3),
      attributes: { margin: Number.NaN },
      message: /margin must be a number from 0, not NaN/,
    },
  ],
});
