import type { Tensor } from '../../core/tensor.ts';
import type { Dispatch, Kernel } from '../../runtime/kernel.ts';
import type { StructLayout } from '../../runtime/struct-layout.ts';
import type { Choice } from '../../tuning/choice.ts';
import { elementGrid } from '../../tuning/grid.ts';
import type { ProductGradients, ScoreWindow } from './class_scores.ts';
import { mergeStatesOfRanks, type StateMerge } from './class_shard.ts';
import {
  gradientsInProduct,
  gradientsOfProducts,
  type HeadPass,
  reduceInProduct,
  reduceProducts,
} from './head_passes.ts';
import { type HeadVariant, headChoice } from './head_variants.ts';
import type { LossStatistics, LossWithStatistics } from './statistics.ts';

/** What a loss over classes gives to {@link FusedHead}. */
export interface FusedHeadOptions extends HeadPass {
  /** From the states of all classes to loss, statistics and a decision per sample: what the gradient needs. One workgroup. */
  readonly finish: Kernel;
  /** Makes the states of all ranks one, where the classes are spread over several. */
  readonly merge: StateMerge;
  /** The struct that is the decision of a sample. */
  readonly decision: Pick<StructLayout, 'words' | 'dtype'>;
  /** Of the struct that `finish` writes: see `statisticNames`. */
  readonly statistics: readonly (keyof LossStatistics)[];
}

/**
 * A loss fused with the products of features and class weights, which are never stored for all classes: over the windows of the
 * classes every sample's state, then `finish`; backward the gradients of the products, window by window, as FlashAttention does over
 * keys. What a state is, and what a gradient, is the loss's own: a module of shaders/lib. Loss and gradient of ten thousand classes take a
 * state and a decision per sample in memory.
 */
export class FusedHead {
  private readonly options: FusedHeadOptions;
  private readonly choice: Choice<HeadVariant>;
  private decisions: Tensor | null = null;
  /** Products of the last window, which the backward pass begins with, where the forward pass stored them. */
  private kept: Tensor | null = null;

  constructor(options: FusedHeadOptions) {
    this.options = options;
    this.choice = headChoice(options);
  }

  /** The states of all samples over all classes. */
  reduce(): Tensor {
    const { scores, state, merge } = this.options;
    const { shard } = scores.options;
    const { device, shape } = scores.features;
    const states = device.empty([shape[0]!, state.words], state.dtype);
    device.tuner.perform(this.choice, (variant) => {
      for (const window of scores.windows) this.reduceWindow(variant, window, states);
    });
    if (shard) mergeStatesOfRanks(states, shard, merge);
    return states;
  }

  private reduceWindow({ tile, keeps }: HeadVariant, window: ScoreWindow, states: Tensor): void {
    const { scores } = this.options;
    const isLast = window === scores.windows.at(-1);
    // A second time, or in memory in any case.
    const known = isLast && this.kept;
    if (known || !tile) {
      const products = known || scores.productsOf(window);
      reduceProducts(this.options, window, products, states);
      if (isLast) this.kept = products;
      return;
    }
    const { device, shape } = scores.features;
    const kept = isLast && keeps ? device.empty([shape[0]!, window.classes]) : null;
    reduceInProduct(this.options, window, tile, states, kept);
    this.kept = kept;
  }

  /** The end of the forward pass. @param own what the kernel takes beside states, decisions, loss and statistics */
  finish(own: Pick<Dispatch, 'constants' | 'conditions' | 'bindings'>, states: Tensor): LossWithStatistics {
    const { scores, finish, state, decision, statistics: names, structConditions } = this.options;
    const { features, allClasses } = scores;
    const { device } = features;
    const samples = features.shape[0]!;
    const decisions = device.empty([samples, decision.words], decision.dtype);
    const loss = device.empty([]);
    const values = device.empty([names.length]);
    device.dispatch({
      kernel: finish,
      constants: { SAMPLES: samples, ALL_CLASSES: allClasses, WORKGROUP: 32, ...own.constants },
      conditions: { ...own.conditions, ...structConditions },
      bindings: { states, decisions, loss, statistics: values, ...own.bindings },
      grid: [1, 1, 1],
      cost: { flops: 16 * samples, bytes: 4 * (state.words + decision.words) * samples },
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
    const { options } = this;
    const { scores } = options;
    const decisions = this.decisions!;
    const head = {
      ...options,
      bindings: (window: ScoreWindow) => ({ ...options.bindings(window), decisions }),
    };
    // What products round to f16 anyway may be stored so; nobody else reads it.
    const half = scores.features.device.operands === 'f16' && !beyond;
    const gradientsOf = ({ tile }: HeadVariant, window: ScoreWindow): ProductGradients => {
      const kept = window === scores.windows.at(-1) && this.kept;
      if (tile && !kept) return gradientsInProduct(head, window, tile, upstream, half);
      return gradientsOfProducts(head, window, kept || scores.productsOf(window), upstream, half);
    };
    const dFeatures = scores.features.requiresGradient ? into(0) : null;
    const dWeights = scores.weights.requiresGradient ? into(1) : null;
    if (dFeatures || dWeights || beyond) {
      scores.features.device.tuner.perform(this.choice, (variant) =>
        scores.backward((window) => gradientsOf(variant, window), dFeatures, dWeights, beyond),
      );
    }
    return [dFeatures, dWeights];
  }

  /**
   * The gradient of a kernel that adds to that of the features what does not come through the products; where ranks add up their
   * gradients it is added by one of them.
   */
  addToFeatures(
    kernel: Kernel,
    own: Pick<Dispatch, 'constants' | 'conditions' | 'bindings'>,
    gradients: Tensor,
  ): void {
    const { scores, structConditions } = this.options;
    const { features, rows, options } = scores;
    if (options.shard && options.shard.ranks.rank !== 0) return;
    const [samples, d] = features.shape as [number, number];
    const { grid, constants } = elementGrid(features.device, features.size, 1);
    features.device.dispatch({
      kernel,
      constants: { ...constants, SAMPLES: samples, D: d, ...own.constants },
      conditions: { ...own.conditions, ...structConditions },
      bindings: { directions: rows, decisions: this.decisions!, grad_features: gradients, ...own.bindings },
      grid,
      cost: { flops: 2 * features.size, bytes: 12 * features.size },
    });
  }
}
