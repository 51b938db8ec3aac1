/** A share that was counted, and how far the true one may lie from it. */

/** Successes among trials. */
export interface Proportion {
  readonly count: number;
  readonly of: number;
  /** count / of. */
  readonly share: number;
  /** Where the true share lies with a confidence of 95 %, if the trials are independent. */
  readonly interval: readonly [low: number, high: number];
}

/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054;

/**
 * A share with Wilson's score interval (E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927):
 * the shares p with |count/n − p| ≤ z √(p(1 − p)/n), that is
 *
 *   (count + z²/2 ± z √(count (n − count)/n + z²/4)) / (n + z²)
 *
 * It is defined, and not empty, also where nothing was counted, which the usual ± is not (Brown, Cai and DasGupta, "Interval
 * Estimation for a Binomial Proportion", 2001).
 *
 * @param of trials, at least 1
 */
export function proportion(count: number, of: number): Proportion {
  const middle = count + (z * z) / 2;
  const half = z * Math.sqrt((count * (of - count)) / of + (z * z) / 4);
  const edge = (value: number) => Math.min(1, Math.max(0, value / (of + z * z)));
  return {
    count,
    of,
    share: count / of,
    // Rounding must not leave the share outside where it is 0 or 1.
    interval: [count === 0 ? 0 : edge(middle - half), count === of ? 1 : edge(middle + half)],
  };
}

/**
 * Exact two-sided p-value of McNemar's test: of `changed` decisions, as many of which as `better` changed for the better, whether
 * changes for the better and for the worse may be equally likely (Q. McNemar, 1947; the binomial test of A. L. Edwards, 1948).
 * 2·P(B ≤ the rarer kind), B binomial with probability 1/2, at most 1.
 */
export function mcNemar(better: number, changed: number): number {
  const rarer = Math.min(better, changed - better);
  // Logarithms: 2⁻ⁿ is no number of float64 for more than a thousand changes.
  let log = -changed * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= rarer; k++) {
    sum += Math.exp(log);
    log += Math.log((changed - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}
