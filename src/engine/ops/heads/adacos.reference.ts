/**
 * The scale that AdaCos takes from a batch of cosines: log of the mean over samples of Σ_{k≠y} exp(s·cos θ_k), over cos(min(π/4,
 * median of the angles to the own classes)).
 */
export function adaCosScaleReference(
  cosines: readonly (readonly number[])[],
  labels: ArrayLike<number>,
  scale: number,
): number {
  const others = cosines.map((row, i) =>
    row.reduce((sum, c, k) => (k === labels[i] ? sum : sum + Math.exp(scale * c)), 0),
  );
  const angles = cosines.map((row, i) => Math.acos(Math.min(1, Math.max(-1, row[labels[i]!]!))));
  const median = angles.sort((a, b) => a - b)[Math.floor((angles.length - 1) / 2)]!;
  const mean = others.reduce((a, b) => a + b) / cosines.length;
  return Math.log(mean) / Math.cos(Math.min(Math.PI / 4, median));
}
