/** Several processes that work on one folder of jobs. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PlannedExperiment } from '../../../../src/normface/paper/experiment.ts';
import type { Job } from '../../../../src/normface/paper/jobs/job.ts';
import { Jobs } from '../../../../src/normface/paper/jobs/jobs.node.ts';
import { runExperiments } from '../../../../src/normface/paper/run-experiments.node.ts';
import { temporaryFolder } from '../../data/fixtures.ts';
import { fakeRunner } from '../fake.ts';
import { stubJob, stubMeasure, stubTrainer } from './stub.ts';

const measure = stubMeasure('pairs');
const start = stubJob('start', { measures: [measure] });
const rows = [2, 3].map((seed) =>
  stubJob(`row-${seed}`, { seed, measures: [measure], start: { job: start, head: 'keep' } }),
);
const others = [4, 5].map((seed) => stubJob(`other-${seed}`, { seed, measures: [measure] }));

function experimentOf(name: string, jobs: readonly Job[]): PlannedExperiment {
  const planned = jobs.map((job) => ({ job, label: job.key, seed: 1 }));
  const results = async () => ({ text: [], tables: [], figures: [] });
  return { name, title: name, paper: '-', plan: () => ({ jobs: planned, results }) };
}

const experiments = [experimentOf('table1', [start, ...rows]), experimentOf('table2', [...others, start])];

/** A process of its own, as far as jobs are concerned. */
function opened(folder: string) {
  const trainer = stubTrainer();
  const { runner, said, warned } = fakeRunner(folder);
  let before = async (_key: string) => {};
  const train: typeof trainer.train = async (input, place) => {
    await before(place.key);
    return trainer.train(input, place);
  };
  const jobs = new Jobs({ runner, train });
  return {
    jobs,
    said,
    warned,
    trained: () => trainer.trained.map(({ key }) => key),
    beforeTraining: (hook: typeof before) => {
      before = hook;
    },
    run: () => runExperiments(experiments, runner, { jobs }),
  };
}

/** A lock of a process that lives. */
async function hold(jobs: Jobs, job: Job): Promise<() => void> {
  const folder = jobs.store.folderOf(await jobs.identities.of(job));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock.json');
  const holder = { pid: process.pid, host: os.hostname(), since: '2026-01-01T00:00:00Z', began: null };
  writeFileSync(file, JSON.stringify(holder));
  return () => rmSync(file);
}

test('a job that another process has in hand is passed over, and come to in the end', async () => {
  const one = opened(temporaryFolder());
  const release = await hold(one.jobs, start);
  one.beforeTraining(async (key) => {
    if (key === 'other-5') release();
  });
  const outcome = await one.run();
  expect(one.trained()).toEqual(['other-4', 'other-5', 'start', 'row-2', 'row-3']);
  expect(outcome).toMatchObject({ failed: [], interrupted: false, held: [] });
  expect(outcome.finished.map(({ name }) => name).sort()).toEqual(['table1', 'table2']);
  expect(one.said.join('\n')).toMatch(/start is passed over: the run .* is in use by process/);
});

test('where only jobs of others are left, the call ends and names them', async () => {
  const one = opened(temporaryFolder());
  await hold(one.jobs, start);
  const outcome = await one.run();
  expect(one.trained()).toEqual(['other-4', 'other-5']);
  expect(outcome).toMatchObject({
    finished: [],
    failed: [],
    interrupted: false,
    held: ['start', 'row-2', 'row-3'],
  });
  expect(one.warned).toEqual([]);
});

test('two processes at one folder train every job once', async () => {
  const folder = temporaryFolder();
  const processes = [opened(folder), opened(folder)];
  // Long enough for the other one to come by.
  for (const one of processes)
    one.beforeTraining(async () => {
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    });
  const outcomes = await Promise.all(processes.map((one) => one.run()));
  const trained = processes.flatMap((one) => one.trained());
  expect(trained.sort()).toEqual(['other-4', 'other-5', 'row-2', 'row-3', 'start']);
  expect(outcomes.flatMap(({ failed }) => failed)).toEqual([]);
  expect(processes.every((one) => one.trained().length > 0)).toBe(true);
  const last = await opened(folder).run();
  expect(last.finished).toHaveLength(2);
});
