import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { l2NormaliseReference } from '../norm/l2_normalise.reference.ts';
import { rowOf } from './class_scores.reference.ts';

/** The loss, and where the centers are after it; see the operator. */
export function centerReference(
  features: ReferenceArray,
  centers: ReferenceArray,
  labels: ReferenceArray,
  { alpha = 0.5, normalise = true },
): { loss: ReferenceArray; centers: ReferenceArray } {
  const x = normalise ? l2NormaliseReference(features, 1e-12) : features;
  const [n, d] = x.shape as [number, number];
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const center = rowOf(centers, labels.data[i]!);
    sum += rowOf(x, i).reduce((total, value, k) => total + (value - center[k]!) ** 2, 0);
  }
  const moved = referenceArray(centers.shape, (index) => {
    const own = Math.floor(index / d);
    const members = [...labels.data.keys()].filter((i) => labels.data[i] === own);
    const pull = members.reduce((total, i) => total + centers.data[index]! - x.data[i * d + (index % d)]!, 0);
    return centers.data[index]! - (alpha * pull) / (1 + members.length);
  });
  return { loss: referenceArray([], () => sum / (2 * n)), centers: moved };
}
