import type { Tensor } from '../../core/tensor.ts';
import type { Dispatch, Kernel } from '../../runtime/kernel.ts';
import type { StructLayout } from '../../runtime/struct-layout.ts';
import { elementGrid, sampleGrid } from '../../tuning/grid.ts';
import type { ClassScores, ScoreWindow } from './class_scores.ts';
import type { LossStatistics, LossWithStatistics } from './statistics.ts';

type Bindings = Dispatch['bindings'];

/** What a loss over classes gives to {@link FusedHead}. */
export interface FusedHeadOptions {
  readonly scores: ClassScores;
  readonly kernels: {
    /** Reduces the products of a window to the state of every sample, which it adds to with all windows but the first. */
    readonly reduce: Kernel;
    /** From the states of all classes to loss, statistics and a decision per sample: what the gradient needs. One workgroup. */
    readonly finish: Kernel;
    /** From the products of a window to their gradients. */
    readonly gradient: Kernel;
  };
  /** The struct that is the state of a sample. */
  readonly state: Pick<StructLayout, 'words' | 'dtype'>;
  /** The struct that is the decision of a sample; null: the gradient needs none. */
  readonly decision: Pick<StructLayout, 'words' | 'dtype'> | null;
  /** Of the struct that `finish` writes: see `statisticNames`. */
  readonly statistics: readonly (keyof LossStatistics)[];
  /** Arithmetic of `reduce` and of `gradient` for one product. */
  readonly flops: number;
  /** What `reduce` and `gradient` take beside products, window, states, decisions and gradients. */
  readonly constants: Dispatch['constants'];
  readonly conditions: NonNullable<Dispatch['conditions']>;
  readonly bindings: (window: ScoreWindow) => Bindings;
}

/**
 * A loss fused with the products of features and class weights (see {@link ClassScores}), which are never stored for all classes:
 * `reduce` over the windows of the classes, then `finish`; backward, `gradient` over the windows. What the three kernels make of the
 * products is the loss's own. Loss and gradient of ten thousand classes take a state and a decision per sample in memory.
 */
export class FusedHead {
  private readonly options: FusedHeadOptions;
  private decisions: Tensor | null = null;

  constructor(options: FusedHeadOptions) {
    this.options = options;
  }

  /** The states of all samples over all classes. */
  reduce(): Tensor {
    const { scores, kernels, state, flops, constants, conditions, bindings } = this.options;
    const { device, shape } = scores.features;
    const samples = shape[0]!;
    const states = device.empty([samples, state.words], state.dtype);
    const { grid, constants: own } = sampleGrid(device, samples);
    scores.forward((window, products) =>
      device.dispatch({
        kernel: kernels.reduce,
        constants: { ...this.extents(window), ...constants, ...own },
        conditions: { ...conditions, first: window.first === 0 },
        bindings: { products, window: window.extent, states, ...bindings(window) },
        grid,
        cost: { flops: flops * products.size, bytes: 4 * products.size },
      }),
    );
    return states;
  }

  /** The end of the forward pass. @param own what the kernel takes beside states, decisions, loss and statistics */
  finish(own: Pick<Dispatch, 'constants' | 'conditions' | 'bindings'>, states: Tensor): LossWithStatistics {
    const { scores, kernels, state, decision, statistics: names } = this.options;
    const { features, weights } = scores;
    const { device } = features;
    const samples = features.shape[0]!;
    const decisions = decision && device.empty([samples, decision.words], decision.dtype);
    const loss = device.empty([]);
    const values = device.empty([names.length]);
    device.dispatch({
      kernel: kernels.finish,
      constants: { SAMPLES: samples, ALL_CLASSES: weights.shape[0]!, WORKGROUP: 32, ...own.constants },
      conditions: own.conditions,
      bindings: { states, ...(decisions ? { decisions } : {}), loss, statistics: values, ...own.bindings },
      grid: [1, 1, 1],
      cost: { flops: 16 * samples, bytes: 4 * (state.words + (decision?.words ?? 0)) * samples },
    });
    this.decisions = decisions;
    return { loss, statistics: { names, values } };
  }

  /**
   * Gradients of features and weights, the first two inputs of the operator, null where none is wanted.
   *
   * @param beyond called with each window's gradient of the products, for what else depends on it
   */
  backward(
    upstream: Tensor,
    into: (input: number) => Tensor,
    beyond?: (window: ScoreWindow, gradients: Tensor) => void,
  ): [features: Tensor | null, weights: Tensor | null] {
    const { scores } = this.options;
    const dFeatures = scores.features.requiresGradient ? into(0) : null;
    const dWeights = scores.weights.requiresGradient ? into(1) : null;
    if (dFeatures || dWeights || beyond) {
      const gradientOf = (window: ScoreWindow, products: Tensor) =>
        this.gradientOf(window, products, upstream);
      scores.backward(gradientOf, dFeatures, dWeights, beyond);
    }
    return [dFeatures, dWeights];
  }

  /** The gradient of a kernel that adds to that of the features what does not come through the products. */
  addToFeatures(kernel: Kernel, own: Pick<Dispatch, 'constants' | 'bindings'>, gradients: Tensor): void {
    const { features, rows } = this.options.scores;
    const [samples, d] = features.shape as [number, number];
    const { grid, constants } = elementGrid(features.device, features.size, 1);
    features.device.dispatch({
      kernel,
      constants: { ...constants, SAMPLES: samples, D: d, ...own.constants },
      bindings: { directions: rows, decisions: this.decisions!, grad_features: gradients, ...own.bindings },
      grid,
      cost: { flops: 2 * features.size, bytes: 12 * features.size },
    });
  }

  private gradientOf(window: ScoreWindow, products: Tensor, upstream: Tensor): Tensor {
    const { kernels, flops, constants, conditions, bindings } = this.options;
    const { device } = products;
    const gradients = device.empty(products.shape);
    const { grid, constants: own } = elementGrid(device, products.size, 1);
    device.dispatch({
      kernel: kernels.gradient,
      constants: { ...this.extents(window), ...constants, ...own },
      conditions,
      bindings: {
        products,
        window: window.extent,
        ...(this.decisions ? { decisions: this.decisions } : {}),
        upstream,
        gradients,
        ...bindings(window),
      },
      grid,
      cost: { flops: flops * products.size, bytes: 8 * products.size },
    });
    return gradients;
  }

  private extents(window: ScoreWindow): Dispatch['constants'] {
    const { features, weights } = this.options.scores;
    return { SAMPLES: features.shape[0]!, CLASSES: window.classes, ALL_CLASSES: weights.shape[0]! };
  }
}
