/** Speed of a kernel's dispatches against the roofline, several versions in one race. */

import { passText } from '../../engine/runtime/prepared.ts';
import { type Bound, boundOf, type Roofline, type Work } from '../profile/bound.ts';
import type { KnownPeaks } from '../timing/peaks.ts';
import { median, type Stopwatch, type Timer, type TimingOptions, usualRounds } from '../timing/timing.ts';
import type { KernelSession } from './inspect.ts';

export interface RaceOptions extends Omit<TimingOptions, 'onRound'> {
  readonly onRound?: ((done: number, of: number) => void) | undefined;
}

/** One dispatch, timed. */
export interface Speed {
  /** Number of the dispatch in its recorded step. */
  readonly index: number;
  /** `conv2d`, `conv2d backward` … */
  readonly operator: string;
  readonly timer: Timer;
  /** Of every round. */
  readonly microseconds: readonly number[];
  readonly median: number;
  readonly bound: Bound;
}

/** Speeds of several versions of a kernel, of each in the order of its dispatches, and the roofline they are compared with. */
export interface Race {
  readonly speeds: readonly (readonly Speed[])[];
  readonly roofline: Roofline;
}

/**
 * Times the dispatches of several sessions, interleaved: the first dispatch of all, in every round one after the other, then the
 * second … Sessions must have run before, so that their memory holds real numbers.
 *
 * @param onRound told how many rounds are done, of how many
 */
export async function raceKernels(
  stopwatch: Pick<Stopwatch, 'time'>,
  sessions: readonly KernelSession[],
  peaks: KnownPeaks,
  { onRound, ...options }: RaceOptions = {},
): Promise<Race> {
  const { rounds = usualRounds } = options;
  const most = Math.max(...sessions.map(({ indices }) => indices.length));
  const timed: { readonly speed: Omit<Speed, 'bound'>; readonly work: Work }[][] = sessions.map(() => []);
  for (let place = 0; place < most; place++) {
    const taking = sessions.flatMap((session, number) =>
      place < session.indices.length ? [{ session, number, index: session.indices[place]! }] : [],
    );
    const timings = await stopwatch.time(
      taking.map(({ session, index }) => session.work(index)),
      { ...options, onRound: (done) => onRound?.(place * rounds + done, most * rounds) },
    );
    taking.forEach(({ session, number, index }, i) => {
      const { timer, microseconds } = timings[i]!;
      const prepared = session.recording.step.dispatches[index]!;
      const middle = median(microseconds);
      timed[number]!.push({
        speed: { index, operator: passText(prepared), timer, microseconds, median: middle },
        work: { ...prepared.dispatch.cost, microseconds: middle },
      });
    });
  }
  const roofline = await peaks.covering(timed.flat().map(({ work }) => work));
  const speeds = timed.map((all) =>
    all.map(({ speed, work }) => ({ ...speed, bound: boundOf(work, roofline) })),
  );
  return { speeds, roofline };
}
