import type { Tensor } from '../tensor.ts';
import { accumulate } from './accumulate.ts';
import { type ClassWindow, classWindows, rowsOf } from './class_windows.ts';
import { rowInverseNorms, scaledNormaliseGradient } from './l2_normalise.ts';
import { gemm } from './matmul.ts';

export interface ClassScoresOptions {
  readonly operator: string;
  /** [n, d] */
  readonly features: Tensor;
  /** [classes, d] */
  readonly weights: Tensor;
  readonly normaliseFeatures: boolean;
  readonly normaliseWeights: boolean;
  /** Added to squared norms, inside the root. */
  readonly epsilon: number;
}

/** One window of the classes with what the kernels of a head bind for it. */
export interface ScoreWindow extends ClassWindow {
  /** The rows of the weights. */
  readonly weights: Tensor;
  /** 1/‖w‖ of each row. */
  readonly inverseWeights: Tensor;
}

/**
 * Products of features with class weights, walked in windows of at most a thousand classes: forward makes the products of a
 * window and hands them to a kernel that folds them into one state per sample, as FlashAttention does over keys; backward
 * makes them again and contracts their gradient with weights and features. Neither the scores of all classes nor normalised
 * copies of features and weights are ever in memory: O(n·(d + window) + window·d).
 */
export class ClassScores {
  readonly windows: readonly ScoreWindow[];
  /** 1/‖f‖ of every sample. */
  readonly inverseFeatures: Tensor;
  private readonly options: ClassScoresOptions;
  /** Products of the only window, kept for the backward pass. */
  private kept: Tensor | null = null;

  constructor(options: ClassScoresOptions) {
    const { operator, features, weights, epsilon } = options;
    const [classes, d] = weights.shape as [number, number];
    this.options = options;
    this.inverseFeatures = rowInverseNorms(features, epsilon);
    this.windows = classWindows(features.device, operator, classes, d).map((window) => {
      const rows = rowsOf(weights, window);
      return { ...window, weights: rows, inverseWeights: rowInverseNorms(rows, epsilon) };
    });
  }

  /** Calls `fold` with ⟨f_i, w_j⟩ of every sample and every class of a window, [n, window], one window after the other. */
  forward(fold: (window: ScoreWindow, products: Tensor) => void): void {
    for (const window of this.windows) {
      const products = this.productsOf(window);
      if (this.windows.length === 1) this.kept = products;
      fold(window, products);
    }
  }

  /**
   * Gradients of features and weights from those of the products.
   *
   * @param gradientOf ∂L/∂⟨f_i, w_j⟩ of a window, [n, window], given its products
   * @param dFeatures where the gradient of the features goes, or null; the same for `dWeights`
   * @param beyond called with each window's gradient, for what else depends on it
   */
  backward(
    gradientOf: (window: ScoreWindow, products: Tensor) => Tensor,
    dFeatures: Tensor | null,
    dWeights: Tensor | null,
    beyond?: (window: ScoreWindow, gradients: Tensor) => void,
  ): void {
    const { features, normaliseFeatures, normaliseWeights, epsilon } = this.options;
    const { device } = features;
    // Σ_j g_ij w_j over all windows; where features are normalised, its projection on the tangent plane is the gradient.
    const featureSum = dFeatures && normaliseFeatures ? device.empty(features.shape) : dFeatures;
    for (const window of this.windows) {
      const gradients = gradientOf(window, this.kept ?? this.productsOf(window));
      const { weights } = window;
      if (featureSum) {
        const isFirst = window.first === 0;
        const part = isFirst ? featureSum : device.empty(features.shape);
        gemm(gradients, weights, false, false, null, part);
        if (!isFirst) accumulate(featureSum, part, true);
      }
      if (dWeights) {
        const target = rowsOf(dWeights, window);
        const sum = normaliseWeights ? device.empty(weights.shape) : target;
        gemm(gradients, features, true, false, null, sum);
        if (normaliseWeights) scaledNormaliseGradient(weights, sum, epsilon, target);
      }
      beyond?.(window, gradients);
    }
    if (dFeatures && featureSum && normaliseFeatures)
      scaledNormaliseGradient(features, featureSum, epsilon, dFeatures);
  }

  private productsOf({ weights, classes }: ScoreWindow): Tensor {
    const { features } = this.options;
    const products = features.device.empty([features.shape[0]!, classes]);
    return gemm(features, weights, false, true, null, products);
  }
}
