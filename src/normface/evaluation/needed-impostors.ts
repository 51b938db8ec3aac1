/** False accepts that a threshold should rest on: with ten, the standard error of the rate is about a third of it. */
const enoughFalseAccepts = 10;

/** Pairs of different people without which a false accept rate is a guess: 10 / far. */
export function neededImpostors(far: number): number {
  return Math.ceil(enoughFalseAccepts / far - 1e-9);
}
