import finishSource from '../../shaders/softmax_head_finish.wgsl';
import foldSource from '../../shaders/softmax_head_fold.wgsl';
import gradientSource from '../../shaders/softmax_head_gradient.wgsl';
import { record } from '../autograd.ts';
import { elementGrid } from '../grid.ts';
import type { Tensor } from '../tensor.ts';
import { accumulate } from './accumulate.ts';
import { type ClassWindow, classWindows, rowsOf } from './class_windows.ts';
import { rowInverseNorms, scaledNormaliseGradient } from './l2_normalise.ts';
import { gemm } from './matmul.ts';
import { multiply } from './multiply.ts';
import { sumRows } from './sum_rows.ts';

const foldKernel = { name: 'softmax_head_fold', source: foldSource };
const finishKernel = { name: 'softmax_head_finish', source: finishSource };
const gradientKernel = { name: 'softmax_head_gradient', source: gradientSource };

/** Floats in the struct State of shaders/lib/softmax_state.wgsl. */
const stateNumbers = 5;

export interface SoftmaxHeadOptions {
  readonly operator: string;
  /** [n, d] */
  readonly features: Tensor;
  /** [classes, d] */
  readonly weights: Tensor;
  /** [classes] or null; only without normalisation */
  readonly bias: Tensor | null;
  /** [n] u32 */
  readonly labels: Tensor;
  /** One number s; its gradient is that of the unclamped scale. */
  readonly scale: Tensor;
  /** Least s that is used. */
  readonly floor: number;
  readonly normaliseFeatures: boolean;
  readonly normaliseWeights: boolean;
  /** Added to squared norms, inside the root. */
  readonly epsilon: number;
}

/** A loss and what a training log wants to know of it, computed on the way. */
export interface LossWithStatistics {
  /** A scalar. */
  readonly loss: Tensor;
  /**
   * Mean score of the own class, mean score of the other classes, scale. Not differentiable; overwritten by every run of a captured
   * step.
   */
  readonly statistics: Tensor;
}

/**
 * Softmax cross-entropy over scores of features and class weights. The classes are walked in windows of at most a few thousand:
 * forward folds the scores of a window into a state per sample (running maximum and sum, as FlashAttention does over keys);
 * backward computes the scores of each window again and contracts their gradient with features and weights. Neither the
 * scores of all classes nor normalised copies of features and weights are ever in memory: O(n·(d + window) + classes·d).
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
  private readonly windows: readonly ClassWindow[];
  private readonly inverseFeatures: Tensor | null;
  private readonly inverseWeights: readonly (Tensor | null)[];
  private readonly states: Tensor;
  /** ∂loss/∂s */
  private readonly slope: Tensor;
  /** Products of the only window, kept for the backward pass. */
  private products: Tensor | null = null;

  constructor(options: SoftmaxHeadOptions) {
    const { operator, features, weights, scale, floor, epsilon } = options;
    const { device } = features;
    const [classes, d] = weights.shape as [number, number];
    const n = features.shape[0]!;
    this.options = options;
    this.windows = classWindows(device, operator, classes, d);
    this.inverseFeatures = options.normaliseFeatures ? rowInverseNorms(features, epsilon) : null;
    this.inverseWeights = this.windows.map((window) =>
      options.normaliseWeights ? rowInverseNorms(rowsOf(weights, window), epsilon) : null,
    );
    this.states = device.empty([n, stateNumbers], 'u32');
    this.windows.forEach((window, index) => {
      const products = this.productsOf(window);
      if (this.windows.length === 1) this.products = products;
      this.fold(index, products);
    });
    this.loss = device.empty([]);
    this.statistics = device.empty([3]);
    this.slope = device.empty([]);
    device.dispatch({
      kernel: finishKernel,
      constants: { SAMPLES: n, ALL_CLASSES: classes, FLOOR: floor, WORKGROUP: 32 },
      bindings: {
        states: this.states,
        scale,
        loss: this.loss,
        statistics: this.statistics,
        slope: this.slope,
      },
      grid: [1, 1, 1],
      cost: { flops: 8 * n, bytes: 4 * stateNumbers * n },
    });
  }

  /** ⟨f_i, w_j⟩ of every sample and every class of a window. */
  private productsOf(window: ClassWindow): Tensor {
    const { features, weights } = this.options;
    const products = features.device.empty([features.shape[0]!, window.classes]);
    return gemm(features, rowsOf(weights, window), false, true, null, products);
  }

  /** What the kernels over a window have in common. */
  private common(index: number, products: Tensor) {
    const { features, weights, bias, labels, scale, floor, normaliseFeatures, normaliseWeights } =
      this.options;
    const window = this.windows[index]!;
    const inverseWeights = this.inverseWeights[index];
    return {
      constants: {
        SAMPLES: features.shape[0]!,
        CLASSES: window.classes,
        ALL_CLASSES: weights.shape[0]!,
        FIRST_CLASS: window.first,
        FLOOR: floor,
      },
      conditions: {
        normalise_features: normaliseFeatures,
        normalise_weights: normaliseWeights,
        bias: bias !== null,
      },
      bindings: {
        products,
        labels,
        scale,
        states: this.states,
        ...(this.inverseFeatures ? { inverse_features: this.inverseFeatures } : {}),
        ...(inverseWeights ? { inverse_weights: inverseWeights } : {}),
        ...(bias ? { bias: rowsOf(bias, window) } : {}),
      },
    };
  }

  private fold(index: number, products: Tensor): void {
    const { constants, conditions, bindings } = this.common(index, products);
    const x = Math.min(constants.SAMPLES, 65535);
    products.device.dispatch({
      kernel: foldKernel,
      constants: { ...constants, WORKGROUP: 32, GRID_X: x },
      conditions: { ...conditions, first: index === 0 },
      bindings,
      grid: [x, Math.ceil(constants.SAMPLES / x), 1],
      cost: { flops: 8 * products.size, bytes: 4 * products.size },
    });
  }

  private gradientOf(index: number, products: Tensor, upstream: Tensor): Tensor {
    const { constants, conditions, bindings } = this.common(index, products);
    const { device } = products;
    const gradients = device.empty(products.shape);
    const { grid, constants: walk } = elementGrid(device, products.size, 1);
    device.dispatch({
      kernel: gradientKernel,
      constants: { ...constants, ...walk },
      conditions,
      bindings: { ...bindings, upstream, gradients },
      grid,
      cost: { flops: 8 * products.size, bytes: 8 * products.size },
    });
    return gradients;
  }

  backward(upstream: Tensor, into: (input: number) => Tensor): (Tensor | null)[] {
    const { features, weights, bias, scale, normaliseFeatures, normaliseWeights, epsilon } = this.options;
    const { device } = features;
    const n = features.shape[0]!;
    const dFeatures = features.requiresGradient ? into(0) : null;
    const dWeights = weights.requiresGradient ? into(1) : null;
    const dBias = bias?.requiresGradient ? into(3) : null;
    // Σ_j g_ij w_j over all windows; where features are normalised, its projection on the tangent plane is the gradient.
    const featureSum = dFeatures && normaliseFeatures ? device.empty(features.shape) : dFeatures;
    const wantsWindows = dFeatures || dWeights || dBias;
    if (wantsWindows) {
      this.windows.forEach((window, index) => {
        const gradients = this.gradientOf(index, this.products ?? this.productsOf(window), upstream);
        const rows = rowsOf(weights, window);
        if (featureSum && index === 0) gemm(gradients, rows, false, false, null, featureSum);
        else if (featureSum) {
          accumulate(
            featureSum,
            gemm(gradients, rows, false, false, null, device.empty(features.shape)),
            true,
          );
        }
        if (dWeights) {
          const target = rowsOf(dWeights, window);
          const sum = normaliseWeights ? device.empty(rows.shape) : target;
          gemm(gradients, features, true, false, null, sum);
          if (normaliseWeights) scaledNormaliseGradient(rows, sum, epsilon, target);
        }
        if (dBias) sumRows(gradients, n, window.classes, rowsOf(dBias, window));
      });
    }
    if (dFeatures && featureSum && normaliseFeatures)
      scaledNormaliseGradient(features, featureSum, epsilon, dFeatures);
    const dScale = scale.requiresGradient ? multiply(this.slope, upstream).view(scale.shape) : null;
    return [dFeatures, dWeights, dScale, ...(bias ? [dBias] : [])];
  }
}
