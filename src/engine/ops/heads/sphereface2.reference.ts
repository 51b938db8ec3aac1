import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { scoreMatrix } from './class_scores.reference.ts';

/** SphereFace2 as the sum of its binary problems; see the operator. */
export function sphereFace2Reference(
  features: ReferenceArray,
  weights: ReferenceArray,
  labels: ReferenceArray,
  bias: number,
  options: { lambda: number; r: number; margin: number; t: number; normaliseWeights: boolean },
): ReferenceArray {
  const { lambda, r, margin, t, normaliseWeights } = options;
  const stretched = (c: number): number => 2 * Math.min(1, Math.max(0, (c + 1) / 2)) ** t - 1;
  const softplus = (x: number): number => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
  const cosines = scoreMatrix(features, weights, { normaliseWeights });
  const losses = cosines.map((row, i) =>
    row.reduce((sum, c, j) => {
      const own = j === labels.data[i];
      const entry = own
        ? lambda * softplus(-(r * (stretched(c) - margin) + bias))
        : (1 - lambda) * softplus(r * (stretched(c) + margin) + bias);
      return sum + entry / r;
    }, 0),
  );
  return referenceArray([], () => losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
}
