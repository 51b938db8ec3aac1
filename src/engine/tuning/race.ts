/** Which of several ways to do the same work is the fastest, on a machine that does other things too. */

export interface Racer {
  /** Does the work once. @returns milliseconds */
  round(): Promise<number>;
}

export interface RaceResult<R> {
  readonly winner: R;
  /** Of each racer, the least of its rounds. */
  readonly times: ReadonlyMap<R, number>;
}

/** Rounds in which every racer runs once, interleaved; the least counts, because what disturbs only ever adds. */
const rounds = 5;
/** After the first round, racers slower than the best by this factor are out. */
const hopeless = 2;
/** The favourite is left only for one that takes at most this share of its time: less may be noise. */
const clearly = 0.95;

/**
 * @param favourite wins unless another is clearly faster, and again so in a race of the two: a disturbance may outlast all rounds of
 * one race
 */
export async function race<R extends Racer>(
  racers: readonly R[],
  favourite: R | undefined,
): Promise<RaceResult<R>> {
  const times = await run(racers, favourite);
  const challenger = winnerOf(times, favourite);
  if (!favourite || challenger === favourite) return { winner: challenger, times };
  const runOff = await run([favourite, challenger], favourite);
  for (const [racer, time] of runOff) times.set(racer, Math.min(time, times.get(racer)!));
  return { winner: winnerOf(runOff, favourite), times };
}

/** Runs all rounds of a race. */
async function run<R extends Racer>(racers: readonly R[], favourite: R | undefined): Promise<Map<R, number>> {
  const times = new Map(racers.map((racer) => [racer, Number.POSITIVE_INFINITY]));
  let running = racers;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < running.length; i++) {
      const racer = running[(i + round) % running.length]!;
      times.set(racer, Math.min(times.get(racer)!, await racer.round()));
    }
    if (round > 0) continue;
    const limit = hopeless * Math.min(...times.values());
    running = racers.filter((racer) => racer === favourite || times.get(racer)! <= limit);
  }
  return times;
}

function winnerOf<R extends Racer>(times: ReadonlyMap<R, number>, favourite: R | undefined): R {
  const [[winner, least]] = [...times].sort(([, a], [, b]) => a - b) as [[R, number]];
  return favourite && least > clearly * times.get(favourite)! ? favourite : winner;
}
