import { expect, test } from 'vitest';
import { describeNet } from '../../src/normface/nets/describe.ts';
import { findNet } from '../../src/normface/nets/index.ts';
import { normface } from './run.ts';

const words = 'distributed plan --net tiny --classes 1000 --batch 64 --ranks 4 --link 10 --latency 0'.split(
  ' ',
);

test('a plan as JSON: what the net has, sent as a ring does', async () => {
  const { exitCode, stdout, stderr } = await normface('--json', ...words);
  expect(exitCode).toBe(0);
  const { parameters, output } = describeNet(findNet('tiny'));
  const planned = JSON.parse(stdout);
  expect(planned).toMatchObject({ event: 'plan', ranks: 4, classesPerRank: 250, imagesPerRank: 16 });
  expect(planned.net[0].bytes).toBe(2 * (3 / 4) * 4 * parameters);
  expect(planned.net[0].seconds).toBeCloseTo((planned.net[0].bytes * 8) / 10e9, 12);
  expect(planned.headDataParallel[0].bytes).toBe(2 * (3 / 4) * 4 * 1000 * output[0]!);
  expect(stderr).toContain('tiny, 1,000 people, 64 images a step on 4 ranks, 10 Gbit/s');
});

test('with a card the efficiency is projected', async () => {
  const { exitCode, stdout } = await normface(...words, '--card', 'rtx-4090');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/computing about .* a step on NVIDIA GeForce RTX 4090 at best: efficiency \d/);
});

test('what cannot be is refused', async () => {
  const { exitCode, stderr } = await normface(...words.slice(0, -4), '--link', '0');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--link must be positive')]);
  const few = await normface(...words, '--ranks', '100');
  expect(few.stderr).toContain('100 ranks need at least 100 images in a batch, not 64');
  const absent = await normface(
    ...['distributed', 'plan', '--ranks', '2', '--link', '10', '--net', 'tiny', '--set', 'data.path=nowhere'],
  );
  expect([absent.exitCode, absent.stderr]).toEqual([
    1,
    expect.stringMatching(
      /nowhere: there is no such file; without the images, --classes says how many people there are$/m,
    ),
  ]);
  // Before a launcher is looked for: it would start them all.
  for (const [ranks, sentence] of [
    ['65', '65 ranks need at least 65 images in a batch, not 64'],
    ['99999999999', 'at most 4096 ranks, not 99999999999'],
  ] as const) {
    const many = await normface('train', '--net', 'tiny', '--batch', '64', '--ranks', ranks);
    expect([many.exitCode, many.stderr]).toEqual([2, expect.stringContaining(sentence)]);
  }
  const alone = await normface('train', '--max-restarts', '2', '--data', 'generated');
  expect(alone.stderr).toContain('--max-restarts goes with --ranks or --hosts');
  const waits = await normface('train', '--rank-timeout', '5', '--data', 'generated');
  expect(waits.stderr).toContain('--rank-timeout goes with --ranks or --hosts');
  const long = await normface('train', '--rank-timeout', '5000000', '--ranks', '2');
  expect(long.stderr).toContain('Give a whole number of at most 1000000.');
  const traced = await normface('train', '--trace', 'step.json', '--data', 'generated');
  expect([traced.exitCode, traced.stderr]).toEqual([
    2,
    expect.stringContaining('--trace goes with several ranks; `normface profile train --out FOLDER`'),
  ]);
  const missing = await normface('train', '--ranks', '2', '--launcher', '/nowhere/mpirun');
  expect([missing.exitCode, missing.stderr]).toEqual([
    2,
    expect.stringContaining('there is no such program'),
  ]);
});
