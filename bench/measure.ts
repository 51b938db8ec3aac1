/** Rounds: every peer once a round, in an order that changes, medians over the rounds. */

import { repeatsOf, timeInRounds } from '../src/common/rounds.ts';
import { quantile } from '../src/inspector/timing/timing.ts';
import type { BenchCase } from './cases.ts';
import { MissingOperation, type Peer, type Prepared } from './peers/peer.ts';
import { liveBytes, takeDispatches, takePeak } from './probe.ts';

export interface Timing {
  readonly peer: string;
  /** Milliseconds of one run, of every round; none if the peer cannot do it, or has other results. */
  readonly times: readonly number[];
  /** First run: compiling kernels and, for some, planning; null without times. */
  readonly firstMs: number | null;
  /**
   * Most bytes of GPU buffers alive while it ran, inputs among them; null without a GPU, or if a tenth of them and more are
   * buffers that it keeps of earlier cases.
   */
  readonly bytes: number | null;
  /** Dispatches of one run; null without a GPU. */
  readonly dispatches: number | null;
  /** Largest difference from the first peer's results, relative to their largest magnitude. */
  readonly difference: number | null;
  /** Why there is no number, or which setting won. */
  readonly remark: string;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** A round of one peer takes at least so long: short work is repeated. */
  readonly roundMs: number;
  /** Steps before the clock starts; the losses of these are compared. */
  readonly warmUp: number;
  /** Results farther apart than this, relative, give no ratio. */
  readonly tolerance: number;
}

interface Contestant {
  readonly peer: Peer;
  readonly prepared: Prepared;
  readonly firstMs: number;
  readonly bytes: number | null;
  readonly dispatches: number | null;
  /** Milliseconds of a single run. */
  once: number;
  iterations: number;
  remark: string;
}

/** Measures one case with all peers; the first peer is the one others are compared with. */
export async function measure(
  { work }: BenchCase,
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<Timing[]> {
  const contestants: Contestant[] = [];
  const failures = new Map<string, string>();
  try {
    for (const peer of peers) {
      try {
        contestants.push(await enter(peer, work, options));
      } catch (error) {
        const why = error instanceof Error ? error.message.split('\n')[0]! : String(error);
        failures.set(peer.name, error instanceof MissingOperation ? why : `failed: ${why}`);
      }
    }
    const differences = await compare(contestants);
    // Results that are wrong have no speed.
    const agreeing = contestants.filter(({ peer }) => differences.get(peer.name)! <= options.tolerance);
    const repeats = repeatsOf(
      agreeing.map(({ once }) => once),
      options.roundMs,
    );
    agreeing.forEach((contestant, i) => {
      contestant.iterations = repeats[i]!;
    });
    const times = await timeInRounds(
      agreeing.map((contestant) => async () => (await timed(contestant)) / contestant.iterations),
      options.rounds,
    );
    return peers.map(({ name }): Timing => {
      const contestant = contestants.find(({ peer }) => peer.name === name);
      if (!contestant) return absent(name, failures.get(name)!);
      const difference = differences.get(name)!;
      const place = agreeing.indexOf(contestant);
      if (place < 0)
        return { ...absent(name, `other results: ${difference.toExponential(1)} apart`), difference };
      const { firstMs, bytes, dispatches, remark } = contestant;
      return { peer: name, times: times[place]!, firstMs, bytes, dispatches, difference, remark };
    });
  } finally {
    for (const { prepared } of contestants) prepared.dispose();
  }
}

/** What is known of a peer without times. */
function absent(peer: string, remark: string): Timing {
  return {
    peer,
    times: [],
    firstMs: null,
    bytes: null,
    dispatches: null,
    difference: null,
    remark,
  };
}

/** Prepares a peer, runs it warm, chooses its setting and how often it runs in a round. */
async function enter(peer: Peer, work: BenchCase['work'], options: MeasureOptions): Promise<Contestant> {
  const kept = peer.gpu ? liveBytes(peer.gpu) : 0;
  const prepared = await peer.prepare(work);
  // From here on: measuring variants is not part of the work.
  if (peer.gpu) takePeak(peer.gpu);
  try {
    const started = performance.now();
    await prepared.run(1);
    const firstMs = performance.now() - started;
    takeDispatches();
    await prepared.run(1);
    const dispatches = peer.gpu ? takeDispatches() : null;
    // Trainings are compared by their first losses, so each must get that far.
    const runs = work.kind === 'step' ? options.warmUp : 2;
    for (let i = 2; i < runs; i++) await prepared.run(1);
    const peak = peer.gpu ? takePeak(peer.gpu) : null;
    const bytes = peak !== null && kept <= peak / 10 ? peak : null;
    const contestant: Contestant = {
      peer,
      prepared,
      firstMs,
      bytes,
      dispatches,
      once: 0,
      iterations: 1,
      remark: '',
    };
    contestant.once = await timed(contestant);
    // One time may be disturbed; that of long work matters less, and takes long.
    for (let i = 0; i < 2 && contestant.once < options.roundMs; i++)
      contestant.once = Math.min(contestant.once, await timed(contestant));
    [contestant.iterations] = repeatsOf([contestant.once], options.roundMs) as [number];
    if (peer.settings && contestant.once < slowMs) contestant.remark = await bestSetting(contestant);
    return contestant;
  } catch (error) {
    prepared.dispose();
    throw error;
  }
}

/** Work this long does not depend on how dispatches are submitted: its settings are not tried. */
const slowMs = 5000;

async function timed({ prepared, iterations }: Contestant): Promise<number> {
  const started = performance.now();
  await prepared.run(iterations);
  return performance.now() - started;
}

/** Rounds in which the settings of a peer are tried. */
const settingRounds = 3;

/** Takes the setting with the least median. @returns its name */
async function bestSetting(contestant: Contestant): Promise<string> {
  const settings = contestant.peer.settings!;
  const times = await timeInRounds(
    settings.map(({ apply }) => () => {
      apply();
      return timed(contestant);
    }),
    settingRounds,
  );
  const medians = times.map((each) => quantile(each, 0.5));
  const best = settings[medians.indexOf(Math.min(...medians))]!;
  best.apply();
  return best.label;
}

/** How far every contestant's results are from those of the first. */
async function compare(contestants: readonly Contestant[]): Promise<Map<string, number>> {
  const differences = new Map<string, number>();
  const expected = await contestants[0]?.prepared.results();
  for (const { peer, prepared } of contestants) {
    const results = await prepared.results();
    const each = expected!.map((array, i) => relativeDifference(results[i], array));
    differences.set(peer.name, Math.max(...each));
  }
  return differences;
}

function relativeDifference(actual: Float32Array | undefined, expected: Float32Array): number {
  if (actual?.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance < Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, distance);
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}
