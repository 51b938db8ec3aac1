/** Speed of a kernel's dispatches against the roofline, several versions in one race. */

import { type Bound, boundOf, type Roofline } from '../profile/bound.ts';
import { median, type Stopwatch, type Timer, type TimingOptions } from '../timing.ts';
import type { KernelSession } from './inspect.ts';

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

/**
 * Times the dispatches of several sessions, interleaved: the first dispatch of all, in every round one after the other, then the
 * second … Sessions must have run before, so that their memory holds real numbers.
 *
 * @returns the speeds of each session, in the order of its dispatches
 */
export async function raceKernels(
  stopwatch: Stopwatch,
  sessions: readonly KernelSession[],
  roofline: Roofline,
  options: TimingOptions = {},
): Promise<Speed[][]> {
  const speeds: Speed[][] = sessions.map(() => []);
  const most = Math.max(...sessions.map(({ indices }) => indices.length));
  for (let place = 0; place < most; place++) {
    const taking = sessions.flatMap((session, number) =>
      place < session.indices.length ? [{ session, number, index: session.indices[place]! }] : [],
    );
    const timings = await stopwatch.time(
      taking.map(({ session, index }) => session.work(index)),
      options,
    );
    taking.forEach(({ session, number, index }, i) => {
      const { timer, microseconds } = timings[i]!;
      const { dispatch, operator } = session.recording.step.dispatches[index]!;
      const { flops, bytes } = dispatch.cost;
      const middle = median(microseconds);
      const bound = boundOf({ flops, bytes, microseconds: middle }, roofline);
      speeds[number]!.push({ index, operator, timer, microseconds, median: middle, bound });
    });
  }
  return speeds;
}
