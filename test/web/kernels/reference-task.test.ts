import { expect, test } from 'vitest';
import { checkAgainstReference } from '../../../src/engine/testing/check.ts';
import { passes } from '../../../src/engine/testing/compare.ts';
import { Recording } from '../../../src/engine/testing/recording.ts';
import { inspectedOperators } from '../../../src/inspector/kernels/operators.ts';
import { doTask, taskOf } from '../../../src/web/kernels/reference-task.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice({ tune: 'off' });

/** The first case and the one with most attributes: their tolerances and attributes must survive the way to another thread. */
const cases = inspectedOperators.flatMap((operator) => {
  const longest = operator.cases.reduce((a, b) => (b.label.length > a.label.length ? b : a));
  return [...new Set([operator.cases[0]!, longest])].map((sample) => ({
    name: `${operator.name} ${sample.label}`,
    operator,
    sample,
  }));
});

test.each(cases)('$name is checked on another thread as on this one', async ({ operator, sample }) => {
  const recording = new Recording(device, sample);
  try {
    const results = await recording.results();
    const sent = structuredClone(taskOf(operator, sample, results));
    const there = structuredClone(doTask(sent));
    expect(there).toEqual(checkAgainstReference(sample, results));
    expect(there.comparisons.every(passes)).toBe(true);
  } finally {
    recording.dispose();
  }
});

test('wrong results are wrong there too, and an unknown operator is an error', async () => {
  const operator = inspectedOperators.find(({ name }) => name === 'prelu')!;
  const sample = operator.cases[0]!;
  const recording = new Recording(device, sample);
  const results = await recording.results();
  recording.dispose();
  const output = Float32Array.from(results.output, (value, i) => (i === 7 ? value + 1 : value));
  const [first] = doTask(taskOf(operator, sample, { ...results, output })).comparisons;
  expect(passes(first!)).toBe(false);
  expect(first!.worst?.index).toBe(7);
  expect(() => doTask({ ...taskOf(operator, sample, results), operator: 'none' })).toThrow(/"none"/);
});
