import type { Features } from './features.ts';
import type { PairList } from './pairs.ts';

/*
 * Similarities of L2-normalised features, and at the end of the file of features as they are, computed in float64. A zero feature
 * normalises to zero: its cosine with anything is 0. Rounding must not leave the closed range, because some protocols compare
 * strictly with its end: cosines are clamped to [-1, 1].
 */

/** 1 / |x_i - mean| of every row, and 0 for a row that equals the mean. */
function inverseNorms({ values, dimension }: Features, mean?: Float64Array): Float64Array {
  const inverse = new Float64Array(values.length / dimension);
  for (let row = 0; row < inverse.length; row++) {
    let sum = 0;
    for (let k = 0; k < dimension; k++) {
      const x = values[row * dimension + k]! - (mean ? mean[k]! : 0);
      sum += x * x;
    }
    inverse[row] = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  }
  return inverse;
}

/** Cosine of each pair, in [-1, 1]; with `mean` (length dimension), of the features after the mean is subtracted. */
export function cosineScores(features: Features, pairs: PairList, mean?: Float64Array): Float64Array {
  const { values, dimension } = features;
  const inverse = inverseNorms(features, mean);
  const scores = new Float64Array(pairs.a.length);
  for (let i = 0; i < scores.length; i++) {
    const rowA = pairs.a[i]!;
    const rowB = pairs.b[i]!;
    let dot = 0;
    for (let k = 0; k < dimension; k++) {
      const centre = mean ? mean[k]! : 0;
      dot += (values[rowA * dimension + k]! - centre) * (values[rowB * dimension + k]! - centre);
    }
    scores[i] = Math.min(1, Math.max(-1, dot * inverse[rowA]! * inverse[rowB]!));
  }
  return scores;
}

/** Squared Euclidean distance of the normalised features of each pair: 2 - 2 cosine, in [0, 4], without its cancellation. */
export function squaredDistances(features: Features, pairs: PairList): Float64Array {
  const { values, dimension } = features;
  const inverse = inverseNorms(features);
  const distances = new Float64Array(pairs.a.length);
  for (let i = 0; i < distances.length; i++) {
    const rowA = pairs.a[i]!;
    const rowB = pairs.b[i]!;
    let sum = 0;
    for (let k = 0; k < dimension; k++) {
      const difference =
        values[rowA * dimension + k]! * inverse[rowA]! - values[rowB * dimension + k]! * inverse[rowB]!;
      sum += difference * difference;
    }
    distances[i] = sum;
  }
  return distances;
}

/** Inner product of each pair of features as they are. */
export function innerProducts({ values, dimension }: Features, pairs: PairList): Float64Array {
  return Float64Array.from(pairs.a, (rowA, i) => {
    const [a, b] = [rowA * dimension, pairs.b[i]! * dimension];
    let sum = 0;
    for (let k = 0; k < dimension; k++) sum += values[a + k]! * values[b + k]!;
    return sum;
  });
}

/** Euclidean distance of each pair of features as they are. */
export function rawDistances({ values, dimension }: Features, pairs: PairList): Float64Array {
  return Float64Array.from(pairs.a, (rowA, i) => {
    const [a, b] = [rowA * dimension, pairs.b[i]! * dimension];
    let sum = 0;
    for (let k = 0; k < dimension; k++) sum += (values[a + k]! - values[b + k]!) ** 2;
    return Math.sqrt(sum);
  });
}

/** The lesser of the norms of each pair's two features: the quality of the pair, where long features are sure ones. */
export function leastNorms({ values, dimension }: Features, { a, b }: PairList): Float64Array {
  const norms = Float64Array.from({ length: values.length / dimension }, (_, row) => {
    let sum = 0;
    for (let k = row * dimension; k < (row + 1) * dimension; k++) sum += values[k]! * values[k]!;
    return Math.sqrt(sum);
  });
  return Float64Array.from(a, (rowA, i) => Math.min(norms[rowA]!, norms[b[i]!]!));
}
