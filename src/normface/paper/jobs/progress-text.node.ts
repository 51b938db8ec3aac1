/** What is still missing of an experiment, in words. */

import type { Plan } from '../experiment.ts';
import type { Job } from './job.ts';
import type { Jobs } from './jobs.node.ts';
import { trainerText } from './trained-by.node.ts';

export interface PlanProgress {
  readonly done: number;
  readonly of: number;
  /** Rows that lack seeds, such as `ArcFace, normalised (1 of 3 seeds)`. */
  readonly lacking: readonly string[];
  /** Trainings whose loss was not finite, which give no numbers, with what was said then. */
  readonly diverged: readonly string[];
  /** In which its trainings and measures ran. */
  readonly seconds: number;
  /** Versions and adapters that trained them and what they start from, as far as they were kept. */
  readonly trainedBy: readonly string[];
}

export async function progressOf({ jobs: planned }: Plan, jobs: Jobs): Promise<PlanProgress> {
  const rows = new Map<string, { done: number; diverged: number; of: number }>();
  const diverged: string[] = [];
  const counted = new Map<Job, number>();
  const trainers: string[] = [];
  for (const { job, label, seed } of planned) {
    const row = rows.get(label) ?? { done: 0, diverged: 0, of: 0 };
    rows.set(label, row);
    row.of++;
    const why = await jobs.divergence(job);
    if (why !== undefined) {
      diverged.push(`${label}, seed ${seed}: ${why}`);
      row.diverged++;
    } else if (await isMeasured(job, jobs)) row.done++;
    counted.set(job, await jobs.secondsOf(job));
    for (const one of job.start ? [job.start.job, job] : [job])
      trainers.push(...(await jobs.trainedBy(one)).map(trainerText));
  }
  const counts = [...rows.values()];
  return {
    done: counts.reduce((sum, { done }) => sum + done, 0),
    of: planned.length,
    lacking: [...rows].flatMap(([label, row]) => {
      const { done, of } = row;
      // What diverged would do so again.
      return done + row.diverged < of ? [`${label} (${done} of ${of} seeds)`] : [];
    }),
    diverged,
    seconds: [...counted.values()].reduce((sum, seconds) => sum + seconds, 0),
    trainedBy: [...new Set(trainers)],
  };
}

async function isMeasured(job: Job, jobs: Jobs): Promise<boolean> {
  for (const measure of job.measures) if ((await jobs.value(job, measure)) === undefined) return false;
  return true;
}

/** Paragraphs for the head of a section; none where everything is there. */
export function progressText({ done, of, lacking, diverged }: PlanProgress): string[] {
  return [
    ...(lacking.length > 0
      ? [
          `Not all of it is there: ${done} of ${of} trainings are done and measured. What follows is of those that can be compared; seeds are missing of: ${lacking.join('; ')}.`,
        ]
      : []),
    ...(diverged.length > 0
      ? [`Without numbers, since their loss was not finite: ${diverged.join('; ')}.`]
      : []),
  ];
}
