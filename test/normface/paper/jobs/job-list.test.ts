import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DivergedError, UserError } from '../../../../src/common/errors.ts';
import type { PlannedExperiment } from '../../../../src/normface/paper/experiment.ts';
import type { Job } from '../../../../src/normface/paper/jobs/job.ts';
import { type JobList, listJobs } from '../../../../src/normface/paper/jobs/job-list.node.ts';
import { jobRows, jobsSummary } from '../../../../src/normface/paper/jobs/job-table.ts';
import { Jobs } from '../../../../src/normface/paper/jobs/jobs.node.ts';
import { perStep } from '../../../../src/normface/paper/jobs/time-left.ts';
import { errorOf, temporaryFolder } from '../../data/fixtures.ts';
import { fakeExperiment, fakeRunner } from '../fake.ts';
import { stubJob, stubMeasure, stubTrainer } from './stub.ts';

function experimentOf(name: string, planned: readonly Job[]): PlannedExperiment {
  const jobs = planned.map((job, k) => ({ job, label: job.key, seed: k + 1 }));
  return { name, title: name, paper: '-', plan: () => ({ jobs, results: async () => undefined }) };
}

const measure = stubMeasure('pairs');
const start = stubJob('start', { measures: [measure] });
const rows = [2, 3, 4].map((seed) =>
  stubJob(`row-${seed}`, { seed, measures: [measure], start: { job: start, head: 'keep' } }),
);
const tables = [experimentOf('table1', [start]), experimentOf('table2', rows), fakeExperiment('fig5')];

function opened(folder = temporaryFolder()) {
  const trainer = stubTrainer();
  const { runner } = fakeRunner(folder);
  const jobs = new Jobs({ runner, train: trainer.train });
  const probes: string[] = [];
  const list = (experiments = tables) =>
    listJobs(experiments, runner, jobs, async ({ net }) => {
      probes.push(String(net));
      return 0.5;
    });
  return { folder, trainer, jobs, probes, list };
}

const statesOf = ({ jobs }: JobList) => jobs.map(({ key, state }) => [key, state]);

test('before anything was run the time is that of a probe, asked once and kept', async () => {
  const { list, probes, folder } = opened();
  const found = await list();
  expect(statesOf(found)).toEqual(['start', 'row-2', 'row-3', 'row-4'].map((key) => [key, 'open']));
  expect(found.jobs.map(({ experiments }) => experiments)).toEqual([
    ['table1', 'table2'],
    ['table2'],
    ['table2'],
    ['table2'],
  ]);
  // Ten steps of half a second, and 16 images that take a third of a step for each 8 of them.
  for (const { secondsLeft } of found.jobs) expect(secondsLeft).toBeCloseTo(10 * 0.5 + (0.5 * 2) / 3, 9);
  expect(probes).toEqual(['tiny']);
  expect(jobsSummary(found)[1]).toBe(
    'Left: 40 steps and what judges them, about 21s, by a probe of some steps (tiny 16×16, batches of 8).',
  );
  const again = opened(folder);
  await again.list();
  expect(again.probes).toEqual([]);
  writeFileSync(join(folder, 'jobs', 'probe.json'), '{"tiny');
  await again.list();
  expect(again.probes).toEqual(['tiny']);
});

test('what is done, begun and diverged is told apart, and the rest takes what was measured', async () => {
  const { list, jobs, trainer, probes } = opened();
  await jobs.expect([start, ...rows]);
  await jobs.do(start);
  await jobs.do(rows[0]!);
  trainer.state.stopAt = 4;
  await errorOf(jobs.do(rows[1]!));
  trainer.state.fail = new DivergedError('the loss is not finite');
  await jobs.do(rows[2]!);
  const found = await list();
  expect(statesOf(found)).toEqual([
    ['start', 'done'],
    ['row-2', 'done'],
    ['row-3', 'begun'],
    ['row-4', 'diverged'],
  ]);
  const [done, , begun, diverged] = found.jobs;
  expect(done).toMatchObject({ step: 10, steps: 10, secondsLeft: 0 });
  expect(done!.seconds).toBeCloseTo(20, 0);
  expect(begun).toMatchObject({ step: 4, steps: 10, seconds: 8 });
  // The trainer's logs say two seconds for each step.
  expect(begun!.secondsLeft).toBeCloseTo(6 * 2 + (2 * 2) / 3, 9);
  expect(diverged!.secondsLeft).toBe(0);
  expect(probes).toEqual([]);
  expect(jobsSummary(found)).toEqual([
    '2 of 4 jobs are done, 1 begun, 1 diverged; they took 48s.',
    'Left: 6 steps and what judges them, about 13s, by the mean of the steps that were done here.',
  ]);
  expect(jobRows(found.jobs).rows[2]).toEqual(['row-3', 'table2', 'begun', '4 of 10', '8s', '13s']);
});

test('a job that is trained but not measured is open for its measures alone', async () => {
  const { list, jobs } = opened();
  await jobs.do(stubJob('start'));
  const found = await list();
  expect(found.jobs[0]).toMatchObject({ key: 'start', state: 'to be measured', step: 10, steps: 10 });
  expect(found.jobs[0]!.secondsLeft).toBeCloseTo((2 * 2) / 3, 9);
});

test('a trained job without its checkpoint is trained again for a new measure, and the list says so', async () => {
  const { list, jobs } = opened();
  const job = stubJob('start');
  await jobs.do(job);
  rmSync(join(jobs.store.findRun(await jobs.identities.of(job))!.folder, 'ckpt'), { recursive: true });
  const found = await list();
  expect(found.jobs[0]).toMatchObject({ state: 'to be measured', step: 0, steps: 10 });
  expect(found.jobs[0]!.secondsLeft).toBeCloseTo(10 * 2 + (2 * 2) / 3, 9);
});

test('a damaged checkpoint counts as none', async () => {
  const { list, jobs, trainer } = opened();
  trainer.state.stopAt = 4;
  await errorOf(jobs.do(start));
  const { checkpoint } = jobs.store.findRun(await jobs.identities.of(start))!;
  writeFileSync(join(checkpoint!, 'state.json'), '{');
  expect((await list()).jobs[0]).toMatchObject({ state: 'begun', step: 0 });
});

test('only what was named is listed, and what cannot be planned is said', async () => {
  const { list } = opened();
  const missing: PlannedExperiment = {
    name: 'table5',
    title: '-',
    paper: '-',
    plan: () => {
      throw new UserError('ytf/ is missing');
    },
  };
  const found = await list([tables[0]!, missing]);
  expect(statesOf(found)).toEqual([['start', 'open']]);
  expect(found.unplanned).toEqual([{ name: 'table5', reason: 'ytf/ is missing' }]);
  expect(jobsSummary(await list([tables[2]!]))).toEqual([
    'None of these experiments has jobs: figures are trained when they are drawn.',
  ]);
});

test('the time of a step is that of all steps of its kind together', () => {
  const work = [
    { kind: 'a', steps: 10, seconds: 20 },
    { kind: 'a', steps: 30, seconds: 20 },
    { kind: 'b', steps: 1, seconds: 3 },
    { kind: 'c', steps: 0, seconds: 0 },
  ];
  expect([...perStep(work)]).toEqual([
    ['a', 1],
    ['b', 3],
  ]);
});
