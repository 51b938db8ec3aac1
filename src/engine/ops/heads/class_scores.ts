import source from '../../../shaders/heads/score_jacobian.wesl';
import { rowsOf, type Tensor } from '../../core/tensor.ts';
import type { Dispatch, Kernel } from '../../runtime/kernel.ts';
import { workgroupSize } from '../../tuning/grid.ts';
import { gemm } from '../matmul/gemm.ts';
import {
  normalisedRows,
  normaliseGradient,
  rowGrid,
  rowInverseNorms,
  rowSquares,
} from '../norm/l2_normalise.ts';
import { type ClassWindow, classWindows, windowExtents } from './class_windows.ts';

const jacobianKernel = { name: 'score_jacobian', source };

export interface ClassScoresOptions {
  readonly operator: string;
  /** [n, d] */
  readonly features: Tensor;
  /** [classes, d] */
  readonly weights: Tensor;
  readonly normaliseFeatures: boolean;
  readonly normaliseWeights: boolean;
  /** Squared distances are made of the products (default false). */
  readonly distances?: boolean;
  /** Added to squared norms, inside the root. */
  readonly epsilon: number;
  /** One u32: only so many rows of the weights are classes (default: all). */
  readonly classesInUse?: Tensor | undefined;
}

/** One window of the classes with what the kernels of a head bind for it. */
export interface ScoreWindow extends ClassWindow {
  /** The rows of the weights. */
  readonly weights: Tensor;
  /** 1/‖w‖ of each row; for distances to weights that are not normalised ‖w‖². */
  readonly norms: Tensor;
  /** [2] u32: number of its first class, and how many classes take part from there on. See shaders/lib/class_window. */
  readonly extent: Tensor;
}

/**
 * Products of features with class weights, in windows of classes: forward makes the products of a
 * window and hands them to a kernel that reduces them to one state per sample, as FlashAttention does over keys; backward
 * makes them again and contracts their gradient with weights and features. Memory is O(n·(d + window) + classes); a normalised copy
 * is made of the features only, so that products of large numbers do not overflow.
 */
export class ClassScores {
  readonly windows: readonly ScoreWindow[];
  /** [n, d] */
  readonly features: Tensor;
  /** [classes, d] */
  readonly weights: Tensor;
  /** The rows that the products are of: the features, normalised or not. */
  readonly rows: Tensor;
  private readonly options: ClassScoresOptions;
  /** Products of the last window: the backward pass begins with it. */
  private last: Tensor | null = null;

  constructor(options: ClassScoresOptions) {
    const { operator, features, weights, normaliseFeatures, normaliseWeights, epsilon } = options;
    const [classes, d] = weights.shape as [number, number];
    this.options = options;
    this.features = features;
    this.weights = weights;
    this.rows = normaliseFeatures ? normalisedRows(features, epsilon) : features;
    const windows = classWindows(features.device, operator, features.shape[0]!, [classes, d]);
    const extents = windowExtents(features.device, windows, options.classesInUse);
    this.windows = windows.map((window, i) => {
      const rows = rowsOf(weights, window.first, window.classes);
      const norms =
        options.distances && !normaliseWeights ? rowSquares(rows) : rowInverseNorms(rows, epsilon);
      return { ...window, weights: rows, norms, extent: extents[i]! };
    });
  }

  /**
   * Calls `reduce` with the products ⟨row_i, w_j⟩ of every sample and every class of a window, [n, window], one window after the other.
   * A second call makes the products again where there are several windows.
   */
  forward(reduce: (window: ScoreWindow, products: Tensor) => void): void {
    for (const window of this.windows) {
      const products = (this.windows.length === 1 && this.last) || this.productsOf(window);
      this.last = products;
      reduce(window, products);
    }
  }

  /**
   * Runs a kernel over the windows that looks at every sample together with the weights of its own class, where these are in the
   * window: eight samples per workgroup.
   */
  perSample(
    kernel: Kernel,
    labels: Tensor,
    own: Partial<Pick<Dispatch, 'constants' | 'conditions'>>,
    bindings: (window: ScoreWindow) => Dispatch['bindings'],
  ): void {
    const { rows, weights: all } = this;
    const [n, d] = rows.shape as [number, number];
    const { grid, constants } = rowGrid(rows.device, n);
    for (const window of this.windows) {
      const { classes, weights, extent } = window;
      rows.device.dispatch({
        kernel,
        constants: {
          ...constants,
          SAMPLES: n,
          CLASSES: classes,
          ALL_CLASSES: all.shape[0]!,
          D: d,
          ...own.constants,
        },
        conditions: { normalise_weights: this.options.normaliseWeights, ...own.conditions },
        bindings: { features: rows, weights, labels, window: extent, ...bindings(window) },
        grid,
        cost: { flops: 6 * rows.size, bytes: 8 * rows.size },
      });
    }
  }

  /**
   * Gradients of features and weights from those of the products.
   *
   * @param gradientOf ∂L/∂⟨row_i, w_j⟩ of a window, [n, window], given its products
   * @param dFeatures where the gradient of the features goes, or null; the same for `dWeights`
   * @param beyond called with each window's gradient, for what else depends on it
   */
  backward(
    gradientOf: (window: ScoreWindow, products: Tensor) => Tensor,
    dFeatures: Tensor | null,
    dWeights: Tensor | null,
    beyond?: (window: ScoreWindow, gradients: Tensor) => void,
  ): void {
    const { features, normaliseFeatures, normaliseWeights, distances, epsilon } = this.options;
    const { device } = features;
    // Σ_j g_ij w_j over all windows is the gradient of the rows.
    const featureSum = dFeatures && normaliseFeatures ? device.empty(features.shape) : dFeatures;
    [...this.windows].reverse().forEach((window, index) => {
      const products = index === 0 ? this.last! : this.productsOf(window);
      const gradients = gradientOf(window, products);
      const { weights } = window;
      if (featureSum) gemm(gradients, weights, { accumulate: index > 0, out: featureSum });
      if (dWeights) {
        const isPlain = !normaliseWeights && !distances;
        const coefficients = isPlain ? null : this.jacobianOf(window, products, gradients);
        const jacobian = coefficients && { coefficients, base: weights };
        gemm(gradients, this.rows, {
          transposeA: true,
          jacobian,
          out: rowsOf(dWeights, window.first, window.classes),
        });
      }
      beyond?.(window, gradients);
    });
    if (dFeatures && featureSum && normaliseFeatures)
      normaliseGradient(features, featureSum, epsilon, dFeatures);
  }

  /**
   * What the gradient of every class of a window has beside Σ_i g_ij row_i, as a share of w_j: see shaders/heads/score_jacobian. Found
   * from products and gradients, without reading weights.
   */
  private jacobianOf(window: ScoreWindow, products: Tensor, gradients: Tensor): Tensor {
    const { device } = products;
    const [samples, classes] = products.shape as [number, number];
    const { normaliseWeights, distances = false, epsilon } = this.options;
    const coefficients = device.empty([classes, 2]);
    const workgroup = workgroupSize(device);
    device.dispatch({
      kernel: jacobianKernel,
      constants: { SAMPLES: samples, CLASSES: classes, WORKGROUP: workgroup, EPSILON: epsilon },
      conditions: { normalise_weights: normaliseWeights, distances },
      bindings: { products, gradients, norms: window.norms, coefficients },
      grid: [Math.ceil(classes / workgroup), 1, 1],
      cost: { flops: 2 * products.size, bytes: 8 * products.size },
    });
    return coefficients;
  }

  private productsOf({ weights, classes }: ScoreWindow): Tensor {
    const { rows } = this;
    const products = rows.device.empty([rows.shape[0]!, classes]);
    return gemm(rows, weights, { transposeB: true, out: products });
  }
}
