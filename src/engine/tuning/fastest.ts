/** Which of several ways to do the same work is the fastest, on a machine that does other things too. */

export interface Candidate {
  /** Does the work once. @returns milliseconds */
  round(): Promise<number>;
}

export interface Comparison<R> {
  readonly winner: R;
  /** Of each candidate, the least of its rounds. */
  readonly times: ReadonlyMap<R, number>;
}

/** Rounds in which every candidate runs once, interleaved; the least counts, because what disturbs only ever adds. */
const rounds = 5;
/** After the first round, candidates slower than the best by this factor are out. */
const cutOff = 2;
/** The incumbent is left only for one that takes at most this share of its time: less may be noise. */
const clearly = 0.95;

/**
 * @param incumbent wins unless another is clearly faster, and again so in a comparison of the two: a disturbance may outlast all rounds of
 * one comparison
 */
export async function fastest<R extends Candidate>(
  candidates: readonly R[],
  incumbent: R | undefined,
): Promise<Comparison<R>> {
  const times = await run(candidates, incumbent);
  const challenger = winnerOf(times, incumbent);
  if (!incumbent || challenger === incumbent) return { winner: challenger, times };
  const runOff = await run([incumbent, challenger], incumbent);
  for (const [candidate, time] of runOff) times.set(candidate, Math.min(time, times.get(candidate)!));
  return { winner: winnerOf(runOff, incumbent), times };
}

/** Runs all rounds. */
async function run<R extends Candidate>(
  candidates: readonly R[],
  incumbent: R | undefined,
): Promise<Map<R, number>> {
  const times = new Map(candidates.map((candidate) => [candidate, Number.POSITIVE_INFINITY]));
  let running = candidates;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < running.length; i++) {
      const candidate = running[(i + round) % running.length]!;
      times.set(candidate, Math.min(times.get(candidate)!, await candidate.round()));
    }
    if (round > 0) continue;
    const limit = cutOff * Math.min(...times.values());
    running = candidates.filter((candidate) => candidate === incumbent || times.get(candidate)! <= limit);
  }
  return times;
}

function winnerOf<R extends Candidate>(times: ReadonlyMap<R, number>, incumbent: R | undefined): R {
  const [[winner, least]] = [...times].sort(([, a], [, b]) => a - b) as [[R, number]];
  return incumbent && least > clearly * times.get(incumbent)! ? incumbent : winner;
}
