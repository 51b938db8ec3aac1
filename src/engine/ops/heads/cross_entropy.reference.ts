import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

/**
 * Mean over the rows of Σ_j q_j·(log Σ_k exp z_k − z_j), with labels q of 1 for the own class; smoothed by ε, of 1 − ε + ε/C for the own of C
 * classes and ε/C for the others.
 */
export function crossEntropyReference(
  logits: readonly number[][],
  labels: ReferenceArray,
  smoothing = 0,
): ReferenceArray {
  const losses = logits.map((z, i) => {
    const largest = Math.max(...z);
    const total = Math.log(z.reduce((sum, value) => sum + Math.exp(value - largest), 0)) + largest;
    const own = labels.data[i]!;
    if (smoothing === 0) return total - z[own]!;
    const spread = smoothing / z.length;
    return z.reduce((sum, value, j) => sum + (spread + (j === own ? 1 - smoothing : 0)) * (total - value), 0);
  });
  return referenceArray([], () => losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
}
