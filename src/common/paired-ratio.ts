/**
 * How many times as long one piece of work takes as another, from times that were taken in pairs.
 *
 * What disturbs a machine disturbs both times of a round, so their ratio says more than either time (Bulej et al. 2020, arXiv
 * 2001.05811). The interval is that of the sign test, which assumes nothing of how the ratios are distributed, so that neither
 * outliers nor drift upset it. With x₍₁₎ ≤ … ≤ x₍ₙ₎ the ratios in order and m their true median,
 *
 *   P(x₍ₖ₎ ≤ m ≤ x₍ₙ₊₁₋ₖ₎) ≥ 1 − 2·P(B ≤ k − 1),   B binomial with n trials of probability 1/2
 *
 * (Conover 1999, Practical Nonparametric Statistics, section 3.2; David & Nagaraja 2003, Order Statistics, section 7.1). The largest
 * k is taken with which this is at least 0.95. It is 0.965 for 15 rounds; fewer than 6 rounds have no such interval.
 */

export interface PairedRatio {
  /** Middle ratio over the rounds; NaN if none of them has both times. */
  readonly median: number;
  /** Where the true median lies, with a confidence of at least 95 %; null if there are too few rounds to say. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Rounds in which both times are above zero; a clock too coarse for the work gives others. */
  readonly rounds: number;
}

/** Share of the intervals that may miss the true ratio. */
const risk = 0.05;

/**
 * The ratio of `times` to `others`, round by round.
 *
 * @param times one a round
 * @param others those of the other piece of work in the same rounds
 * @param comparisons so many intervals are to hold together with 95 %: each may miss that much less often (Bonferroni)
 * @throws RangeError if the two have different numbers of rounds
 */
export function pairedRatio(
  times: readonly number[],
  others: readonly number[],
  comparisons = 1,
): PairedRatio {
  if (times.length !== others.length)
    throw new RangeError(`${times.length} times cannot be paired with ${others.length}`);
  const ratios = times
    .map((time, round) => (time > 0 && others[round]! > 0 ? time / others[round]! : Number.NaN))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const rounds = ratios.length;
  const rank = rankOf(rounds, risk / comparisons);
  return {
    // The middle of logarithms, so that a ratio and its inverse say the same.
    median: rounds === 0 ? Number.NaN : Math.sqrt(ratios[(rounds - 1) >> 1]! * ratios[rounds >> 1]!),
    interval: rank === 0 ? null : [ratios[rank - 1]!, ratios[rounds - rank]!],
    rounds,
  };
}

/** Whether the interval says that one of the two is faster. */
export function isDistinguishable({ interval }: Pick<PairedRatio, 'interval'>): boolean {
  return interval !== null && (interval[0] > 1 || interval[1] < 1);
}

/** Rounds without which no interval exists: the widest, from the least to the largest ratio, misses with 2·2⁻ⁿ. */
export const leastRounds = (comparisons = 1): number => Math.ceil(1 + Math.log2(comparisons / risk));

/** The largest k with 2·P(B ≤ k − 1) ≤ `miss`; 0 if there is none. */
function rankOf(rounds: number, miss: number): number {
  let rank = 0;
  let logChance = -rounds * Math.LN2; // of B = rank
  for (let sum = 2 * Math.exp(logChance); sum <= miss && rank < rounds; sum += 2 * Math.exp(logChance)) {
    rank++;
    logChance += Math.log((rounds - rank + 1) / rank);
  }
  return rank;
}
