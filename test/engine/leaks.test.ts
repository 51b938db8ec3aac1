import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { placeOf } from '../../src/engine/core/leaks.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { testDevice } from './open.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const reports: string[] = [];

/** Runs the collector until so many reports came, or long enough for more to come. */
async function collected(expected: number): Promise<void> {
  for (let i = 0; i < 100 && reports.length < expected; i++) await round();
  for (let i = 0; i < 5; i++) await round();
}

async function round(): Promise<void> {
  collect();
  await setTimeout(20);
}

afterEach(() => {
  reports.length = 0;
});
const device = await testDevice({ debug: { leaks: true, onLeak: (message) => reports.push(message) } });

const oneLine = (on: Device) => void on.tensor([1, 2, 3], [3]);

describe('leaks', () => {
  test('are reported once for the line that makes them', async () => {
    for (let i = 0; i < 5; i++) oneLine(device);
    await collected(1);
    expect(reports).toEqual([
      expect.stringMatching(
        /^a tensor of shape \[3\] f32 was never disposed of; make it in a scope, or call dispose\. Made at oneLine .*leaks\.test\.ts:\d+:\d+\)$/,
      ),
    ]);
    oneLine(device);
    await collected(1);
    expect(reports).toHaveLength(1);
  });

  test('name the line that called the operator, not one inside the engine', async () => {
    const x = device.tensor([1, 2, 3], [3]);
    (function leakOperator() {
      scale(x, 2);
    })();
    (function leakResult() {
      device.scope(() => scale(x, 3));
    })();
    await collected(2);
    expect(reports.sort()).toEqual([
      expect.stringMatching(/Made at .*leaks\.test\.ts:\d+:\d+\)?$/),
      expect.stringMatching(/Made at leakOperator .*leaks\.test\.ts:\d+:\d+\)$/),
    ]);
    x.dispose();
  });

  test('are none where a scope, dispose, a leaf or the engine itself frees', async () => {
    const leaf = device.tensor([1, 2], [2]).requireGradient();
    await (async () => {
      device.tensor([1], [1]).dispose();
      device.scope(() => sum(scale(leaf, 3)).backward());
      await device.scope(async () => {
        const x = device.tensor([1, 2], [2]);
        await x.read();
        scale(x, 2);
      });
      const step = device.capture(() => scale(leaf, 2));
      step.dispose();
      device.constant(7, [2]);
    })();
    await collected(0);
    expect(reports).toEqual([]);
    leaf.dispose();
  });

  test('go to console.warn unless told otherwise, and nowhere when not asked for', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation((message) => void reports.push(message));
    try {
      const silent = await testDevice();
      oneLine(silent);
      await collected(0);
      expect(warn).not.toHaveBeenCalled();
      const warning = await testDevice({ debug: { leaks: true } });
      oneLine(warning);
      await collected(1);
      expect(warn).toHaveBeenCalledOnce();
    } finally {
      warn.mockRestore();
    }
  });

  test('are placed by the stacks of all browsers', () => {
    const engine = '/assets/engine.js';
    const url = 'https://example.org/assets';
    const chrome = `Error\n    at new Tensor (${url}/engine.js:1:2)\n    at train (${url}/app.js:12:3)\n    at ${url}/app.js:20:1`;
    expect(placeOf(chrome, engine)).toBe(`at train (${url}/app.js:12:3)`);
    const firefox = `Tensor@${url}/engine.js:1:2\ntrain@${url}/app.js:12:3\n@${url}/app.js:20:1\n`;
    expect(placeOf(firefox, engine)).toBe(`train@${url}/app.js:12:3`);
    expect(placeOf(firefox, '/assets/')).toBe(`in\n${firefox.trim()}`);
  });
});
