/** UniFace: known numbers, the start of its bias, windows of classes, and what clamping does. */

import { expect, test } from 'vitest';
import { readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import {
  type UniFaceNumbers,
  uniFaceBias,
  uniFaceHead,
  uniFaceLoss,
} from '../../src/engine/ops/heads/uniface_loss.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** Two features and three agents on the sphere: cosines (0.8, 0, 0) of label 0 and (0.36, 0.6, 0.8) of label 2. */
function tiny() {
  return [
    device.tensor([1, 0, 0, 0, 0.6, 0.8], [2, 3]).requireGradient(),
    device.tensor([0.8, 0.6, 0, 0, 1, 0, 0, 0, 1], [3, 3]).requireGradient(),
    device.tensor([0, 2], [2], 'u32'),
  ] as const;
}

// Own terms log(1 + e^(b − 25.6)) of both samples, others log(1 + e^(64c − b)) for 0, 0, 0.36 and 0.6.
test.each<[UniFaceNumbers, number, number]>([
  [{}, 20, 10.747054],
  [{ lambda: 0.25 }, 20, 2.689532],
  [{ s: 10, margin: 0.1 }, 5, 0.900483],
])('the vectors of docs/reference.md#a-small-example with %o, b = %d: %d', async (options, b, expected) => {
  const [features, weights, labels] = tiny();
  const bias = device.tensor([b], [1]);
  const { loss, statistics } = uniFaceHead(features, weights, labels, { ...options, bias });
  expect((await loss.item()) / expected).toBeCloseTo(1, 5);
  const numbers = await readStatistics(statistics);
  expect(numbers.positiveCosine).toBeCloseTo(0.8, 6);
  expect(numbers.negativeCosine).toBeCloseTo((0 + 0 + 0.36 + 0.6) / 4, 6);
  expect(numbers.bias).toBe(b);
});

test('the bias starts at log(10·rate·classes)', () => {
  expect(uniFaceBias(10_572)).toBeCloseTo(11.568549, 6);
  expect(uniFaceBias(10_572, 0.1)).toBeCloseTo(9.265964, 6);
});

test('the gradient of the bias is that of the loss', async () => {
  const lossAt = (b: number) =>
    device.scope(() => uniFaceLoss(...tiny(), { bias: device.tensor([b], [1]), s: 10 }).item());
  const bias = device.tensor([5], [1]).requireGradient();
  uniFaceLoss(...tiny(), { bias, s: 10 }).backward();
  const [slope] = await bias.gradient!.readFloats();
  expect(slope! / ((await lossAt(5.05)) - (await lossAt(4.95)))).toBeCloseTo(10, 1);
});

test('clamped: an own class that is farther than s has its cost and no gradient', async () => {
  // One sample whose own cosine is −1, and no other class.
  const opposite = async (clamped: boolean) => {
    const f = device.tensor([1, 0], [1, 2]).requireGradient();
    const w = device.tensor([-0.6, 0.8], [1, 2]).requireGradient();
    const labels = device.tensor([0], [1], 'u32');
    const bias = device.tensor([1], [1]).requireGradient();
    const loss = uniFaceLoss(f, w, labels, { bias, s: 4, margin: 0.4, clamped });
    loss.backward();
    const gradients = await Promise.all([f, w, bias].map((tensor) => tensor.gradient!.readFloats()));
    return { loss: await loss.item(), gradients: gradients.map((values) => [...values]) };
  };
  // 4·(−0.6 − 0.4) − 1 = −5
  const [kept, free] = [await opposite(true), await opposite(false)];
  expect(free.loss).toBeCloseTo(Math.log1p(Math.exp(5)), 5);
  expect(free.gradients[2]![0]).toBeCloseTo(1 / (1 + Math.exp(-5)), 5);
  expect(kept.loss).toBeCloseTo(Math.log1p(Math.exp(4)), 5);
  for (const values of kept.gradients) for (const value of values) expect(Math.abs(value)).toBe(0);
});

test.each([false, true])('a NaN among the features is the loss, clamped: %s', async (clamped) => {
  const [, weights, labels] = tiny();
  const features = device.tensor([1, 0, Number.NaN, 0, 0.6, 0.8], [2, 3]);
  const loss = uniFaceLoss(features, weights, labels, { bias: device.tensor([3], [1]), clamped });
  expect(await loss.item()).toBeNaN();
});
