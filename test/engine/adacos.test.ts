/** AdaCos: the scale of a batch against its definition, and what it does to loss and gradients. */

import { expect, test } from 'vitest';
import { adaCosScaleReference } from '../../src/engine/ops/heads/adacos.reference.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { cosineSoftmaxHead } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** A batch whose features lie near their classes, by `nearness`: the median angle is below π/4 where it is large. */
function batchOf(n: number, classes: number, d: number, nearness: number) {
  const [features, weights, labels] = headInputs(n, classes, d).map((spec, i) => sampleInput(spec, 80 + i));
  features!.data.forEach((value, k) => {
    const own = labels!.data[Math.floor(k / d)]!;
    features!.data[k] = Math.fround(value + nearness * weights!.data[own * d + (k % d)]!);
  });
  return {
    tensors: () =>
      [
        device.tensor(features!.data, [n, d]),
        device.tensor(weights!.data, [classes, d]),
        device.tensor(labels!.data, [n], 'u32'),
      ] as const,
    cosines: scoreMatrix(features!, weights!),
    labels: labels!.data,
  };
}

/** The scales after two batches of the same data, and the loss of the second. */
async function twoSteps({ tensors }: ReturnType<typeof batchOf>, start: number) {
  return device.scope(async () => {
    const [f, w, y] = tensors();
    const scale = device.tensor([start], [1]);
    const first = cosineSoftmaxHead(f, w, y, { scale, adaptive: true });
    const [s1] = await scale.readFloats();
    expect((await readStatistics(first.statistics)).scale).toBe(s1);
    const { loss } = cosineSoftmaxHead(f, w, y, { scale, adaptive: true });
    const [s2] = await scale.readFloats();
    const expected = await cosineSoftmaxHead(f, w, y, { scale: s2! }).loss.item();
    expect(await loss.item()).toBe(expected);
    return [s1!, s2!] as const;
  });
}

test.each([
  [1, 3, 4, 0],
  [2, 5, 6, 3],
  [33, 40, 8, 0],
  [64, 130, 37, 3],
  [255, 20, 5, 0.8],
  [4096, 12, 4, 0.6],
])('%d samples of %d classes in %d dimensions, nearness %d', async (n, classes, d, nearness) => {
  const batch = batchOf(n, classes, d, nearness);
  const start = Math.SQRT2 * Math.log(classes - 1);
  const expected: number[] = [];
  for (let s = start, step = 0; step < 2; step++) {
    s = Math.max(0.01, adaCosScaleReference(batch.cosines, batch.labels, s));
    expected.push(s);
  }
  const found = await twoSteps(batch, start);
  found.forEach((scale, i) => {
    expect(scale / expected[i]!).toBeCloseTo(1, 4);
  });
});

test('the same in windows of classes', async () => {
  const batch = batchOf(9, 200, 12, 1);
  const whole = await twoSteps(batch, 7.5);
  const cut = await device.settings.limiting({ classWindowBytes: 64 * 12 * 4 }, () => twoSteps(batch, 7.5));
  cut.forEach((scale, i) => {
    expect(scale / whole[i]!).toBeCloseTo(1, 5);
  });
});

test('the same scale with smoothed labels, which the loss of it has', async () => {
  await device.scope(async () => {
    const [f, w, y] = batchOf(33, 40, 8, 0).tensors();
    const scaleAfter = async (labelSmoothing: number) => {
      const scale = device.tensor([5], [1]);
      const { loss } = cosineSoftmaxHead(f, w, y, { scale, adaptive: true, labelSmoothing });
      return { scale: (await scale.readFloats())[0]!, loss: await loss.item() };
    };
    const [plain, smoothed] = [await scaleAfter(0), await scaleAfter(0.1)];
    expect(smoothed.scale).toBe(plain.scale);
    const expected = cosineSoftmaxHead(f, w, y, { scale: plain.scale, labelSmoothing: 0.1 });
    expect(smoothed.loss).toBe(await expected.loss.item());
    expect(smoothed.loss).not.toBe(plain.loss);
  });
});

test('gradients are those of a fixed scale', async () => {
  const { tensors } = batchOf(6, 9, 5, 1);
  await device.scope(async () => {
    const gradientsWith = async (head: (...inputs: ReturnType<typeof tensors>) => void) => {
      const [f, w, y] = tensors();
      head(f.requireGradient(), w.requireGradient(), y);
      return [[...(await f.gradient!.readFloats())], [...(await w.gradient!.readFloats())]];
    };
    const scale = device.tensor([3], [1]);
    const adaptive = await gradientsWith((f, w, y) =>
      cosineSoftmaxHead(f, w, y, { scale, adaptive: true }).loss.backward(),
    );
    const [s] = await scale.readFloats();
    expect(s).not.toBe(3);
    expect(adaptive).toEqual(
      await gradientsWith((f, w, y) => cosineSoftmaxHead(f, w, y, { scale: s! }).loss.backward()),
    );
  });
});

test('a learnt or a constant scale cannot follow the batch', () => {
  device.scope(() => {
    const [f, w, y] = batchOf(2, 3, 4, 0).tensors();
    const learnt = device.tensor([3], [1]).requireGradient();
    for (const scale of [learnt, 3]) {
      expect(() => cosineSoftmaxHead(f, w, y, { scale, adaptive: true })).toThrow(
        'cosineSoftmaxLoss: an adaptive scale must be in a tensor that requires no gradient',
      );
    }
  });
});
