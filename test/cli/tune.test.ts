import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { describeKey } from '../../src/engine/tuning/choice.ts';
import type { Measurement } from '../../src/engine/tuning/measurements.ts';
import { normface, temporaryFolder } from './run.ts';

const cache = temporaryFolder();
vi.stubEnv('NORMFACE_CACHE', cache);
afterAll(() => vi.unstubAllEnvs());

test('normface tune measures what embedding needs once, and says what it found', async () => {
  const words = ['tune', '--net', 'tiny', '--inference', '--set', 'data.imageSize=[16,16]'];
  const first = await normface(...words);
  expect(first.exitCode).toBe(0);
  expect(first.stdout).toMatch(/conv2d_forward +64×16×16×3 to 16, 3×3, stride 2 +\w/);
  expect(first.stdout).toMatch(/gemm +64×64 by 64×64/);
  const [file] = readdirSync(join(cache, 'tune'));
  expect(first.stdout).toContain(`kept    ${join(cache, 'tune', file!)}`);
  const { measurements } = JSON.parse(readFileSync(join(cache, 'tune', file!), 'utf8'));
  for (const { winner, milliseconds } of Object.values<Measurement>(measurements)) {
    expect(milliseconds[winner]).toBeGreaterThan(0);
  }
  const again = await normface(...words);
  expect(again.stdout).toContain('all of it is known already');
}, 300_000);

test('normface refuses a tuning mode that does not exist', async () => {
  const { exitCode, stderr } = await normface('--tune', 'maybe', 'nets');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/--tune .*off, cache, full/);
});

test.each([
  [['--tune-seconds', '0'], /--tune-seconds .*at least 1/],
  [['--tune-in', 'thread'], /--tune-in .*child, process/],
])('normface refuses %j', async (words, message) => {
  const { exitCode, stderr } = await normface(...words, 'nets');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});

test('the key of a measurement is told in words', () => {
  const shape = { products: 36, m: 8, n: 7, k: 6 };
  expect(describeKey(`gemm ${JSON.stringify(shape)} 0123abcd`)).toEqual({
    operation: 'gemm',
    work: '36 of 8×6 by 6×7',
  });
});
