import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { scoreMatrix } from './class_scores.reference.ts';

/** UniFace's unified cross-entropy, a sum of binary cross-entropies; see the operator. */
export function uniFaceReference(
  features: ReferenceArray,
  weights: ReferenceArray,
  labels: ReferenceArray,
  bias: number,
  options: {
    s: number;
    margin: number;
    lambda: number;
    clamped: boolean;
    normaliseWeights: boolean;
    classesInUse?: number;
  },
): ReferenceArray {
  const { s, margin, lambda, clamped, normaliseWeights, classesInUse } = options;
  const kept = (x: number): number => (clamped ? Math.min(s, Math.max(-s, x)) : x);
  // −log of the logistic function.
  const cost = (x: number): number => Math.max(0, -x) + Math.log1p(Math.exp(-Math.abs(x)));
  const losses = scoreMatrix(features, weights, { normaliseWeights }).map((row, i) => {
    const own = labels.data[i]!;
    return row
      .slice(0, classesInUse)
      .reduce(
        (sum, c, j) =>
          sum + (j === own ? cost(kept(s * (c - margin) - bias)) : lambda * cost(-kept(s * c - bias))),
        0,
      );
  });
  return referenceArray([], () => losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
}
