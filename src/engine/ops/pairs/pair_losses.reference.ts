import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { rowOf } from '../heads/class_scores.reference.ts';
import { l2NormaliseReference } from '../norm/l2_normalise.reference.ts';

/** ‖x_i − x_j‖² of all samples, from the differences of the vectors. */
export function pairDistanceMatrix(features: ReferenceArray, normalise = true): number[][] {
  const x = normalise ? l2NormaliseReference(features, 1e-12) : features;
  const rows = Array.from({ length: x.shape[0]! }, (_, i) => rowOf(x, i));
  return rows.map((a) =>
    rows.map((b) => {
      let sum = 0;
      for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
      return sum;
    }),
  );
}

const meanOf = (values: readonly number[]): ReferenceArray =>
  referenceArray([], () =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length,
  );

/** The mean over every pair i < j that is used; see the operator. */
export function contrastiveReference(
  features: ReferenceArray,
  labels: ReferenceArray,
  { margin = 1, pairs = 'all', normalise = true },
): ReferenceArray {
  const distances = pairDistanceMatrix(features, normalise);
  const entries: number[] = [];
  distances.forEach((row, i) => {
    for (let j = i + 1; j < row.length; j++) {
      if (pairs === 'adjacent' && (i % 2 === 1 || j !== i + 1)) continue;
      const isSame = labels.data[i] === labels.data[j];
      entries.push(isSame ? row[j]! : Math.max(0, margin - row[j]!));
    }
  });
  return meanOf(entries);
}

/** The mean over a list of triplets, chosen one by one; see the operator. */
export function tripletReference(
  features: ReferenceArray,
  labels: ReferenceArray,
  { margin = 0.2, mining = 'semi-hard', normalise = true },
): ReferenceArray {
  const distances = pairDistanceMatrix(features, normalise);
  const entries = distances.flatMap((row, a) => {
    const positives = row.filter((_, p) => p !== a && labels.data[p] === labels.data[a]);
    const negatives = row.filter((_, n) => labels.data[n] !== labels.data[a]);
    if (positives.length === 0 || negatives.length === 0) return [];
    if (mining === 'hardest') return [Math.max(0, margin + Math.max(...positives) - Math.min(...negatives))];
    return positives.flatMap((near) =>
      negatives
        .filter((far) => mining === 'all' || (near < far && far < near + margin))
        .map((far) => Math.max(0, margin + near - far)),
    );
  });
  return meanOf(entries);
}
