/** How long dispatches of a captured step take. */

import { type RoundsOptions, repeatsOf, timeInRounds } from '../../common/rounds.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import { Stamps } from '../../engine/runtime/stamps.ts';
import { type Contents, Copies } from './copies.ts';

/** How times are taken: by the adapter, or by waiting for it. */
export type Timer = 'timestamp queries' | 'wall clock';

export interface Timing {
  readonly timer: Timer;
  /** Microseconds of one run, of every round. */
  readonly microseconds: readonly number[];
}

/** Consecutive dispatches of a step. */
export interface Work {
  readonly step: CapturedStep<unknown>;
  /** Number of the first dispatch. */
  readonly first: number;
  /** Number after that of the last one. */
  readonly end: number;
}

export interface TimingOptions extends RoundsOptions {
  /** Default {@link usualRounds}. */
  readonly rounds?: number;
  /** Short work is repeated until a round takes so long, in milliseconds; default 20. */
  readonly roundMs?: number;
}

/** Of a race, where nobody says otherwise. */
export const usualRounds = 15;

interface RunOptions {
  /** Whether each dispatch is timed, in a pass of its own; default: the whole step in one. */
  readonly separately?: boolean;
  /** So many values of everything that is written are read; default none. */
  readonly samples?: number;
}

export interface TimedRun {
  /** Of every dispatch; null where they were not timed. */
  readonly microseconds: Float64Array | null;
  /** Microseconds of the whole step; their sum where dispatches were timed. */
  readonly total: number;
  /** What each dispatch has written. */
  readonly contents: readonly (readonly Contents[])[];
}

/** A run that is on its way. */
export interface StampedRun {
  readonly finished: Promise<TimedRun>;
}

/** Takes times on one device. */
export class Stopwatch {
  readonly timer: Timer;
  private readonly device: Device;

  constructor(device: Device) {
    this.device = device;
    this.timer = device.gpu.features.has('timestamp-query') ? 'timestamp queries' : 'wall clock';
  }

  /**
   * Times pieces of work over and over, all of them in every round, so that the times of a round can be compared with each other. What
   * they compute from is whatever the memory holds; run the steps before, so that these are real numbers.
   */
  async time(
    works: readonly Work[],
    { rounds = usualRounds, roundMs = 20, ...options }: TimingOptions = {},
  ): Promise<Timing[]> {
    const once: number[] = [];
    for (const work of works) {
      options.signal?.throwIfAborted();
      await this.round(work, 1);
      await this.device.synchronize();
      const tries: number[] = [];
      for (let i = 0; i < 3; i++) tries.push(await this.round(work, 1));
      once.push(Math.min(...tries));
    }
    const repeats = repeatsOf(once, 1000 * roundMs);
    const times = await timeInRounds(
      works.map((work, i) => async () => (await this.round(work, repeats[i]!)) / repeats[i]!),
      rounds,
      options,
    );
    return times.map((microseconds) => ({ timer: this.timer, microseconds }));
  }

  /**
   * Times every dispatch of one run of the whole step, each in a pass of its own; null where there are no timestamps.
   * @returns microseconds
   */
  async dispatches(step: CapturedStep<unknown>): Promise<Float64Array | null> {
    return (await this.start(step, { separately: true }).finished).microseconds;
  }

  /** Submits one run of a step, with a clock at the whole or at every dispatch. Returns at once, as the step's own `run` does. */
  start(step: CapturedStep<unknown>, { separately = false, samples = 0 }: RunOptions = {}): StampedRun {
    step.prepare();
    const { gpu } = this.device;
    const count = step.dispatches.length;
    const cut = separately ? count : 1;
    const stamps = this.timer === 'timestamp queries' ? new Stamps(gpu, cut) : null;
    const copies = samples > 0 ? new Copies(gpu, step, samples) : null;
    const encoder = gpu.createCommandEncoder();
    for (let i = 0; i < cut; i++) {
      const pass = encoder.beginComputePass(stamps?.around(i));
      step.encode(pass, separately ? i : 0, separately ? i + 1 : count);
      pass.end();
      copies?.encode(encoder, i);
    }
    stamps?.encodeRead(encoder);
    const commands = encoder.finish();
    const started = performance.now();
    gpu.queue.submit([commands]);
    const done = gpu.queue.onSubmittedWorkDone().then(() => 1000 * (performance.now() - started));
    const finish = async (): Promise<TimedRun> => {
      const [times, contents, wall] = await Promise.all([stamps?.read(), copies?.read(), done]);
      const total = times ? times.reduce((sum, time) => sum + time, 0) : wall;
      return { microseconds: separately && times ? times : null, total, contents: contents ?? [] };
    };
    return { finished: finish() };
  }

  /** Microseconds of so many repetitions in one pass. */
  private async round({ step, first, end }: Work, repeats: number): Promise<number> {
    step.prepare();
    const { gpu } = this.device;
    const stamps = this.timer === 'timestamp queries' ? new Stamps(gpu, 1) : null;
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass(stamps?.around(0));
    for (let i = 0; i < repeats; i++) step.encode(pass, first, end);
    pass.end();
    stamps?.encodeRead(encoder);
    const commands = encoder.finish();
    if (!stamps) await gpu.queue.onSubmittedWorkDone();
    const started = performance.now();
    gpu.queue.submit([commands]);
    if (stamps) return (await stamps.read())[0]!;
    await gpu.queue.onSubmittedWorkDone();
    return 1000 * (performance.now() - started);
  }
}

/** Linear interpolation between the two nearest values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
