import adaptSource from '../../../shaders/heads/adacos_scale.wesl';
import ownGapSource from '../../../shaders/heads/own_gap.wesl';
import finishSource from '../../../shaders/heads/softmax_head_finish.wesl';
import foldSource from '../../../shaders/heads/softmax_head_fold.wesl';
import gradientSource from '../../../shaders/heads/softmax_head_gradient.wesl';
import radialSource from '../../../shaders/heads/softmax_head_radial.wesl';
import { record } from '../../core/autograd.ts';
import { rowsOf, type Tensor, viewOf } from '../../core/tensor.ts';
import type { Dispatch } from '../../runtime/kernel.ts';
import { elementGrid, sampleGrid } from '../../tuning/grid.ts';
import { multiply } from '../elementwise/multiply.ts';
import { rowGrid, rowInverseNorms } from '../norm/l2_normalise.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { ClassScores, type ClassScoresOptions, type ScoreWindow } from './class_scores.ts';
import { type Margin, marginBindings } from './margin.ts';

const adaptKernel = { name: 'adacos_scale', source: adaptSource };
const foldKernel = { name: 'softmax_head_fold', source: foldSource };
const finishKernel = { name: 'softmax_head_finish', source: finishSource };
const ownGapKernel = { name: 'own_gap', source: ownGapSource };
const gradientKernel = { name: 'softmax_head_gradient', source: gradientSource };
const radialKernel = { name: 'softmax_head_radial', source: radialSource };

/** Floats in the structs State and Decision of shaders/lib/softmax_state.wesl. */
const stateNumbers = 6;
const decisionNumbers = 4;

/** Options of every softmax loss. */
export interface SharedHeadOptions {
  /**
   * One u32 in a tensor, at least 1: only the first so many rows of the weights are classes, the others take no part and have zero
   * gradients. For captured steps in which the number of classes varies.
   */
  readonly classesInUse?: Tensor;
}

export interface SoftmaxHeadOptions extends ClassScoresOptions, SharedHeadOptions {
  /** [classes] or null; only without normalisation */
  readonly bias: Tensor | null;
  /** [n] u32 */
  readonly labels: Tensor;
  /** One number s; its gradient is that of the unclamped scale. */
  readonly scale: Tensor;
  /** Least s that is used. */
  readonly floor: number;
  /** The scale follows the batch, as AdaCos says: shaders/heads/adacos_scale. Only for scores that are cosines. */
  readonly adaptive?: boolean;
  /** What stands for the cosines; only with normalised weights. */
  readonly margin?: Margin | null;
}

/** A loss and what a training log wants to know of it, computed on the way. */
export interface LossWithStatistics {
  /** A scalar. */
  readonly loss: Tensor;
  /**
   * Mean cosine to the own class, mean cosine to the other classes, and what else the loss says. Not differentiable; overwritten by
   * every run of a captured step.
   */
  readonly statistics: Tensor;
}

/**
 * Softmax cross-entropy over scores of features and class weights, fused with them: see {@link ClassScores}. The state of a
 * sample is the logit of its class and the running maximum and sum of the others; the gradient is made from 1 − p of the own class
 * as it is, which is not 0 for a sample that is recognised with certainty, and exactly 0 where there is one class only.
 */
export function softmaxHead(options: SoftmaxHeadOptions): LossWithStatistics {
  const { operator, features, weights, bias, scale } = options;
  const head = features.device.within(operator, () => new SoftmaxHead(options));
  const { loss, statistics } = head;
  record(loss, {
    operator,
    inputs: [features, weights, scale, ...(bias ? [bias] : [])],
    backward: (upstream, into) => head.backward(upstream, into),
  });
  return { loss, statistics };
}

class SoftmaxHead {
  readonly loss: Tensor;
  readonly statistics: Tensor;
  private readonly options: SoftmaxHeadOptions;
  private readonly scores: ClassScores;
  private readonly decisions: Tensor;
  /** 1/‖f‖: of features that are not normalised, for the lengths in the logits of a margin, or for the log. */
  private readonly inverseFeatures: Tensor | null;
  /** 1 − the cosine to the own class, for a margin of the angle. */
  private readonly ownGaps: Tensor | null;
  /** ∂loss/∂s */
  private readonly slope: Tensor;
  private readonly margin: ReturnType<typeof marginBindings>;
  private readonly partial: Pick<Dispatch, 'conditions' | 'bindings'>;

  constructor(options: SoftmaxHeadOptions) {
    const { features, weights, scale, floor, normaliseFeatures, margin, epsilon } = options;
    const { device } = features;
    const n = features.shape[0]!;
    this.options = options;
    this.margin = marginBindings(device, margin ?? null);
    const { classesInUse } = options;
    this.partial = {
      conditions: { partial: classesInUse !== undefined },
      bindings: classesInUse ? { classes_in_use: classesInUse } : {},
    };
    // A margin is for cosines, whatever the lengths of the features.
    this.scores = new ClassScores({ ...options, normaliseFeatures: normaliseFeatures || Boolean(margin) });
    this.inverseFeatures = normaliseFeatures ? null : rowInverseNorms(features, epsilon);
    this.ownGaps = margin?.kind === 'angle' ? this.measureOwn() : null;
    if (options.adaptive) this.adaptScale();
    const states = this.walk();
    this.loss = device.empty([]);
    this.statistics = device.empty([3]);
    this.slope = device.empty([]);
    this.decisions = device.empty([n, decisionNumbers]);
    device.dispatch({
      kernel: finishKernel,
      constants: { SAMPLES: n, ALL_CLASSES: weights.shape[0]!, FLOOR: floor, WORKGROUP: 32 },
      conditions: this.partial.conditions,
      bindings: {
        states,
        scale,
        decisions: this.decisions,
        loss: this.loss,
        statistics: this.statistics,
        slope: this.slope,
        ...this.partial.bindings,
      },
      grid: [1, 1, 1],
      cost: { flops: 16 * n, bytes: 4 * (stateNumbers + decisionNumbers) * n },
    });
  }

  private measureOwn(): Tensor {
    const { features, weights, labels, normaliseWeights, epsilon } = this.options;
    const [n, d] = features.shape as [number, number];
    const inverseFeatures = this.inverseFeatures ?? rowInverseNorms(features, epsilon);
    const { grid, constants } = rowGrid(features.device, n);
    const ownGaps = features.device.empty([n]);
    for (const window of this.scores.windows) {
      features.device.dispatch({
        kernel: ownGapKernel,
        constants: {
          ...constants,
          SAMPLES: n,
          CLASSES: window.classes,
          ALL_CLASSES: weights.shape[0]!,
          D: d,
          EPSILON: epsilon,
        },
        conditions: { normalise_weights: normaliseWeights },
        bindings: {
          features: this.scores.rows,
          weights: window.weights,
          labels,
          inverse_features: inverseFeatures,
          inverse_weights: window.norms,
          own_gaps: ownGaps,
          first_class: window.firstClass,
        },
        grid,
        cost: { flops: 6 * features.size, bytes: 8 * features.size },
      });
    }
    return ownGaps;
  }

  /** What the kernels over a window have in common. */
  private common(window: ScoreWindow, products: Tensor) {
    const { features, weights, bias, labels, scale, floor, normaliseFeatures, normaliseWeights } =
      this.options;
    return {
      constants: {
        SAMPLES: features.shape[0]!,
        CLASSES: window.classes,
        ALL_CLASSES: weights.shape[0]!,
        FLOOR: floor,
        ...this.margin.constants,
      },
      conditions: {
        normalise_features: normaliseFeatures,
        normalise_weights: normaliseWeights,
        bias: bias !== null,
        ...this.margin.conditions,
        ...this.partial.conditions,
      },
      bindings: {
        products,
        labels,
        scale,
        ...(this.inverseFeatures ? { inverse_features: this.inverseFeatures } : {}),
        inverse_weights: window.norms,
        first_class: window.firstClass,
        ...(this.ownGaps ? { own_gaps: this.ownGaps } : {}),
        ...(bias ? { bias: rowsOf(bias, window.first, window.classes) } : {}),
        ...this.margin.bindings,
        ...this.partial.bindings,
      },
    };
  }

  /** Sets the scale from the scores of the batch, which are walked over once more for it. */
  private adaptScale(): void {
    const { features, scale, floor } = this.options;
    const { device } = features;
    const n = features.shape[0]!;
    const states = this.walk();
    device.dispatch({
      kernel: adaptKernel,
      constants: { SAMPLES: n, FLOOR: floor, WORKGROUP: device.report.software ? 32 : 256 },
      bindings: { states, scale },
      grid: [1, 1, 1],
      cost: { flops: 64 * n, bytes: 4 * stateNumbers * n },
    });
  }

  /** The states of all samples over all classes. */
  private walk(): Tensor {
    const { features } = this.options;
    const states = features.device.empty([features.shape[0]!, stateNumbers]);
    this.scores.forward((window, products) => this.fold(window, products, states));
    return states;
  }

  private fold(window: ScoreWindow, products: Tensor, states: Tensor): void {
    const { constants, conditions, bindings } = this.common(window, products);
    const { grid, constants: place } = sampleGrid(products.device, constants.SAMPLES);
    products.device.dispatch({
      kernel: foldKernel,
      constants: { ...constants, ...place },
      conditions: { ...conditions, first: window.first === 0 },
      bindings: { ...bindings, states },
      grid,
      cost: { flops: 8 * products.size, bytes: 4 * products.size },
    });
  }

  private gradientOf(window: ScoreWindow, products: Tensor, upstream: Tensor): Tensor {
    const { constants, conditions, bindings } = this.common(window, products);
    const { device } = products;
    const gradients = device.empty(products.shape);
    const { grid, constants: walk } = elementGrid(device, products.size, 1);
    device.dispatch({
      kernel: gradientKernel,
      constants: { ...constants, ...walk },
      conditions,
      bindings: { ...bindings, decisions: this.decisions, upstream, gradients },
      grid,
      cost: { flops: 8 * products.size, bytes: 8 * products.size },
    });
    return gradients;
  }

  private addRadial(inverseFeatures: Tensor, upstream: Tensor, gradients: Tensor): void {
    const { features, scale, floor } = this.options;
    const [n, d] = features.shape as [number, number];
    const { grid, constants } = elementGrid(features.device, features.size, 1);
    features.device.dispatch({
      kernel: radialKernel,
      constants: { ...constants, SAMPLES: n, D: d, FLOOR: floor },
      bindings: {
        directions: this.scores.rows,
        inverse_features: inverseFeatures,
        scale,
        decisions: this.decisions,
        upstream,
        grad_features: gradients,
      },
      grid,
      cost: { flops: 2 * features.size, bytes: 12 * features.size },
    });
  }

  backward(upstream: Tensor, into: (input: number) => Tensor): (Tensor | null)[] {
    const { features, weights, bias, scale } = this.options;
    const n = features.shape[0]!;
    const dFeatures = features.requiresGradient ? into(0) : null;
    const dWeights = weights.requiresGradient ? into(1) : null;
    const dBias = bias?.requiresGradient ? into(3) : null;
    if (dFeatures || dWeights || dBias) {
      this.scores.backward(
        (window, products) => this.gradientOf(window, products, upstream),
        dFeatures,
        dWeights,
        (window, gradients) => {
          if (dBias) sumRows(gradients, n, window.classes, rowsOf(dBias, window.first, window.classes));
        },
      );
    }
    if (dFeatures && this.options.margin && this.inverseFeatures)
      this.addRadial(this.inverseFeatures, upstream, dFeatures);
    const dScale = scale.requiresGradient ? viewOf(multiply(this.slope, upstream), scale.shape) : null;
    return [dFeatures, dWeights, dScale, ...(bias ? [dBias] : [])];
  }
}
