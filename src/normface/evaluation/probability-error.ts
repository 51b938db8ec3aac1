/** How good probabilities are, judged on pairs that had no part in them. */

/** Pairs whose probabilities lie in one tenth of [0, 1]. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly pairs: number;
  /** Mean probability that was said; null without pairs. */
  readonly said: number | null;
  /** Share of the pairs that were of the same person; null without pairs. */
  readonly same: number | null;
}

export interface ProbabilityError {
  /** Mean of −log of the probability given to what was the case, natural logarithm; 0 is perfect. */
  readonly logLoss: number;
  /** The same for a forecast that says the share of same pairs every time: what knowing nothing of the pair costs. */
  readonly priorLogLoss: number;
  /** Mean of (p − same)²; 0 is perfect (G. Brier, "Verification of forecasts expressed in terms of probability", 1950). */
  readonly brierScore: number;
  /**
   * Mean distance of what is said from what is the case, over bins of equal width weighted by their pairs (expected calibration error:
   * Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015).
   */
  readonly expectedCalibrationError: number;
  readonly bins: readonly ReliabilityBin[];
}

const binCount = 10;

/** @param probabilities each in (0, 1) @param same 1 or 0; there is at least one pair */
export function probabilityError(
  probabilities: ArrayLike<number>,
  same: ArrayLike<number>,
): ProbabilityError {
  const count = probabilities.length;
  const pairs = new Uint32Array(binCount);
  const said = new Float64Array(binCount);
  const truly = new Uint32Array(binCount);
  let logLoss = 0;
  let squares = 0;
  let genuine = 0;
  for (let i = 0; i < count; i++) {
    const p = probabilities[i]!;
    const isSame = same[i] === 1;
    logLoss -= Math.log(Math.max(isSame ? p : 1 - p, Number.MIN_VALUE));
    squares += (p - Number(isSame)) ** 2;
    genuine += Number(isSame);
    const bin = Math.min(binCount - 1, Math.floor(p * binCount));
    pairs[bin]!++;
    said[bin]! += p;
    truly[bin]! += Number(isSame);
  }
  const prior = genuine / count;
  const entropy = [prior, 1 - prior].reduce(
    (sum, share) => sum - (share > 0 ? share * Math.log(share) : 0),
    0,
  );
  const bins = Array.from({ length: binCount }, (_, bin): ReliabilityBin => {
    const n = pairs[bin]!;
    return {
      from: bin / binCount,
      to: (bin + 1) / binCount,
      pairs: n,
      said: n > 0 ? said[bin]! / n : null,
      same: n > 0 ? truly[bin]! / n : null,
    };
  });
  return {
    logLoss: logLoss / count,
    priorLogLoss: entropy,
    brierScore: squares / count,
    expectedCalibrationError: bins.reduce(
      (sum, bin) => sum + (bin.pairs / count) * Math.abs((bin.said ?? 0) - (bin.same ?? 0)),
      0,
    ),
    bins,
  };
}
