import { describe, expect, test } from 'vitest';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { debugLevelOf, StepTrace } from '../../src/inspector/timing/step-trace.ts';
import { median, quantile, Stopwatch } from '../../src/inspector/timing/timing.ts';
import { testDevice } from '../engine/open.ts';

const device = await testDevice();
/** Twice the numbers 1, 0, −3, 0, and again by a half. */
const made = () => {
  const x = device.tensor([1, 0, -3, 0], [4]);
  return device.capture(() => scale(scale(x, 2), 0.5));
};

test('quantiles', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(quantile([10, 20], 0.25)).toBe(12.5);
});

describe.each(['timestamp queries', 'wall clock'] as const)('by %s', (timer) => {
  const stopwatch = () => {
    const made = new Stopwatch(device);
    // An adapter without timestamps, as far as the stopwatch knows.
    if (timer === 'wall clock') Object.assign(made, { timer });
    return made;
  };

  test('work takes time, and its results are those of a plain run', async () => {
    const step = made();
    const timings = await stopwatch().time(
      [0, 1].map((first) => ({ step, first, end: first + 1 })),
      { rounds: 3, roundMs: 1 },
    );
    expect(timings.map(({ timer }) => timer)).toEqual([timer, timer]);
    for (const { microseconds } of timings) {
      expect(microseconds.length).toBe(3);
      for (const time of microseconds) expect(time).toBeGreaterThan(0);
    }
    expect([...(await step.outputs.readFloats())]).toEqual([1, 0, -3, 0]);
    step.dispose();
  });

  test('every dispatch of a run', async () => {
    const step = made();
    const times = await stopwatch().dispatches(step);
    if (timer === 'wall clock') expect(times).toBeNull();
    else expect(times!.length).toBe(2);
    expect([...(await step.outputs.readFloats())]).toEqual([1, 0, -3, 0]);
    step.dispose();
  });
});

test('more dispatches than a query set holds', async () => {
  const x = device.tensor([1, 2, 3, 4], [4]);
  const step = device.capture(() => {
    let y = x;
    for (let i = 0; i < 2100; i++) y = scale(y, i % 2 ? 2 : 0.5);
    return y;
  });
  const times = await new Stopwatch(device).dispatches(step);
  expect(times!.length).toBe(2100);
  expect(times!.every((time) => time >= 0)).toBe(true);
  expect([...(await step.outputs.readFloats())]).toEqual([1, 2, 3, 4]);
  step.dispose();
});

describe('the DEBUG ladder', () => {
  const told = async (level: 1 | 2 | 3 | 4 | 5): Promise<string> => {
    const lines: string[] = [];
    const trace = new StepTrace(device, level, (line) => lines.push(line));
    const step = made();
    runtimeOf(device).stepRunner = trace;
    try {
      step.run();
      step.run();
      expect([...(await step.outputs.readFloats())]).toEqual([1, 0, -3, 0]);
      await trace.settled();
    } finally {
      runtimeOf(device).stepRunner = null;
      step.dispose();
    }
    return lines.join('\n');
  };

  test('each level tells all that the one below it does, and more', async () => {
    const texts: string[] = [];
    for (const level of [1, 2, 3, 4, 5] as const) texts.push(await told(level));
    for (const text of texts) {
      expect(text).toMatch(/^step 0: 2 dispatches, [\d.]+ [µm]?s, .*FLOP.*arena/m);
      expect(text).toMatch(/^step 1: /m);
    }
    const rungs = [
      /^ {2}#1 scale: scale, [\d.]+ [µm]?s, .* GB\/s$/m,
      /COUNT=1 .*FACTOR=0.5/,
      /@compute/,
      /NOT FINITE|mean/,
    ];
    rungs.forEach((rung, i) => {
      texts.forEach((text, level) => {
        if (level > i) expect(text, `level ${level + 1}`).toMatch(rung);
        else expect(text, `level ${level + 1}`).not.toMatch(rung);
      });
    });
    expect(texts[3]!.match(/@compute/g)!.length).toBe(2); // two constants, two kernels, once each
    expect(texts[4]).toContain('y [4]: -6.000 … 2.000, mean -1.000, 50.0 % zeros');
  });

  test('what a dispatch wrote is read where it lies', async () => {
    const x = device.tensor([1, -3], [2]);
    const lines: string[] = [];
    const trace = new StepTrace(device, 5, (line) => lines.push(line));
    // All three are returned, so they lie side by side.
    const step = device.capture(() => [2, 10, 100].map((factor) => scale(x, factor)));
    runtimeOf(device).stepRunner = trace;
    step.run();
    runtimeOf(device).stepRunner = null;
    await trace.settled();
    expect(new Set(step.places.map((places) => places.at(-1)!.offset)).size).toBe(3);
    const ranges = lines.flatMap((line) => /: (\S+ … \S+), mean/.exec(line)?.[1] ?? []);
    expect(ranges).toEqual(['-6.000 … 2.000', '-30.00 … 10.00', '-300.0 … 100.0']);
    step.dispose();
  });

  test.each([
    ['1', 1],
    ['5', 5],
    ['6', null],
    ['*', null],
    [undefined, null],
  ])('DEBUG=%s', (text, level) => {
    expect(debugLevelOf(text)).toBe(level);
  });
});
