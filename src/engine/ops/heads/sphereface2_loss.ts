import finishSource from '../../../shaders/heads/sphereface2_finish.wesl';
import foldSource from '../../../shaders/heads/sphereface2_fold.wesl';
import gradientSource from '../../../shaders/heads/sphereface2_gradient.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { type Tensor, viewOf } from '../../core/tensor.ts';
import { elementGrid, sampleGrid } from '../../tuning/grid.ts';
import { multiply } from '../elementwise/multiply.ts';
import { checkEpsilon, defaultEpsilon } from '../norm/l2_normalise.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import { ClassScores, type ScoreWindow } from './class_scores.ts';
import type { LossWithStatistics } from './softmax_head.ts';
import { sphereFace2Reference } from './sphereface2.reference.ts';

const foldKernel = { name: 'sphereface2_fold', source: foldSource };
const finishKernel = { name: 'sphereface2_finish', source: finishSource };
const gradientKernel = { name: 'sphereface2_gradient', source: gradientSource };

/** Options of SphereFace2; letters as in arXiv 2108.01513. */
export interface SphereFace2Options {
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

const defaults = {
  lambda: 0.7,
  r: 40,
  margin: 0.4,
  t: 3,
  gradient: 'exact',
  normaliseWeights: true,
  epsilon: defaultEpsilon,
} satisfies SphereFace2Options;

/**
 * The bias at which a start with all cosines 0 is the minimum over the bias (docs/reference.md#sphereface2).
 *
 * @param classes from 2
 */
export function sphereFace2Bias(classes: number, options: SphereFace2Options = {}): number {
  const { lambda, r, margin, t } = { ...defaults, ...options };
  const q = lambda / ((1 - lambda) * (classes - 1));
  const middle = 2 * 0.5 ** t - 1;
  const own = r * (middle - margin);
  const others = r * (middle + margin);
  const root = Math.hypot(1 - q, 2 * Math.sqrt(q) * Math.exp((own - others) / 2));
  // e^b is the positive root of a quadratic equation, in the form of the two that does not cancel.
  return q > 1 ? Math.log(root + q - 1) - own - Math.LN2 : Math.log(2 * q) - others - Math.log(1 - q + root);
}

/**
 * SphereFace2 (arXiv 2108.01513): a binary problem for every class, all of them sharing a bias.
 *
 *   loss = mean_i( λ/r·log(1 + exp(−(r·(g(c_iy) − m) + b))) + (1 − λ)/r·Σ_{j≠y} log(1 + exp(r·(g(c_ij) + m) + b)) )
 *
 * with g(c) = 2·((c + 1)/2)^t − 1 of the cosines c. The statistics are the mean cosine to the own class, the mean cosine to the
 * other classes, and b.
 *
 * @param features [n, d]
 * @param weights [classes, d]
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @param bias b, one f32 in a tensor
 * @throws ShapeError if shapes, types or numbers do not fit
 */
export function sphereFace2Head(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  bias: Tensor,
  options: SphereFace2Options = {},
): LossWithStatistics {
  const operator = 'sphereface2_loss';
  const settings = { ...defaults, ...options };
  const { lambda, r, margin, t, epsilon } = settings;
  checkHead(operator, features, weights, labels);
  checkEpsilon(operator, epsilon);
  check(
    bias.size === 1 && bias.dtype === 'f32',
    operator,
    () => `bias must be one f32, not ${formatShape(bias.shape)} ${bias.dtype}`,
  );
  const must = (holds: boolean, name: string, rule: string, value: number): void =>
    check(holds && Number.isFinite(value), operator, () => `${name} must be a number ${rule}, not ${value}`);
  must(lambda > 0 && lambda < 1, 'lambda', 'between 0 and 1', lambda);
  must(r > 0, 'r', 'above 0', r);
  must(margin >= 0, 'margin', 'from 0', margin);
  must(t >= 1, 't', 'from 1', t);
  const head = features.device.within(
    operator,
    () => new SphereFace2Head(features, weights, labels, bias, settings),
  );
  const { loss, statistics } = head;
  record(loss, {
    operator,
    inputs: [features, weights, bias],
    backward: (upstream, into) => head.backward(upstream, into),
  });
  return { loss, statistics };
}

class SphereFace2Head {
  readonly loss: Tensor;
  readonly statistics: Tensor;
  private readonly features: Tensor;
  private readonly weights: Tensor;
  private readonly labels: Tensor;
  private readonly bias: Tensor;
  private readonly settings: Required<SphereFace2Options>;
  private readonly scores: ClassScores;
  /** ∂loss/∂b */
  private readonly slope: Tensor;

  constructor(
    features: Tensor,
    weights: Tensor,
    labels: Tensor,
    bias: Tensor,
    settings: Required<SphereFace2Options>,
  ) {
    const { device } = features;
    const n = features.shape[0]!;
    const { normaliseWeights, epsilon } = settings;
    this.features = features;
    this.weights = weights;
    this.labels = labels;
    this.bias = bias;
    this.settings = settings;
    this.scores = new ClassScores({
      operator: 'sphereface2_loss',
      features,
      weights,
      normaliseFeatures: true,
      normaliseWeights,
      epsilon,
    });
    const sums = device.empty([n, 4]);
    this.scores.forward((window, products) => this.fold(window, products, sums));
    this.loss = device.empty([]);
    this.slope = device.empty([]);
    this.statistics = device.empty([3]);
    device.dispatch({
      kernel: finishKernel,
      constants: { SAMPLES: n, ALL_CLASSES: weights.shape[0]!, WORKGROUP: 32 },
      bindings: { sums, bias, loss: this.loss, slope: this.slope, statistics: this.statistics },
      grid: [1, 1, 1],
      cost: { flops: 4 * n, bytes: 16 * n },
    });
  }

  /** What the kernels over a window have in common. */
  private common(window: ScoreWindow, products: Tensor) {
    const { lambda, r, margin, t, gradient, normaliseWeights } = this.settings;
    return {
      constants: {
        SAMPLES: products.shape[0]!,
        CLASSES: window.classes,
        ALL_CLASSES: this.weights.shape[0]!,
        LAMBDA: lambda,
        R: r,
        MARGIN: margin,
        T: t,
      },
      conditions: {
        normalise_features: true,
        normalise_weights: normaliseWeights,
        detached: gradient === 'detached',
      },
      bindings: {
        products,
        labels: this.labels,
        bias: this.bias,
        inverse_weights: window.norms,
        first_class: window.firstClass,
      },
      cost: { flops: 24 * products.size, bytes: 8 * products.size },
    };
  }

  private fold(window: ScoreWindow, products: Tensor, sums: Tensor): void {
    const { constants, conditions, bindings, cost } = this.common(window, products);
    const { grid, constants: place } = sampleGrid(products.device, constants.SAMPLES);
    products.device.dispatch({
      kernel: foldKernel,
      constants: { ...constants, ...place },
      conditions: { ...conditions, first: window.first === 0 },
      bindings: { ...bindings, sums },
      grid,
      cost,
    });
  }

  private gradientOf(window: ScoreWindow, products: Tensor, upstream: Tensor): Tensor {
    const { device } = products;
    const { constants, conditions, bindings, cost } = this.common(window, products);
    const gradients = device.empty(products.shape);
    const { grid, constants: walk } = elementGrid(device, products.size, 1);
    device.dispatch({
      kernel: gradientKernel,
      constants: { ...constants, ...walk },
      conditions,
      bindings: { ...bindings, upstream, gradients },
      grid,
      cost,
    });
    return gradients;
  }

  backward(upstream: Tensor, into: (input: number) => Tensor): (Tensor | null)[] {
    const { features, weights, bias } = this;
    const dFeatures = features.requiresGradient ? into(0) : null;
    const dWeights = weights.requiresGradient ? into(1) : null;
    if (dFeatures || dWeights) {
      this.scores.backward(
        (window, products) => this.gradientOf(window, products, upstream),
        dFeatures,
        dWeights,
      );
    }
    const dBias = bias.requiresGradient ? viewOf(multiply(this.slope, upstream), bias.shape) : null;
    return [dFeatures, dWeights, dBias];
  }
}

/** The loss of {@link sphereFace2Head} alone. */
export function sphereFace2Loss(
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  bias: Tensor,
  options: SphereFace2Options = {},
): Tensor {
  return sphereFace2Head(features, weights, labels, bias, options).loss;
}

const inputs = (n: number, classes: number, d: number, kind: InputSpec['kind'] = 'normal'): InputSpec[] => [
  ...headInputs(n, classes, d, kind),
  { shape: [1] },
];

export const sphereFace2LossOperator = defineOperator<SphereFace2Options>({
  name: 'sphereface2_loss',
  apply: ([features, weights, labels, bias], options) =>
    sphereFace2Loss(features!, weights!, labels!, bias!, options),
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
      message: /sphereface2_loss: bias must be one f32, not \[4\] f32/,
    },
    {
      inputs: inputs(2, 4, 3),
      attributes: { lambda: 1 },
      message: /sphereface2_loss: lambda must be a number between 0 and 1, not 1/,
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
