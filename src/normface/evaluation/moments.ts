import type { Features } from './features.ts';
import type { Matrix } from './matrix.ts';

/**
 * Weighted count, sum and scatter of feature vectors, measured from a common origin o: n = Σ w, s = Σ w (x − o) and
 * S = Σ w (x − o)(x − o)ᵀ. Moments of disjoint sets with one origin
 * add: "all folds but one" costs no walk over features.
 */
export interface Moments {
  readonly origin: Float64Array;
  readonly count: number;
  readonly sum: Float64Array;
  /** [dimension, dimension]; only entries on and right of the diagonal are used. */
  readonly scatter: Matrix;
}

/** Outer products added in one walk over the scatter, which is read and written once for all of them. */
const rowsAtOnce = 4;

/**
 * Moments of the rows of `features`, row i counted `weights[i]` times. An origin near the mean keeps what is later subtracted
 * small beside what remains.
 */
export function momentsOf(
  { values, dimension }: Features,
  weights: ArrayLike<number>,
  origin: Float64Array,
): Moments {
  const sum = new Float64Array(dimension);
  const scatter = new Float64Array(dimension * dimension);
  const rows = Array.from({ length: weights.length }, (_, row) => row).filter((row) => weights[row]! > 0);
  // Rows times the root of their weight, so that the scatter is a plain sum of outer products.
  const block = Array.from({ length: rowsAtOnce }, () => new Float64Array(dimension));
  let count = 0;
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    block.forEach((line, r) => {
      const row = rows[start + r];
      if (row === undefined) {
        line.fill(0);
        return;
      }
      const weight = weights[row]!;
      const root = Math.sqrt(weight);
      count += weight;
      for (let k = 0; k < dimension; k++) {
        const x = values[row * dimension + k]! - origin[k]!;
        sum[k]! += weight * x;
        line[k] = root * x;
      }
    });
    addOuterProducts(scatter, dimension, block);
  }
  return { origin, count, sum, scatter: { rows: dimension, columns: dimension, values: scatter } };
}

/** scatter += Σ_r x_r x_rᵀ over four rows, on and right of the diagonal. */
function addOuterProducts(scatter: Float64Array, dimension: number, [x, y, z, w]: readonly Float64Array[]) {
  for (let i = 0; i < dimension; i++) {
    const xi = x![i]!;
    const yi = y![i]!;
    const zi = z![i]!;
    const wi = w![i]!;
    const line = i * dimension;
    for (let j = i; j < dimension; j++) {
      scatter[line + j]! += xi * x![j]! + yi * y![j]! + zi * z![j]! + wi * w![j]!;
    }
  }
}

/** Moments of two disjoint sets together. */
export function combine(a: Moments, b: Moments): Moments {
  return {
    origin: a.origin,
    count: a.count + b.count,
    sum: a.sum.map((value, k) => value + b.sum[k]!),
    scatter: { ...a.scatter, values: a.scatter.values.map((value, k) => value + b.scatter.values[k]!) },
  };
}

/** Mean o + s / n. */
export function meanOf({ origin, count, sum }: Moments): Float64Array {
  return origin.map((value, k) => value + sum[k]! / count);
}

/** Covariance S / n − (s / n)(s / n)ᵀ, all entries. */
export function covarianceOf({ count, sum, scatter }: Moments): Matrix {
  const { rows, columns, values } = scatter;
  const covariance = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < columns; j++) {
      const value = values[i * columns + j]! / count - (sum[i]! / count) * (sum[j]! / count);
      covariance[i * columns + j] = value;
      covariance[j * columns + i] = value;
    }
  }
  return { rows, columns, values: covariance };
}
