/** What comes before a race of kernels and what decides who takes part: only what is right is timed. */

import { type PairedRatio, pairedRatio } from '../../common/paired-ratio.ts';
import type { BoundCase, Operator } from '../../engine/core/operator.ts';
import type { Device } from '../../engine/core/tensor.ts';
import {
  type Check,
  checkRecording,
  isRight,
  LatestReference,
  type ReferenceCheck,
} from '../../engine/testing/check.ts';
import type { Results } from '../../engine/testing/recording.ts';
import type { KnownPeaks } from '../timing/peaks.ts';
import { Stopwatch } from '../timing/timing.ts';
import type { KernelSession } from './inspect.ts';
import { type RaceOptions, raceKernels, type Speed } from './measure.ts';

export interface RunOptions extends Omit<RaceOptions, 'onRound'> {
  /** Whether results are checked; default true. */
  readonly check?: boolean;
  /** Whether the default kernel is timed beside a changed one. */
  readonly baseline?: boolean;
  /** Evaluates the reference of an operator elsewhere than on this thread, which it would block. */
  readonly reference?: (operator: Operator, sample: BoundCase, results: Results) => Check | Promise<Check>;
  /** Told what goes on: how much of a stage is done, of how much. */
  readonly onStage?: (stage: RunStage, done: number, of: number) => void;
}

/** What a run does, one after the other. The first use of a kernel compiles it. */
export type RunStage = 'checking' | 'timing';

/** Runs a session once, so that its memory holds real numbers, and checks what comes out unless that is not wanted. */
export async function prepare(
  { operator, recording }: KernelSession,
  { check = true, reference, signal }: RunOptions,
  defaultResults: Results | null = null,
): Promise<Check | null> {
  if (!check) {
    await recording.results();
    return null;
  }
  const elsewhere: ReferenceCheck | undefined =
    reference && ((sample, results) => reference(operator, sample, results));
  const done = await checkRecording(recording, defaultResults, elsewhere);
  signal?.throwIfAborted();
  return done;
}

/** What the reference says is evaluated once for several versions of a case. */
export function sharingReference(options: RunOptions): RunOptions {
  const latest = new LatestReference();
  return { ...options, reference: options.reference ?? latest.check.bind(latest) };
}

/** What may take part in a race. */
export interface Entrant {
  /** null if it cannot run. */
  session: KernelSession | null;
  check: Check | null;
}

/** Times those that run and are right, in one race. */
export async function raceOfRight(
  device: Device,
  entrants: readonly Entrant[],
  peaks: KnownPeaks,
  options: RunOptions,
) {
  const racing = entrants.filter(({ session, check }) => session !== null && isRight(check));
  const race =
    racing.length > 0
      ? await timing(
          device,
          racing.map(({ session }) => session!),
          peaks,
          options,
        )
      : null;
  return {
    roofline: race?.roofline ?? null,
    speedsOf: (entrant: Entrant) => race?.speeds[racing.indexOf(entrant)] ?? null,
  };
}

/** Times sessions that have run, and says how far that is. */
export function timing(
  device: Device,
  sessions: readonly KernelSession[],
  peaks: KnownPeaks,
  options: RunOptions,
) {
  const { onStage } = options;
  return raceKernels(new Stopwatch(device), sessions, peaks, {
    ...options,
    onRound: (done, of) => onStage?.('timing', done, of),
  });
}

/** How many times as fast one is as another of the same race. */
export const timesAsFast = (speed: Speed, other: Speed, comparisons = 1): PairedRatio =>
  pairedRatio(other.microseconds, speed.microseconds, comparisons);
