import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/common/json.ts';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { agreeOnSettings } from '../../../src/normface/distributed/agree-settings.ts';

const outcomes = (...settings: JsonObject[]) =>
  runInProcess(settings.length, (ranks) =>
    agreeOnSettings(ranks, settings[ranks.rank]!).then(
      () => 'agreed',
      (error) => `${error.exitCode}: ${error.message}`,
    ),
  );

// Longer than what a sentence shows of a value.
const long = { note: 'x'.repeat(200) };

test('the same settings, in whatever order', async () => {
  expect(await outcomes({ a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 })).toEqual(['agreed', 'agreed']);
});

test('the setting that differs is named, with its values', async () => {
  const sentence =
    '2: the setting optimiser.learningRate must be the same on all ranks, but it is "0.1" on ranks 0, 2, and "0.2" on rank 1';
  const rate = (learningRate: number) => ({ ...long, optimiser: { learningRate, momentum: 0.9 } });
  expect(await outcomes(rate(0.1), rate(0.2), rate(0.1))).toEqual(Array(3).fill(sentence));
});

test('a setting that only one rank has, and others beside it', async () => {
  const [first, second] = await outcomes({ ...long, a: 1 }, { ...long, b: [2], c: 3 });
  expect(first).toBe(second);
  expect(first).toBe(
    '2: the setting a, like 2 other settings that differ, must be the same on all ranks, but it is "1" on rank 0, and "null" on rank 1',
  );
});

test('names with dots in them', async () => {
  const [text] = await outcomes({ rates: { 'conv1.*': 1 } }, { rates: { 'conv1.*': 2 } });
  expect(text).toMatch(
    /^2: the configuration must be the same on all ranks, but it is .*1.* on rank 0, and .*2/,
  );
});
