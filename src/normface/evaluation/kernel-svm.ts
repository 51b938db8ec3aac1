import type { Matrix } from './matrix.ts';

/** A trained machine: the decision for x is the sign of Σ coefficients_i K(x_i, x) + bias. */
export interface KernelSvm {
  /** α_i y_i of every training example; 0 for all that are no support vectors. */
  readonly coefficients: Float64Array;
  readonly bias: number;
}

export interface KernelSvmOptions {
  /** C (default 1). */
  readonly cost?: number;
  /** Stop when no two examples violate optimality by more (default 1e-3, as LIBSVM). */
  readonly tolerance?: number;
}

/** Stands in for a curvature that is not positive. */
const leastCurvature = 1e-12;

/**
 * Soft-margin support vector machine on a precomputed kernel matrix, without shrinking: minimises
 *
 *   ½ Σ_ij α_i α_j y_i y_j K_ij − Σ_i α_i   with 0 ≤ α_i ≤ C and Σ_i α_i y_i = 0
 *
 * by sequential minimal optimisation. Each step moves two multipliers: the one that violates optimality most, and the one
 * that promises the largest decrease with it by the second order (Fan, Chen and Lin, "Working set selection using second order
 * information for training support vector machines", JMLR 2005), as LIBSVM does. The bias is the mean over free support vectors,
 * or the middle of what is allowed where there are none.
 *
 * @param kernel [n, n], symmetric and positive semidefinite
 * @param labels 1 or −1, both of which must occur
 */
export function kernelSvm(kernel: Matrix, labels: Int8Array, options: KernelSvmOptions = {}): KernelSvm {
  const { cost = 1, tolerance = 1e-3 } = options;
  const { rows: n, values } = kernel;
  const alpha = new Float64Array(n);
  // −y_i times the derivative by α_i: what the bias would have to be for example i to lie on its margin.
  const needed = Float64Array.from(labels);
  const canRise = (i: number) => (labels[i]! > 0 ? alpha[i]! < cost : alpha[i]! > 0);
  const canFall = (i: number) => (labels[i]! > 0 ? alpha[i]! > 0 : alpha[i]! < cost);

  const mostSteps = Math.max(10_000_000, 100 * n);
  for (let step = 0; step < mostSteps; step++) {
    let i = -1;
    let lowest = Infinity;
    for (let k = 0; k < n; k++) {
      if (canRise(k) && (i < 0 || needed[k]! > needed[i]!)) i = k;
      if (canFall(k)) lowest = Math.min(lowest, needed[k]!);
    }
    if (i < 0 || needed[i]! - lowest < tolerance) break;
    const rowI = values.subarray(i * n, (i + 1) * n);
    let j = -1;
    let best = 0;
    for (let k = 0; k < n; k++) {
      const gap = needed[i]! - needed[k]!;
      if (!canFall(k) || gap <= 0) continue;
      const curvature = Math.max(leastCurvature, rowI[i]! + values[k * n + k]! - 2 * rowI[k]!);
      const decrease = (gap * gap) / curvature;
      if (decrease > best) {
        best = decrease;
        j = k;
      }
    }
    // α_i y_i grows and α_j y_j shrinks by the same amount, until the gap closes or one meets a bound.
    const curvature = Math.max(leastCurvature, rowI[i]! + values[j * n + j]! - 2 * rowI[j]!);
    const roomI = labels[i]! > 0 ? cost - alpha[i]! : alpha[i]!;
    const roomJ = labels[j]! > 0 ? alpha[j]! : cost - alpha[j]!;
    const amount = Math.min((needed[i]! - needed[j]!) / curvature, roomI, roomJ);
    // A multiplier that meets its bound is put there exactly: the rest of a difference would keep it in play.
    alpha[i] = amount === roomI ? (labels[i]! > 0 ? cost : 0) : alpha[i]! + labels[i]! * amount;
    alpha[j] = amount === roomJ ? (labels[j]! > 0 ? 0 : cost) : alpha[j]! - labels[j]! * amount;
    const rowJ = values.subarray(j * n, (j + 1) * n);
    for (let k = 0; k < n; k++) needed[k]! -= amount * (rowI[k]! - rowJ[k]!);
  }
  return {
    coefficients: alpha.map((value, k) => value * labels[k]!),
    bias: biasOf(needed, alpha, cost, canRise),
  };
}

function biasOf(
  needed: Float64Array,
  alpha: Float64Array,
  cost: number,
  canRise: (example: number) => boolean,
): number {
  let free = 0;
  let sum = 0;
  let low = -Infinity;
  let high = Infinity;
  needed.forEach((value, k) => {
    if (alpha[k]! > 0 && alpha[k]! < cost) {
      free++;
      sum += value;
    } else if (canRise(k)) low = Math.max(low, value);
    else high = Math.min(high, value);
  });
  return free > 0 ? sum / free : (low + high) / 2;
}

/** Histogram intersection Σ_k min(a_k, b_k) of every row of `a` with every row of `b`: [a.rows, b.rows]. */
export function histogramIntersections(a: Matrix, b: Matrix): Matrix {
  const { columns, values: x } = a;
  const { values: y } = b;
  const values = new Float64Array(a.rows * b.rows);
  for (let i = 0; i < a.rows; i++) {
    // The matrix of rows with themselves is symmetric.
    for (let j = a === b ? i : 0; j < b.rows; j++) {
      const left = i * columns;
      const right = j * columns;
      let sum = 0;
      for (let k = 0; k < columns; k++) {
        const p = x[left + k]!;
        const q = y[right + k]!;
        sum += p < q ? p : q;
      }
      values[i * b.rows + j] = sum;
      if (a === b) values[j * b.rows + i] = sum;
    }
  }
  return { rows: a.rows, columns: b.rows, values };
}
