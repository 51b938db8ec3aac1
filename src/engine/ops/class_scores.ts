import source from '../../shaders/score_projection.wgsl';
import { walkers } from '../grid.ts';
import type { Tensor } from '../tensor.ts';
import { type ClassWindow, classWindows } from './class_windows.ts';
import { rowInverseNorms, scaledNormaliseGradient } from './l2_normalise.ts';
import { gemm } from './matmul.ts';

const projectionKernel = { name: 'score_projection', source };

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
  /** The number of the first class, as f32: exact up to 2²⁴ classes. */
  readonly firstClass: Tensor;
}

/**
 * Products of features with class weights, walked in windows of classes: forward makes the products of a
 * window and hands them to a kernel that folds them into one state per sample, as FlashAttention does over keys; backward
 * makes them again and contracts their gradient with weights and features. Memory is O(n·(d + window) + classes);
 * normalised copies of features and weights are never made.
 */
export class ClassScores {
  readonly windows: readonly ScoreWindow[];
  /** 1/‖f‖ of every sample. */
  readonly inverseFeatures: Tensor;
  private readonly options: ClassScoresOptions;
  /** Products of the last window: the backward pass begins with it. */
  private last: Tensor | null = null;

  constructor(options: ClassScoresOptions) {
    const { operator, features, weights, epsilon } = options;
    const [classes, d] = weights.shape as [number, number];
    this.options = options;
    this.inverseFeatures = rowInverseNorms(features, epsilon);
    this.windows = classWindows(features.device, operator, features.shape[0]!, [classes, d]).map((window) => {
      const rows = weights.rows(window.first, window.classes);
      const firstClass = features.device.constant(window.first, [1]);
      return { ...window, weights: rows, inverseWeights: rowInverseNorms(rows, epsilon), firstClass };
    });
  }

  /**
   * Calls `fold` with ⟨f_i, w_j⟩ of every sample and every class of a window, [n, window], one window after the other. A second
   * walk makes the products again where there are several windows.
   */
  forward(fold: (window: ScoreWindow, products: Tensor) => void): void {
    for (const window of this.windows) {
      const products = (this.windows.length === 1 && this.last) || this.productsOf(window);
      this.last = products;
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
    [...this.windows].reverse().forEach((window, index) => {
      const products = index === 0 ? this.last! : this.productsOf(window);
      const gradients = gradientOf(window, products);
      const { weights } = window;
      if (featureSum) gemm(gradients, weights, false, false, null, featureSum, { accumulate: index > 0 });
      if (dWeights) {
        const coefficients = normaliseWeights ? this.projectionOf(window, products, gradients) : null;
        const projection = coefficients && { coefficients, base: weights };
        gemm(gradients, features, true, false, null, dWeights.rows(window.first, window.classes), {
          projection,
        });
      }
      beyond?.(window, gradients);
    });
    if (dFeatures && featureSum && normaliseFeatures)
      scaledNormaliseGradient(features, featureSum, epsilon, dFeatures);
  }

  /**
   * ⟨w_j, u_j⟩/‖w_j‖² of every class of a window, with u_j = Σ_i g_ij f_i: what the tangent projection takes away of w_j. Found
   * from products and gradients, ⟨w_j, u_j⟩ = Σ_i g_ij ⟨f_i, w_j⟩, without reading weights.
   */
  private projectionOf(window: ScoreWindow, products: Tensor, gradients: Tensor): Tensor {
    const { device } = products;
    const [samples, classes] = products.shape as [number, number];
    const coefficients = device.empty([classes]);
    const workgroup = walkers(device);
    device.dispatch({
      kernel: projectionKernel,
      constants: { SAMPLES: samples, CLASSES: classes, WORKGROUP: workgroup },
      bindings: { products, gradients, inverse_weights: window.inverseWeights, coefficients },
      grid: [Math.ceil(classes / workgroup), 1, 1],
      cost: { flops: 2 * products.size, bytes: 8 * products.size },
    });
    return coefficients;
  }

  private productsOf({ weights, classes }: ScoreWindow): Tensor {
    const { features } = this.options;
    const products = features.device.empty([features.shape[0]!, classes]);
    return gemm(features, weights, false, true, null, products);
  }
}
