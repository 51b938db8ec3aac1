/** Times of several contestants in rounds, so that times of one round can be compared with each other. */

export interface RoundsOptions {
  /** Looked at before every time. */
  readonly signal?: AbortSignal | undefined;
  /** Told after every round how many are done. */
  readonly onRound?: ((done: number) => void) | undefined;
}

/**
 * The order of a round: forwards, then backwards, then both beginning with the next contestant, and so on. Of any two each is first
 * in every other round, and each has every neighbour: what a place in the order costs or spares meets all alike.
 */
export function orderOfRound(contestants: number, round: number): number[] {
  const order = Array.from({ length: contestants }, (_, i) => (i + (round >> 1)) % contestants);
  return round % 2 === 0 ? order : order.reverse();
}

/** Runs everybody once a round. @returns of each contestant, one time a round */
export async function timeInRounds(
  contestants: readonly (() => Promise<number>)[],
  rounds: number,
  { signal, onRound }: RoundsOptions = {},
): Promise<number[][]> {
  const times: number[][] = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const number of orderOfRound(contestants.length, round)) {
      signal?.throwIfAborted();
      times[number]!.push(await contestants[number]!());
    }
    onRound?.(round + 1);
  }
  return times;
}
