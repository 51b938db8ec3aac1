/** The host in the middle of a captured step. */

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { onHostClock, type PassTimes } from '../../src/engine/runtime/pass-clock.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const runtime = runtimeOf(device);

/** What the host adds to a tensor, and when it did. */
function addOnHost(x: Tensor, amount: number, order: string[] = [], y = device.empty(x.shape)): Tensor {
  runtime.exchange({
    name: `add ${amount}`,
    reads: [x],
    writes: [y],
    work: async ([values]) => {
      order.push(`add ${amount}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`added ${amount}`);
      return [(values as Float32Array).map((value) => value + amount)];
    },
  });
  return y;
}

describe('a captured step in which the host takes part', () => {
  test('gives what comes of it, in every run', async () => {
    const x = device.tensor([1, 2, 3], [3]);
    const step = device.capture(() => scale(addOnHost(scale(x, 2), 10), 3));
    expect([...(await step.runAndRead([step.outputs]))[0]!]).toEqual([36, 42, 48]);
    x.write([0, 0, 1]);
    expect([...(await step.runAndRead([step.outputs]))[0]!]).toEqual([30, 30, 36]);
  });

  test('reads what an exchange at the same place must not have overwritten', async () => {
    const x = device.tensor([1, 2, 3], [3]);
    const order: string[] = [];
    const step = device.capture(() => {
      const shared = scale(x, 2);
      const first = scale(addOnHost(shared, 10, order), 1);
      // Nothing but the host needs `shared` any more.
      const second = scale(addOnHost(shared, 20, order), 1);
      return [first, second];
    });
    const [first, second] = await step.runAndRead(step.outputs);
    expect([...first!, ...second!]).toEqual([12, 14, 16, 22, 24, 26]);
    // One after the other, so that all processes do the same in the same order.
    expect(order).toEqual(['add 10', 'added 10', 'add 20', 'added 20']);
  });

  test('goes on while the host works, and waits where the result is asked for', async () => {
    const x = device.tensor([1], [1]);
    const order: string[] = [];
    const step = device.capture(() => {
      const early = scale(x, 2);
      const late = scale(scale(x, 3), 1);
      // Both are asked for here; what the first one reads was ready before.
      const a = addOnHost(late, 100, order);
      const b = addOnHost(early, 10, order);
      return [scale(a, 1), scale(b, 1)];
    });
    const times: string[] = [];
    step.onExchange = ({ name, begun, read, started, done, needed, idle, written, bytes }) => {
      expect(begun <= read && read <= started && started <= done && done <= written).toBe(true);
      expect(needed <= written && needed <= idle).toBe(true);
      expect(bytes).toBe(8);
      times.push(name);
    };
    let passes: readonly PassTimes[] | null = [];
    step.onPasses = (timed) => {
      passes = timed;
    };
    const [a, b] = await step.runAndRead(step.outputs);
    expect([a![0], b![0]]).toEqual([103, 12]);
    expect(order).toEqual(['add 10', 'added 10', 'add 100', 'added 100']);
    expect(times).toEqual(['add 100', 'add 10']);
    if (!device.gpu.features.has('timestamp-query')) expect(passes).toBe(null);
    else {
      // What is read first, what is read then, and what uses both.
      expect(passes.map(({ first, end }) => [first, end])).toEqual([
        [0, 1],
        [1, 3],
        [3, 5],
      ]);
      passes.forEach(({ began, ended }, i) => {
        expect(began <= ended && (i === 0 || passes![i - 1]!.ended <= began)).toBe(true);
      });
    }
  });

  test('may be given its own tensors back, also those with contents of their own', async () => {
    const x = device.tensor([1, 2], [2]);
    const step = device.capture(() => {
      addOnHost(x, 1, [], x);
      return scale(x, 10);
    });
    expect([...(await step.runAndRead([step.outputs]))[0]!]).toEqual([20, 30]);
    expect([...(await x.read())]).toEqual([2, 3]);
  });

  test.runIf(device.report.features.includes('shader-f16'))(
    'gets f16 as numbers, and gives such',
    async () => {
      const x = device.tensor([1, 2, 3], [3], 'f16');
      const step = device.capture(() => scale(addOnHost(x, 0.5, [], device.empty([3], 'f16')), 2));
      expect([...(await step.runAndRead([step.outputs]))[0]!]).toEqual([3, 5, 7]);
    },
  );

  test('ends with the error of the host', async () => {
    const x = device.tensor([1], [1]);
    const step = device.capture(() => {
      runtime.exchange({
        name: 'fails',
        reads: [x],
        writes: [x],
        work: () => Promise.reject(new Error('no link')),
      });
      return scale(x, 1);
    });
    await expect(step.runAndRead([step.outputs])).rejects.toThrow('no link');
  });

  test('says so where it gives back too little', async () => {
    const x = device.tensor([1], [1]);
    const step = device.capture(() => {
      runtime.exchange({ name: 'short', reads: [x], writes: [x], work: async () => [] });
      return scale(x, 1);
    });
    await expect(step.runAndRead([step.outputs])).rejects.toThrow(
      'exchange short: made 0 arrays for 1 tensors',
    );
  });

  test('has to be waited for', () => {
    const x = device.tensor([1], [1]);
    const step = device.capture(() => scale(addOnHost(x, 1), 1));
    expect(() => step.run()).toThrow(/the host takes part in this step.*runAndRead/);
  });
});

test('passes are put on the clock of the host by the one that began soonest after it was encoded', () => {
  const encoded = [10, 11, 50].map((moment, first) => ({ first, end: first + 1, encoded: moment }));
  // In nanoseconds: the second pass had to wait for the first, the third one began at once.
  const stamps = [7e9, 7.02e9, 7.02e9, 7.03e9, 7.039e9, 7.05e9].map(BigInt);
  expect(onHostClock(encoded, stamps)).toEqual([
    { first: 0, end: 1, began: 11, ended: 31 },
    { first: 1, end: 2, began: 31, ended: 41 },
    { first: 2, end: 3, began: 50, ended: 61 },
  ]);
  expect(onHostClock([], [])).toEqual([]);
});

test('outside of a captured step the host cannot take part', () => {
  expect(() => addOnHost(device.tensor([1], [1]), 1)).toThrow(/captured steps only/);
});
