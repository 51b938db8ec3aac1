/** Indices of the most embarrassing errors at a threshold. */
export interface WorstErrors {
  /** Impostor pairs with a score above the threshold, highest score first. */
  readonly falseAccepts: number[];
  /** Genuine pairs with a score of at most the threshold, lowest score first. */
  readonly falseRejects: number[];
}

/** At most `count` errors of each kind of the decision "same person when score > threshold"; ties in order of the pair list. */
export function worstErrors(
  scores: ArrayLike<number>,
  same: ArrayLike<number>,
  threshold: number,
  count: number,
): WorstErrors {
  const errors = Array.from({ length: scores.length }, (_, pair) => pair).filter(
    (pair) => scores[pair]! > threshold !== (same[pair] === 1),
  );
  const ascending = (p: number, q: number) => scores[p]! - scores[q]! || p - q;
  const descending = (p: number, q: number) => scores[q]! - scores[p]! || p - q;
  return {
    falseAccepts: errors
      .filter((pair) => same[pair] === 0)
      .sort(descending)
      .slice(0, count),
    falseRejects: errors
      .filter((pair) => same[pair] === 1)
      .sort(ascending)
      .slice(0, count),
  };
}
