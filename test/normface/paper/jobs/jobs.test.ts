import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DivergedError, UserError } from '../../../../src/common/errors.ts';
import { InterruptedError } from '../../../../src/normface/paper/experiment-runner.node.ts';
import type { Job } from '../../../../src/normface/paper/jobs/job.ts';
import type { JobIdentity } from '../../../../src/normface/paper/jobs/job-identity.node.ts';
import { Jobs } from '../../../../src/normface/paper/jobs/jobs.node.ts';
import { trainerText } from '../../../../src/normface/paper/jobs/trained-by.node.ts';
import { runExperiments } from '../../../../src/normface/paper/run-experiments.node.ts';
import type { TrainingConfig } from '../../../../src/normface/training/config/config.ts';
import { canonicalJson, hashText } from '../../../../src/normface/training/config/overrides.ts';
import { divergedError } from '../../../../src/normface/training/loop.ts';
import { InUseError } from '../../../../src/normface/training/run/run-lock.node.ts';
import { errorOf, temporaryFolder } from '../../data/fixtures.ts';
import { fakeRunner } from '../fake.ts';
import { stubConfig, stubJob, stubMeasure, stubTrainer } from './stub.ts';

/** Jobs of a process that has just begun, in a folder that may be that of others before. */
function opened(
  folder = temporaryFolder(),
  trainer = stubTrainer(),
  options: { removesCheckpoints?: boolean; shouldStop?: () => boolean } = {},
) {
  const { runner, warned, said } = fakeRunner(folder, { shouldStop: options.shouldStop });
  const jobs = new Jobs({ runner, train: trainer.train, removesCheckpoints: options.removesCheckpoints });
  const fileOf = async (job: Job) => join(jobs.store.folderOf(await jobs.identities.of(job)), 'job.json');
  return { folder, jobs, trainer, warned, said, fileOf };
}

test('a training that two tables want is one job, with what either of them measures', async () => {
  const { jobs, trainer, folder } = opened();
  const [pairs, videos] = [stubMeasure('pairs'), stubMeasure('videos')];
  const one = stubJob('table-a', { measures: [pairs] });
  const other = stubJob('table-b', { measures: [videos], config: { ...stubConfig, log: { everySteps: 5 } } });
  await jobs.expect([one, other]);
  await jobs.do(one);
  await jobs.do(other);
  expect(trainer.trained.map(({ key }) => key)).toEqual(['table-a']);
  expect([pairs.asked, videos.asked]).toEqual([1, 1]);
  expect(await jobs.value(other, videos)).toEqual({ name: 'videos', seed: 1, accuracy: 0.25 });
  expect(readdirSync(join(folder, 'jobs'))).toHaveLength(1);
});

test('what decides a job: its settings, its images and what it starts from', async () => {
  const { jobs } = opened();
  const hash = async (job: Job) => (await jobs.identities.of(job)).hash;
  const base = await hash(stubJob('a'));
  const same = [
    stubJob('another-name'),
    stubJob('a', {
      config: { ...stubConfig, checkpoint: { everySteps: 3 }, evaluation: { pairsPerFold: 7 } },
    }),
    // The same images by another name.
    stubJob('a', {
      config: { ...stubConfig, data: { ...stubConfig.data, path: 'generated:samples=4,identities=4' } },
    }),
  ];
  for (const job of same) expect(await hash(job)).toBe(base);
  const start = stubJob('start', { seed: 9 });
  const others = [
    stubJob('a', { seed: 2 }),
    stubJob('a', { config: { ...stubConfig, optimiser: { learningRate: 0.04 } } }),
    stubJob('a', { config: { ...stubConfig, data: { ...stubConfig.data, imageSize: [24, 16] } } }),
    stubJob('a', {
      config: { ...stubConfig, data: { ...stubConfig.data, path: 'generated:identities=4,samples=5' } },
    }),
    ...['seed=2', 'blur=60', 'detail=12'].map((other) =>
      stubJob('a', {
        config: {
          ...stubConfig,
          data: { ...stubConfig.data, path: `generated:identities=4,samples=4,${other}` },
        },
      }),
    ),
    stubJob('a', { start: { job: start, head: 'keep' } }),
    stubJob('a', { start: { job: start, head: 'new' } }),
    stubJob('a', { start: { job: stubJob('start', { seed: 8 }), head: 'new' } }),
  ];
  const hashes = await Promise.all(others.map(hash));
  expect(new Set([base, ...hashes]).size).toBe(1 + others.length);
});

test('each table looks at its own pairs, where one training is theirs together', async () => {
  const seen: string[] = [];
  const measureOf = (name: string) => ({
    ...stubMeasure(name),
    subject: async (_runner: unknown, { evaluation }: TrainingConfig) => {
      if (!evaluation.data) throw new UserError('names no pairs');
      return { fingerprint: evaluation.data, images: 4 };
    },
    measure: async (_runner: unknown, { config }: { config: TrainingConfig }) => {
      seen.push(`${name}: ${config.evaluation.data}`);
      return { name };
    },
  });
  const videos = stubMeasure('videos');
  const set = 'generated:identities=2,samples=2,first=10';
  const pairs = measureOf('pairs');
  const job = stubJob('table-a', { config: { ...stubConfig, evaluation: { data: set } }, measures: [pairs] });
  const other = stubJob('table-b', { measures: [videos] });
  for (const first of [job, other]) {
    const { jobs, trainer } = opened();
    await jobs.expect([job, other]);
    await jobs.do(first);
    await jobs.do(other);
    expect(trainer.trained).toHaveLength(1);
    expect(await jobs.value(job, pairs)).toEqual({ name: 'pairs' });
  }
  expect(seen).toEqual([`pairs: ${set}`, `pairs: ${set}`]);
});

test('what was done is not done again by the next call, and its numbers are the same bits', async () => {
  const measure = stubMeasure('pairs');
  const job = stubJob('a', {
    measures: [measure],
    start: { job: stubJob('start', { seed: 5 }), head: 'keep' },
  });
  const first = opened();
  await first.jobs.do(job);
  const value = await first.jobs.value(job, measure);
  expect(first.trainer.trained.map(({ key }) => key)).toEqual(['start', 'a']);
  expect(first.trainer.trained[1]!.input.initialise).toMatchObject({ head: 'keep' });
  const next = opened(first.folder);
  await next.jobs.do(job);
  expect(next.trainer.trained).toEqual([]);
  expect(measure.asked).toBe(1);
  expect(await next.jobs.value(job, measure)).toEqual(value);
});

test('an interrupted training goes on from its checkpoint', async () => {
  const job = stubJob('a', { measures: [stubMeasure('pairs')] });
  const first = opened();
  first.trainer.state.stopAt = 4;
  expect(await errorOf(first.jobs.do(job))).toBeInstanceOf(InterruptedError);
  const next = opened(first.folder);
  await next.jobs.do(job);
  expect(next.trainer.trained).toMatchObject([{ key: 'a', from: 4 }]);
});

test('a process that ends between training and measuring has trained for good', async () => {
  const measure = stubMeasure('pairs');
  const job = stubJob('a', {
    measures: [{ ...measure, measure: () => Promise.reject(new Error('killed')) }],
  });
  const first = opened();
  expect((await errorOf(first.jobs.do(job))).message).toBe('killed');
  const next = opened(first.folder);
  await next.jobs.do({ ...job, measures: [measure] });
  expect(next.trainer.trained).toEqual([]);
  expect(measure.asked).toBe(1);
});

test('a record with keys of a later version is used as it is, and keeps them', async () => {
  const measure = stubMeasure('pairs');
  const job = stubJob('a', { measures: [measure] });
  const first = opened();
  await first.jobs.do(job);
  const file = await first.fileOf(job);
  const { checksum: _, ...record } = JSON.parse(readFileSync(file, 'utf8'));
  const later = { ...record, trained: { ...record.trained, joules: 7 }, remark: 'of a later version' };
  const checksum = hashText(canonicalJson(later));
  writeFileSync(file, JSON.stringify({ ...later, checksum }));
  const next = opened(first.folder);
  const videos = stubMeasure('videos');
  await next.jobs.do({ ...job, measures: [measure, videos] });
  expect(next.warned).toEqual([]);
  expect(next.trainer.trained).toEqual([]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    remark: 'of a later version',
    trained: { joules: 7 },
  });
});

test('a record that cannot be opened ends the call, and nothing of the job goes away', async () => {
  const job = stubJob('a');
  const first = opened();
  await first.jobs.do(job);
  const file = await first.fileOf(job);
  // A link to itself: whoever asks, there is no way to open it.
  rmSync(file);
  symlinkSync(file, file);
  const next = opened(first.folder);
  expect((await errorOf(next.jobs.do(job))).message).toMatch(/^cannot read .*job\.json: /);
  expect(next.jobs.store.findRun(await next.jobs.identities.of(job))?.checkpoint).toBeDefined();
});

test.each([
  ['cut off', (text: string) => text.slice(0, text.length / 2), /is damaged; the job is done again/],
  [
    'with another number',
    (text: string) => text.replace('0.25', '0.75'),
    /is damaged; the job is done again/,
  ],
  ['of something else', () => '{"format": 7}', /is not what this version writes; the job is done again/],
])('a record %s is said, once, and the job is done again', async (_, damage, sentence) => {
  const measure = stubMeasure('pairs');
  const job = stubJob('a', { measures: [measure] });
  const first = opened();
  await first.jobs.do(job);
  const file = await first.fileOf(job);
  writeFileSync(file, damage(readFileSync(file, 'utf8')));
  const next = opened(first.folder);
  expect(await next.jobs.value(job, measure)).toBeUndefined();
  await next.jobs.do(job);
  expect(next.warned).toEqual([expect.stringMatching(sentence)]);
  expect(next.trainer.trained).toMatchObject([{ from: 0 }]);
  expect(await next.jobs.value(job, measure)).toMatchObject({ accuracy: 0.25 });
});

test('an option that is new since changes nothing; a default that changed makes the job another', async () => {
  const job = stubJob('a', { measures: [stubMeasure('pairs')] });
  const first = opened();
  await first.jobs.do(job);
  const identity = await first.jobs.identities.of(job);
  const record = first.jobs.store.read(identity)!;
  const { sampling: _, ...before } = record.settings;
  first.jobs.store.write(identity, { ...record, settings: before });
  const next = opened(first.folder);
  await next.jobs.do(job);
  expect([next.trainer.trained, next.warned]).toEqual([[], []]);
  const settings = {
    ...record.settings,
    optimiser: { ...(record.settings.optimiser as object), momentum: 0.8 },
  };
  first.jobs.store.write(identity, { ...record, settings });
  const later = opened(first.folder);
  await later.jobs.do(job);
  expect(later.warned).toEqual([
    expect.stringMatching(/was trained with other defaults: optimiser\.momentum; the job is done again/),
  ]);
  expect(later.trainer.trained).toHaveLength(1);
});

test('checkpoints are kept of jobs that others start from; what is new of another is trained again', async () => {
  const [pairs, videos] = [stubMeasure('pairs'), stubMeasure('videos')];
  const start = stubJob('start', { seed: 5, measures: [pairs] });
  const job = stubJob('a', { measures: [pairs], start: { job: start, head: 'keep' } });
  const options = { removesCheckpoints: true };
  const first = opened(undefined, undefined, options);
  await first.jobs.expect([start, job]);
  for (const one of [start, job]) await first.jobs.do(one);
  const checkpoint = async (one: Job) =>
    first.jobs.store.findRun(await first.jobs.identities.of(one))?.checkpoint;
  expect(await checkpoint(start)).toMatch(/step-00000010$/);
  expect(await checkpoint(job)).toBeUndefined();
  const more = { ...job, measures: [pairs, videos] };
  const next = opened(first.folder, undefined, options);
  await next.jobs.do(more);
  expect(next.trainer.trained).toMatchObject([{ key: 'a', from: 0 }]);
  expect(next.said.join('\n')).toContain('its checkpoint is gone, and something new is wanted of it');
  expect([pairs.asked, videos.asked]).toEqual([2, 1]);
});

test('a damaged checkpoint is said and trained again', async () => {
  const job = stubJob('a');
  const first = opened();
  first.trainer.state.stopAt = 4;
  await errorOf(first.jobs.do(job));
  const { checkpoint } = first.jobs.store.findRun(await first.jobs.identities.of(job))!;
  writeFileSync(join(checkpoint!, 'state.json'), '{}');
  const next = opened(first.folder);
  await next.jobs.do(job);
  expect(next.warned).toEqual([expect.stringMatching(/step-00000004 is damaged; a is trained again/)]);
  expect(next.trainer.trained).toMatchObject([{ from: 0 }]);
});

test('a loss that is not finite is kept as an outcome, also for what starts from it', async () => {
  const start = stubJob('start', { seed: 5 });
  const job = stubJob('a', { measures: [stubMeasure('pairs')], start: { job: start, head: 'keep' } });
  const first = opened();
  first.trainer.state.fail = divergedError('the loss of step 3 is NaN', '/runs/a/ckpt/step-00000002');
  await first.jobs.do(start);
  await first.jobs.do(job);
  expect(first.warned[0]).toBe('start: the run diverged: the loss of step 3 is NaN');
  const next = opened(first.folder);
  await next.jobs.do(job);
  expect(next.trainer.trained).toEqual([]);
  expect(await next.jobs.divergence(job)).toBe('the run diverged: the loss of step 3 is NaN');
});

test('an experiment that has nothing to compare, since trainings diverged, fails with the reason', async () => {
  const { runner } = fakeRunner(temporaryFolder());
  const trainer = stubTrainer();
  trainer.state.fail = divergedError('the loss of step 3 is NaN', undefined);
  const jobs = new Jobs({ runner, train: trainer.train });
  const planned = [1, 2].map((seed) => ({ job: stubJob('a', { seed }), label: 'A', seed }));
  const plan = () => ({ jobs: planned, results: async () => undefined });
  const experiment = { name: 'table9', title: 'Table 9', paper: '-', plan };
  for (let call = 1; call <= 2; call++) {
    const { failed, finished } = await runExperiments([experiment], runner, { jobs });
    expect(finished).toEqual([]);
    expect(failed.map(({ error }) => error.message)).toEqual([
      'there is nothing to compare, since trainings diverged: A, seed 1: the run diverged: the loss of step 3 is NaN; A, seed 2: the run diverged: the loss of step 3 is NaN',
    ]);
  }
  expect(trainer.trained).toHaveLength(2);
});

test('what diverged is trained once, however many jobs start from it', async () => {
  const start = stubJob('start', { seed: 5 });
  const rows = [1, 2].map((seed) => stubJob('a', { seed, start: { job: start, head: 'keep' } }));
  const { jobs, trainer } = opened();
  trainer.state.fail = new DivergedError('the loss is not finite after step 3');
  for (const job of rows) await jobs.do(job);
  expect(trainer.trained.map(({ key }) => key)).toEqual(['start']);
  for (const job of [start, ...rows])
    expect(await jobs.divergence(job)).toBe('the loss is not finite after step 3');
});

const lockIn = (folder: string, pid: number) =>
  writeFileSync(
    join(folder, 'lock.json'),
    JSON.stringify({ pid, host: os.hostname(), since: '2026-01-01T00:00:00Z', began: null }),
  );

test.each([
  ['locks', (jobs: Jobs, identity: JobIdentity) => jobs.store.folderOf(identity), /is in use by process/],
  [
    'trains, as processes of before lock it,',
    (jobs: Jobs, identity: JobIdentity) => jobs.store.findRun(identity)!.folder,
    /another process trains a in .*run-001/,
  ],
])(
  'a job that another process %s is left alone; the lock of one that was killed is not',
  async (_, folder, isInUse) => {
    const job = stubJob('a');
    const first = opened();
    first.trainer.state.stopAt = 4;
    await errorOf(first.jobs.do(job));
    const locked = folder(first.jobs, await first.jobs.identities.of(job));
    lockIn(locked, process.pid);
    const next = opened(first.folder);
    const held = await errorOf(next.jobs.do(job));
    expect(held).toBeInstanceOf(InUseError);
    expect(held.message).toMatch(isInUse);
    const after = stubJob('b', { seed: 2, start: { job, head: 'keep' } });
    expect(await errorOf(next.jobs.do(after))).toBeInstanceOf(InUseError);
    // Nor is it removed where its record cannot be used.
    const file = await next.fileOf(job);
    const record = readFileSync(file, 'utf8');
    writeFileSync(file, '{');
    expect((await errorOf(next.jobs.do(job))).message).toMatch(isInUse);
    writeFileSync(file, record);
    // Numbers of processes end far below this.
    lockIn(locked, 2 ** 30);
    await next.jobs.do(job);
    expect(next.trainer.trained).toMatchObject([{ from: 4 }]);
  },
);

test('what starts from a finished job waits for nobody', async () => {
  const start = stubJob('start', { seed: 5 });
  const first = opened();
  await first.jobs.do(start);
  lockIn(first.jobs.store.folderOf(await first.jobs.identities.of(start)), process.pid);
  const next = opened(first.folder);
  await next.jobs.do(stubJob('a', { start: { job: start, head: 'keep' } }));
  expect(next.trainer.trained.map(({ key }) => key)).toEqual(['a']);
});

test('a record that cannot be used is begun anew without the lock going with it', async () => {
  const job = stubJob('a');
  const first = opened();
  await first.jobs.do(job);
  writeFileSync(await first.fileOf(job), '{');
  const next = opened(first.folder);
  let lock = '';
  const folder = next.jobs.store.folderOf(await next.jobs.identities.of(job));
  const jobs = new Jobs({
    runner: fakeRunner(first.folder).runner,
    train: (input, place) => {
      lock = readFileSync(join(folder, 'lock.json'), 'utf8');
      return next.trainer.train(input, place);
    },
  });
  await jobs.do(job);
  expect(JSON.parse(lock)).toMatchObject({ pid: process.pid });
  expect(existsSync(join(folder, 'lock.json'))).toBe(false);
});

test('a record keeps who trained it, of every attempt; one of before that was kept gets it from its run', async () => {
  const job = stubJob('a');
  const first = opened();
  const identity = await first.jobs.identities.of(job);
  /** A trainer that leaves what it ran on, as a training does. */
  const by = (version: string, stopAt = Number.POSITIVE_INFINITY) => {
    const trainer = stubTrainer();
    trainer.state.stopAt = stopAt;
    const train: typeof trainer.train = (input, place) =>
      trainer.train(input, place).finally(() => {
        const device = { vendor: 'v', device: 'd', description: `driver ${version}` };
        const git = version === '2' ? { commit: '0123456789abcdef', changed: true } : null;
        const environment = { normface: version, device, git };
        const { folder } = first.jobs.store.findRun(identity)!;
        writeFileSync(join(folder, 'environment.json'), JSON.stringify(environment));
      });
    return new Jobs({ runner: fakeRunner(first.folder).runner, train });
  };
  await errorOf(by('1', 3).do(job));
  await errorOf(by('2', 5).do(job));
  const last = by('3');
  await last.do(job);
  const texts = async () => (await last.trainedBy(job)).map(trainerText);
  expect(await texts()).toEqual([
    '1 on driver 1',
    '2 (commit 0123456789ab and changes) on driver 2',
    '3 on driver 3',
  ]);
  const { trainedBy: _, ...before } = last.store.read(identity)!;
  last.store.write(identity, before);
  expect(await texts()).toEqual([]);
  await by('4').do(job);
  expect(await texts()).toEqual(['3 on driver 3']);
});

test('once stopped, nothing is begun', async () => {
  const { jobs, trainer, folder } = opened(undefined, undefined, { shouldStop: () => true });
  expect(await errorOf(jobs.do(stubJob('a')))).toBeInstanceOf(InterruptedError);
  expect(trainer.trained).toEqual([]);
  expect(existsSync(join(folder, 'jobs'))).toBe(false);
});
