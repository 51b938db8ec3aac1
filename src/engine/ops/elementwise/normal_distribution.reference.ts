/**
 * Φ(x), the distribution function of the standard normal: by its power series where that converges quickly, else by the continued
 * fraction of the tail (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.10 and 26.2.14).
 */
export function normalDistribution(x: number): number {
  const z = Math.abs(x);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let tail: number;
  if (z < 3) {
    let sum = 0;
    let term = z;
    for (let n = 1; n < 200; n++) {
      sum += term / (2 * n - 1);
      term *= (-z * z) / (2 * n);
    }
    tail = 0.5 - sum / Math.sqrt(2 * Math.PI);
  } else {
    let fraction = z;
    for (let k = 200; k > 0; k--) fraction = z + k / fraction;
    tail = density / fraction;
  }
  return x < 0 ? tail : 1 - tail;
}
