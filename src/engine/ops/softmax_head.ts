import adaptSource from '../../shaders/adacos_scale.wgsl';
import finishSource from '../../shaders/softmax_head_finish.wgsl';
import foldSource from '../../shaders/softmax_head_fold.wgsl';
import gradientSource from '../../shaders/softmax_head_gradient.wgsl';
import radialSource from '../../shaders/softmax_head_radial.wgsl';
import { record } from '../autograd.ts';
import { check, formatShape } from '../errors.ts';
import { elementGrid, sampleGrid } from '../grid.ts';
import type { Dispatch } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';
import { ClassScores, type ClassScoresOptions, type ScoreWindow } from './class_scores.ts';
import { type Margin, marginBindings } from './margin.ts';
import { multiply } from './multiply.ts';
import { sumRows } from './sum_rows.ts';

const adaptKernel = { name: 'adacos_scale', source: adaptSource };
const foldKernel = { name: 'softmax_head_fold', source: foldSource };
const finishKernel = { name: 'softmax_head_finish', source: finishSource };
const gradientKernel = { name: 'softmax_head_gradient', source: gradientSource };
const radialKernel = { name: 'softmax_head_radial', source: radialSource };

/** Floats in the struct State of shaders/lib/softmax_state.wgsl. */
const stateNumbers = 6;

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
  /** The scale follows the batch, as AdaCos says: shaders/adacos_scale. Only for scores that are cosines. */
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
 * sample is the running maximum and sum of its logits.
 */
export function softmaxHead(options: SoftmaxHeadOptions): LossWithStatistics {
  const { operator, features, weights, bias, scale, classesInUse } = options;
  check(
    !classesInUse || (classesInUse.dtype === 'u32' && classesInUse.size === 1),
    operator,
    () => `classesInUse must be one u32, not ${formatShape(classesInUse!.shape)} ${classesInUse!.dtype}`,
  );
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
  private readonly states: Tensor;
  /** ∂loss/∂s */
  private readonly slope: Tensor;
  private readonly margin: ReturnType<typeof marginBindings>;
  private readonly partial: Pick<Dispatch, 'conditions' | 'bindings'>;

  constructor(options: SoftmaxHeadOptions) {
    const { features, weights, scale, floor } = options;
    const { device } = features;
    const n = features.shape[0]!;
    this.options = options;
    this.margin = marginBindings(device, options.margin ?? null);
    const { classesInUse } = options;
    this.partial = {
      conditions: { partial: classesInUse !== undefined },
      bindings: classesInUse ? { classes_in_use: classesInUse } : {},
    };
    this.scores = new ClassScores(options);
    this.states = device.empty([n, stateNumbers], 'u32');
    if (options.adaptive) this.adaptScale();
    this.scores.forward((window, products) => this.fold(window, products, this.states));
    this.loss = device.empty([]);
    this.statistics = device.empty([3]);
    this.slope = device.empty([]);
    device.dispatch({
      kernel: finishKernel,
      constants: { SAMPLES: n, ALL_CLASSES: weights.shape[0]!, FLOOR: floor, WORKGROUP: 32 },
      conditions: this.partial.conditions,
      bindings: {
        states: this.states,
        scale,
        loss: this.loss,
        statistics: this.statistics,
        slope: this.slope,
        ...this.partial.bindings,
      },
      grid: [1, 1, 1],
      cost: { flops: 8 * n, bytes: 4 * stateNumbers * n },
    });
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
        inverse_features: this.scores.inverseFeatures,
        inverse_weights: window.inverseWeights,
        first_class: window.firstClass,
        ...(bias ? { bias: bias.rows(window.first, window.classes) } : {}),
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
    const states = device.empty([n, stateNumbers], 'u32');
    this.scores.forward((window, products) => this.fold(window, products, states, { others_only: true }));
    device.dispatch({
      kernel: adaptKernel,
      constants: { SAMPLES: n, FLOOR: floor, WORKGROUP: device.report.software ? 32 : 256 },
      bindings: { states, scale },
      grid: [1, 1, 1],
      cost: { flops: 64 * n, bytes: 4 * stateNumbers * n },
    });
  }

  private fold(
    window: ScoreWindow,
    products: Tensor,
    states: Tensor,
    what: Readonly<Record<string, boolean>> = {},
  ): void {
    const { constants, conditions, bindings } = this.common(window, products);
    const { grid, constants: place } = sampleGrid(constants.SAMPLES);
    products.device.dispatch({
      kernel: foldKernel,
      constants: { ...constants, ...place },
      conditions: { ...conditions, ...what, first: window.first === 0 },
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
      bindings: { ...bindings, states: this.states, upstream, gradients },
      grid,
      cost: { flops: 8 * products.size, bytes: 8 * products.size },
    });
    return gradients;
  }

  private addRadial(upstream: Tensor, gradients: Tensor): void {
    const { features, scale, floor } = this.options;
    const [n, d] = features.shape as [number, number];
    const { grid, constants } = elementGrid(features.device, features.size, 1);
    features.device.dispatch({
      kernel: radialKernel,
      constants: { ...constants, SAMPLES: n, D: d, FLOOR: floor, ...this.margin.constants },
      conditions: this.margin.conditions,
      bindings: {
        features,
        inverse_features: this.scores.inverseFeatures,
        scale,
        states: this.states,
        upstream,
        grad_features: gradients,
        ...this.margin.bindings,
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
          if (dBias) sumRows(gradients, n, window.classes, dBias.rows(window.first, window.classes));
        },
      );
    }
    if (dFeatures && this.options.margin && !this.options.normaliseFeatures)
      this.addRadial(upstream, dFeatures);
    const dScale = scale.requiresGradient ? multiply(this.slope, upstream).view(scale.shape) : null;
    return [dFeatures, dWeights, dScale, ...(bias ? [dBias] : [])];
  }
}
