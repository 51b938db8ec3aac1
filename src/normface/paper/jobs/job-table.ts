/** The list of jobs for people. */

import type { Table } from '../../../common/table.ts';
import { duration } from '../../training/progress.ts';
import type { JobLine, JobList } from './job-list.node.ts';

export function jobRows(jobs: readonly JobLine[]): Table {
  return {
    columns: [
      { header: 'job' },
      { header: 'for' },
      { header: 'state' },
      ...['steps', 'took', 'left'].map((header) => ({ header, align: 'right' as const })),
    ],
    rows: jobs.map(({ key, experiments, state, step, steps, seconds, secondsLeft }) => [
      key,
      experiments.join(', '),
      state,
      step === steps || step === 0 ? String(steps) : `${step} of ${steps}`,
      seconds > 0 ? duration(seconds) : '–',
      secondsLeft > 0 ? duration(secondsLeft) : '–',
    ]),
  };
}

/** How much is done and how long the rest will take. */
export function jobsSummary({ jobs, probed }: JobList): string[] {
  if (jobs.length === 0)
    return ['None of these experiments has jobs: figures are trained when they are drawn.'];
  const count = (...states: JobLine['state'][]) => jobs.filter(({ state }) => states.includes(state)).length;
  const sum = (value: (job: JobLine) => number) => jobs.reduce((total, job) => total + value(job), 0);
  const parts = [
    `${count('done')} of ${jobs.length} jobs are done`,
    ...(['to be measured', 'begun', 'diverged'] as const).flatMap((state) =>
      count(state) > 0 ? [`${count(state)} ${state}`] : [],
    ),
  ];
  const steps = sum(({ state, step, steps }) => (state === 'diverged' ? 0 : steps - step));
  return [
    `${parts.join(', ')}; they took ${duration(sum(({ seconds }) => seconds))}.`,
    `Left: ${steps.toLocaleString('en-US')} steps and what judges them, about ${duration(sum(({ secondsLeft }) => secondsLeft))}, by ` +
      (probed.length === 0
        ? 'the mean of the steps that were done here.'
        : `a probe of some steps (${probed.join('; ')})${count('done', 'begun', 'to be measured') > 0 ? ' and the mean of those that were done here' : ''}.`),
  ];
}
