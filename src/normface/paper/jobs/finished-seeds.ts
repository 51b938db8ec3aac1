/** For tables whose sentences need every row of a seed: those seeds of which all is measured. */

import type { KnownValues } from '../experiment.ts';
import type { Measure, PlannedJob } from './job.ts';

export interface FinishedSeeds<T> {
  /** Seeds of which every job is measured. */
  readonly done: readonly number[];
  /** For each of them the values of its jobs, in their order. */
  readonly values: readonly (readonly [T, ...T[]])[];
}

export async function ofFinishedSeeds<T extends object>(
  known: KnownValues,
  jobs: readonly PlannedJob[],
  measure: Measure<T>,
): Promise<FinishedSeeds<T>> {
  const seeds = [...new Set(jobs.map(({ seed }) => seed))];
  const done: number[] = [];
  const values: (readonly [T, ...T[]])[] = [];
  for (const seed of seeds) {
    const ofSeed = await Promise.all(
      jobs.filter((one) => one.seed === seed).map(({ job }) => known.value(job, measure)),
    );
    const [first, ...others] = ofSeed.filter((value) => value !== undefined);
    if (first === undefined || 1 + others.length < ofSeed.length) continue;
    done.push(seed);
    values.push([first, ...others]);
  }
  return { done, values };
}
