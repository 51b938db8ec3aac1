import { rowsOf, type Tensor } from '../../core/tensor.ts';
import type { Dispatch, Kernel } from '../../runtime/kernel.ts';
import { type GemmOptions, gemm } from '../matmul/gemm.ts';
import {
  normalisedRows,
  normaliseGradient,
  rowGrid,
  rowInverseNorms,
  rowSquares,
} from '../norm/l2_normalise.ts';
import type { ClassShard } from './class_shard.ts';
import { type ClassWindow, classWindows, mostWeightBytes, windowExtents } from './class_windows.ts';

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
  /** Where other ranks have the other classes (default: there are none). */
  readonly shard?: ClassShard | null | undefined;
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

/** What the gradients of a window's products are made of further on. */
export interface ProductGradients {
  /** [n, window]: ∂L/∂⟨row_i, w_j⟩, or as `half` says. */
  readonly gradients: Tensor;
  /** Where the gradients are f16 in pairs, what `gemm` makes of them: see shaders/lib/half_pairs. */
  readonly half: GemmOptions['half'];
  /** [window, 2]: the Jacobian of the weights' normalisation, see shaders/lib/class_jacobian; null where there is none. */
  readonly coefficients: Tensor | null;
}

/**
 * Features and class weights whose products are a head's scores, in windows of classes, and what their gradients become. Memory is
 * O(n·(d + window) + classes); a normalised copy is made of the features only, so that products of large numbers do not overflow.
 */
export class ClassScores {
  readonly options: ClassScoresOptions;
  readonly windows: readonly ScoreWindow[];
  /** [n, d] */
  readonly features: Tensor;
  /** [classes, d] */
  readonly weights: Tensor;
  /** The rows that the products are of: the features, normalised or not. */
  readonly rows: Tensor;

  constructor(options: ClassScoresOptions) {
    const { operator, features, weights, normaliseFeatures, normaliseWeights, epsilon } = options;
    const [classes, d] = weights.shape as [number, number];
    this.options = options;
    this.features = features;
    this.weights = weights;
    this.rows = normaliseFeatures ? normalisedRows(features, epsilon) : features;
    const windows = classWindows(features.device, operator, features.shape[0]!, [classes, d]);
    const extents = windowExtents(features.device, windows, options.classesInUse, options.shard?.first);
    const normsOf = (rows: Tensor): Tensor =>
      options.distances && !normaliseWeights ? rowSquares(rows) : rowInverseNorms(rows, epsilon);
    // At once, unless they exceed a binding.
    const allNorms = weights.bytes <= mostWeightBytes(features.device) ? normsOf(weights) : null;
    this.windows = windows.map((window, i) => {
      const { first, classes } = window;
      const rows = rowsOf(weights, first, classes);
      const norms = allNorms ? rowsOf(allNorms, first, classes) : normsOf(rows);
      return { ...window, weights: rows, norms, extent: extents[i]! };
    });
  }

  /** Number of classes, those of other ranks included. */
  get allClasses(): number {
    return this.options.shard?.classes ?? this.weights.shape[0]!;
  }

  /** Whether the gradient of the weights has a part along the weights. */
  get hasJacobian(): boolean {
    const { weights, normaliseWeights, distances = false } = this.options;
    return weights.requiresGradient && (normaliseWeights || distances);
  }

  /** The products ⟨row_i, w_j⟩ of every sample and every class of a window, [n, window]. */
  productsOf({ weights, classes }: ScoreWindow): Tensor {
    const { rows } = this;
    const products = rows.device.empty([rows.shape[0]!, classes]);
    return gemm(rows, weights, { transposeB: true, out: products });
  }

  /**
   * Runs a kernel over the windows that looks at every sample together with the weights of its own class, where these are in the
   * window: eight samples per workgroup.
   *
   * @param windows those to look at; the first alone where the kernel reads no weights
   */
  perSample(
    kernel: Kernel,
    labels: Tensor,
    own: Partial<Pick<Dispatch, 'constants' | 'conditions' | 'cost'>>,
    bindings: Dispatch['bindings'],
    windows = this.windows,
  ): void {
    const { rows } = this;
    const [n, d] = rows.shape as [number, number];
    const { grid, constants } = rowGrid(rows.device, n);
    for (const window of windows) {
      const { classes, weights, norms, extent } = window;
      rows.device.dispatch({
        kernel,
        constants: {
          ...constants,
          SAMPLES: n,
          CLASSES: classes,
          ALL_CLASSES: this.allClasses,
          D: d,
          ...own.constants,
        },
        conditions: { normalise_weights: this.options.normaliseWeights, ...own.conditions },
        bindings: { features: rows, weights, labels, norms, window: extent, ...bindings },
        grid,
        cost: own.cost ?? { flops: 6 * rows.size, bytes: 8 * rows.size },
      });
    }
  }

  /**
   * Gradients of features and weights from those of the products, one window after the other, the last one first.
   *
   * @param gradientsOf those of one window
   * @param dFeatures where the gradient of the features goes, or null; the same for `dWeights`
   * @param beyond called with each window's gradient, for what else depends on it
   */
  backward(
    gradientsOf: (window: ScoreWindow) => ProductGradients,
    dFeatures: Tensor | null,
    dWeights: Tensor | null,
    beyond?: (window: ScoreWindow, gradients: Tensor) => void,
  ): void {
    const { features, normaliseFeatures, epsilon } = this.options;
    // Σ_j g_ij w_j over all windows is the gradient of the rows.
    const featureSum = dFeatures && normaliseFeatures ? features.device.empty(features.shape) : dFeatures;
    [...this.windows].reverse().forEach((window, index) => {
      const { gradients, half, coefficients } = gradientsOf(window);
      const { weights, first, classes } = window;
      if (featureSum) gemm(gradients, weights, { half, accumulate: index > 0, out: featureSum });
      if (dWeights) {
        const jacobian = coefficients && { coefficients, base: weights };
        gemm(gradients, this.rows, {
          transposeA: true,
          half,
          jacobian,
          out: rowsOf(dWeights, first, classes),
        });
      }
      beyond?.(window, gradients);
    });
    if (dFeatures && featureSum && normaliseFeatures)
      normaliseGradient(features, featureSum, epsilon, dFeatures);
  }
}
