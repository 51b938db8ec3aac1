/** The supervisor with a program that stands in for mpirun, and ranks that do what they are told. */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { findLauncher } from '../../../src/normface/distributed/launcher.node.ts';
import { isAlive, superviseStubs, type Trial, type TrialOptions, temporaryFolder } from './trial.ts';

const cache = path.resolve(import.meta.dirname, '../../../node_modules/.cache/normface');
const program = path.join(cache, `stub-rank-${process.pid}.mjs`);
buildSync({
  entryPoints: [path.join(import.meta.dirname, 'stub-rank.ts')],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
afterAll(() => fs.rmSync(program, { force: true }));
const launcher = findLauncher(path.join(import.meta.dirname, 'stub-launcher.mjs'));

/** To its end, after which no rank may be left. */
async function trial(what: string, options: Omit<TrialOptions, 'stub' | 'launcher'> = {}): Promise<Trial> {
  const outcome = await superviseStubs(what, { stub: program, launcher, ...options });
  expect(outcome.left).toEqual([]);
  return outcome;
}

const until = async (holds: () => boolean, seconds = 15) => {
  for (const end = Date.now() + 1000 * seconds; !holds(); ) {
    if (Date.now() > end) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

test('ranks that work: one start, the output of rank 0 as it is', async () => {
  const { status, restarts, stdout, stderr, warnings, ranks, folder } = await trial('works');
  expect({ status, restarts, stderr, warnings }).toEqual({
    status: 0,
    restarts: 0,
    stderr: [],
    warnings: [],
  });
  expect(stdout).toBe(`attempt 1 works ${folder} \n`);
  expect(ranks.map(({ rank }) => rank).sort()).toEqual([0, 1]);
});

test('an error that people are meant to meet is not tried again', async () => {
  const { status, reason, restarts, stderr, ranks } = await trial('fails');
  expect({ status, restarts }).toEqual({ status: 1, restarts: 0 });
  expect(reason).toBe(`rank 1 on ${os.hostname()}: the file is missing`);
  expect(stderr).toContain('normface: rank 1 says why');
  expect(ranks.filter(({ attempt }) => attempt > 1)).toEqual([]);
});

test('a rank that dies is started again with the others, from the run that rank 0 told of', async () => {
  const { status, restarts, stdout, warnings, ranks, folder } = await trial('dies-once');
  expect({ status, restarts }).toEqual({ status: 0, restarts: 1 });
  expect(warnings).toEqual([
    `rank 1 on here ended by signal 9; the launcher ended with status 137; restart 1 of 2, from the last checkpoint of ${folder}`,
  ]);
  expect(stdout.trim().split('\n').at(-1)).toBe(`attempt 2 dies-once ${folder}  resumes ${folder}`);
  expect(ranks.filter(({ attempt }) => attempt === 2)).toHaveLength(2);
});

test('restarts are counted', async () => {
  const { status, reason, restarts, warnings } = await trial('dies', {
    maxRestarts: 1,
    hasCheckpoint: () => false,
  });
  expect({ status, restarts }).toEqual({ status: 1, restarts: 1 });
  expect(warnings).toEqual([
    expect.stringMatching(
      /restart 1 of 1, from the beginning, in another folder than \S+, which has no checkpoint$/,
    ),
  ]);
  expect(reason).toMatch(/; 1 restart did not help$/);
});

test('asked to stop, the ranks save and end as a single process does', async () => {
  const { status, restarts, folder } = await trial('stops', { act: (stop) => stop() });
  expect({ status, restarts }).toEqual({ status: 130, restarts: 0 });
  expect(fs.existsSync(folder)).toBe(true);
});

test('ranks that do not listen, nor end on SIGTERM, are killed, and nothing is started again', async () => {
  const begin = Date.now();
  const { status, reason, restarts } = await trial('hangs', {
    act: (stop) => stop(),
    patience: { stop: 0.2, terminate: 0.3 },
  });
  expect({ status, restarts }).toEqual({ status: 1, restarts: 0 });
  expect(reason).toBe('the ranks did not stop within 0.2 s');
  expect(Date.now() - begin).toBeLessThan(10_000);
});

test('a launcher that hangs after the ranks ended is ended', async () => {
  const { status, restarts } = await trial('works', {
    environment: { ...process.env, STUB_LAUNCHER: 'hangs' },
    patience: { abort: 0.3, terminate: 0.3 },
  });
  expect({ status, restarts }).toEqual({ status: 0, restarts: 0 });
  const failed = await trial('fails', {
    environment: { ...process.env, STUB_LAUNCHER: 'hangs' },
    patience: { abort: 0.3, terminate: 0.3 },
  });
  expect(failed.status).toBe(1);
});

test('ranks that see fewer than were started end at once', async () => {
  const { status, reason, restarts } = await trial('works', { seen: '1' });
  expect({ status, restarts }).toEqual({ status: 2, restarts: 0 });
  expect(reason).toMatch(/2 ranks were started, but this one sees 1: the launcher is of another MPI/);
});

test('a program that is not there ends with what is known, and is not tried again', async () => {
  const { status, reason, restarts } = await trial('', {
    program: () => [process.execPath, '/nowhere/normface.js'],
  });
  expect({ status, restarts }).toEqual({ status: 1, restarts: 0 });
  expect(reason).toMatch(/^no rank was started: /);
});

test('a supervisor that is killed leaves no rank behind', async () => {
  const { folder, ranks } = temporaryFolder();
  const supervisor = path.join(cache, `supervisor-${process.pid}.mjs`);
  onTestFinished(() => fs.rmSync(supervisor, { force: true }));
  const code = `
    import { supervise } from './supervise.node.ts';
    await supervise({
      launcher: ${JSON.stringify(launcher)}, ranks: 2, hasCheckpoint: () => false, maxRestarts: 0,
      program: () => [process.execPath, ${JSON.stringify(program)}, 'stops', ${JSON.stringify(folder)}],
      stdout: () => {}, stderr: () => {}, warn: () => {}, onStop: () => () => {},
    });`;
  buildSync({
    stdin: {
      contents: code,
      resolveDir: path.resolve(import.meta.dirname, '../../../src/normface/distributed'),
      loader: 'ts',
    },
    outfile: supervisor,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const child = spawn(process.execPath, [supervisor], { stdio: 'ignore' });
  await until(() => ranks().length === 2);
  child.kill('SIGKILL');
  await until(() => ranks().every(({ pid }) => !isAlive(pid)));
  expect(fs.readFileSync(path.join(folder, 'asked.txt'), 'utf8')).toBe('the supervisor is gone; ');
});
