/** What a captured step sends to the GPU: how often, how much at a time, and what is read behind it. */

import { afterAll, describe, expect, test } from 'vitest';
import type { Device } from '../../src/engine/core/tensor.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { matmul } from '../../src/engine/ops/matmul/matmul.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import type { DeviceOptions } from '../../src/engine/runtime/options.ts';
import { cutIntoParts, usualWorkPerSubmission } from '../../src/engine/runtime/parts.ts';
import { countTraffic } from './traffic.ts';

const open: Device[] = [];
afterAll(() => {
  for (const device of open) device.close();
});

async function counted(options: DeviceOptions = {}) {
  const device = await openDevice(options);
  open.push(device);
  return { device, traffic: countTraffic(device.gpu) };
}

describe('parts', () => {
  const flops = (...numbers: number[]) => numbers.map((number) => ({ flops: number, bytes: 0 }));

  test('hold as much as fits, and a dispatch that is more than that is one', () => {
    expect(cutIntoParts(flops(4, 4, 4, 4, 4), 10)).toEqual([2, 4, 5]);
    expect(cutIntoParts(flops(5, 5, 1), 10)).toEqual([2, 3]);
    expect(cutIntoParts(flops(30, 1, 30), 10)).toEqual([1, 2, 3]);
    expect(cutIntoParts(flops(30, 1, 30), Number.POSITIVE_INFINITY)).toEqual([3]);
    expect(cutIntoParts([], 10)).toEqual([0]);
  });

  test('count memory traffic as work', () => {
    expect(cutIntoParts([{ flops: 0, bytes: 1 }, ...flops(1)], 10)).toEqual([1, 2]);
  });

  test('of no work, or of what is no number, are refused', async () => {
    for (const gflopPerSubmission of [0, Number.NaN])
      await expect(openDevice({ gflopPerSubmission })).rejects.toThrow(
        `gflopPerSubmission must be a positive number, not ${gflopPerSubmission}`,
      );
  });

  test('are cut on GPUs and not on software drivers', () => {
    expect(usualWorkPerSubmission({ software: true })).toBe(Number.POSITIVE_INFINITY);
    expect(usualWorkPerSubmission({ software: false })).toBe(100e9);
  });
});

/** Three products of 2·32³ = 65,536 operations and 3·32²·4 bytes, and a sum. */
function products(device: Device) {
  const a = device.tensor(
    Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i)),
    [32, 32],
  );
  const body = () => {
    const product = matmul(matmul(matmul(a, a), a), a);
    return { product, total: sum(product) };
  };
  return { a, body };
}

describe('a step', () => {
  test('is submitted in parts with the same bits, and so are eager dispatches', async () => {
    const [whole, cut] = [await counted(), await counted({ gflopPerSubmission: 2e-4 })];
    const results = [];
    for (const { device, traffic } of [whole, cut]) {
      const { body } = products(device);
      const step = device.capture(body);
      const costs = step.dispatches.map(({ dispatch }) => dispatch.cost);
      // 65,536 + 10·12,288 are 188,416 operations: each product is a part of its own, the sum goes with the last one or alone.
      const parts = cutIntoParts(costs, 2e-4 * 1e9).length;
      expect(parts).toBeGreaterThanOrEqual(3);
      traffic.submissions = 0;
      step.run();
      expect(traffic.submissions).toBe(device === cut.device ? parts : 1);
      results.push(await step.outputs.product.readFloats());
      traffic.submissions = 0;
      const eager = body();
      results.push(await eager.product.readFloats());
      expect(traffic.submissions).toBe(device === cut.device ? parts : 1);
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test('and what is read of it are one submission and one wait, in parts as well', async () => {
    for (const gflopPerSubmission of [undefined, 2e-4]) {
      const { device, traffic } = await counted({ gflopPerSubmission });
      const { a, body } = products(device);
      const step = device.capture(body);
      const parts = gflopPerSubmission
        ? cutIntoParts(
            step.dispatches.map(({ dispatch }) => dispatch.cost),
            2e5,
          ).length
        : 1;
      Object.assign(traffic, { submissions: 0, maps: 0 });
      const first = step.runAndRead([step.outputs.total, step.outputs.product]);
      // What comes later does not change what it gives.
      a.write(new Float32Array(1024));
      step.run();
      const [total, product] = await first;
      expect(traffic).toEqual({ submissions: 2 * parts, maps: 1 });
      expect(total![0]).toBeCloseTo(
        (product as Float32Array).reduce((x, y) => x + y),
        3,
      );
      expect(total![0]).not.toBe(0);
      expect(await step.outputs.total.item()).toBe(0);
    }
  });

  test('carries the finding of the finite check along, whose error comes with the read', async () => {
    const { device, traffic } = await counted({ debug: { checkFinite: true } });
    const x = device.tensor([1], [1]);
    const step = device.capture(() => ({ y: scale(scale(x, 1e30), 1e30) }));
    await expect(step.runAndRead([step.outputs.y])).rejects.toThrow(
      /^operator scale .*wrote NaN or an infinity/,
    );
    x.write([1e-30]);
    Object.assign(traffic, { submissions: 0, maps: 0 });
    await step.runAndRead([step.outputs.y]);
    expect(traffic).toEqual({ submissions: 1, maps: 1 });
  });

  test('that is disposed of, and outputs that are, say so', async () => {
    const { device } = await counted();
    const x = device.tensor([1], [1]);
    const step = device.capture(() => ({ y: scale(x, 2) }));
    const { y } = step.outputs;
    y.dispose();
    await expect(step.runAndRead([y])).rejects.toThrow(
      'a tensor of shape [1] was used after it was disposed of',
    );
    step.dispose();
    await expect(step.runAndRead([])).rejects.toThrow('this step was disposed of');
  });
});

test('an eager read is one submission, the work before it included', async () => {
  const { device, traffic } = await counted();
  const y = scale(device.tensor([3], [1]), 2);
  Object.assign(traffic, { submissions: 0, maps: 0 });
  expect(await y.item()).toBe(6);
  expect(traffic).toEqual({ submissions: 1, maps: 1 });
});
