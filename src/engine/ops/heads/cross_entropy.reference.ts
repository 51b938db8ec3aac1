import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

/** Mean over the rows of log Σ_j exp z_j − z_y. */
export function crossEntropyReference(logits: readonly number[][], labels: ReferenceArray): ReferenceArray {
  const losses = logits.map((z, i) => {
    const largest = Math.max(...z);
    return (
      Math.log(z.reduce((sum, value) => sum + Math.exp(value - largest), 0)) + largest - z[labels.data[i]!]!
    );
  });
  return referenceArray([], () => losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
}
