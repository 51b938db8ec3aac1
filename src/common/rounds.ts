/** Times of several candidates in rounds, so that times of one round can be compared with each other. */

export interface RoundsOptions {
  /** Looked at before every time. */
  readonly signal?: AbortSignal | undefined;
  /** Told after every round how many are done. */
  readonly onRound?: ((done: number) => void) | undefined;
}

/**
 * The order of a round: forwards, then backwards, then both beginning with the next candidate, and so on. Of any two each is first
 * in every other round, and each has every neighbour: what a place in the order costs or spares meets all alike.
 */
export function orderOfRound(candidates: number, round: number): number[] {
  const order = Array.from({ length: candidates }, (_, i) => (i + (round >> 1)) % candidates);
  return round % 2 === 0 ? order : order.reverse();
}

/** Runs everybody once a round. @returns of each candidate, one time a round */
export async function timeInRounds(
  candidates: readonly (() => Promise<number>)[],
  rounds: number,
  { signal, onRound }: RoundsOptions = {},
): Promise<number[][]> {
  const times: number[][] = candidates.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const number of orderOfRound(candidates.length, round)) {
      signal?.throwIfAborted();
      times[number]!.push(await candidates[number]!());
    }
    onRound?.(round + 1);
  }
  return times;
}

/** However short the work is. */
const mostRepeats = 2000;
/** Work up to so many times as long is repeated as often. */
const alike = 4;

/**
 * How often each piece of work is repeated so that a round of it takes about `wanted`. Those that take about as long are repeated
 * equally often, as the shortest of them needs: a round has costs of its own, and times whose share of these differs cannot be compared.
 *
 * @param once the least of a few times of a single run, in the unit of `wanted`
 */
export function repeatsOf(once: readonly number[], wanted: number): number[] {
  const needed = once.map((time) => Math.min(mostRepeats, Math.max(1, Math.ceil(wanted / time))));
  const groups: number[] = []; // most repeats of each group, the largest first
  for (const count of [...needed].sort((a, b) => b - a))
    if (groups.length === 0 || count * alike < groups.at(-1)!) groups.push(count);
  return needed.map((count) => groups.findLast((most) => most >= count)!);
}
