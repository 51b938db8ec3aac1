/** Gradients of a head's products that are stored as f16, where operands of products are: what the rounding may change, and not more. */

import { expect, test } from 'vitest';
import type { Device, Tensor } from '../../src/engine/core/tensor.ts';
import { softmaxLoss } from '../../src/engine/ops/heads/softmax_loss.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const hasHalf = device.report.features.includes('shader-f16');
const half = hasHalf ? await testDevice({ operands: 'f16' }) : device;

const [samples, classes, d] = [9, 132, 8];
const labelOf = (i: number): number => (17 * i) % classes;

/** Sixteenths: f16 has them, so that nothing but the gradients is rounded. The first weights make certain decisions, with p near 0 and 1. */
const features = Float32Array.from({ length: samples * d }, (_, i) => Math.round(16 * Math.sin(3 * i)) / 16);
const weights = Float32Array.from(
  { length: classes * d },
  (_, i) => ((i < 4 * d ? 6 : 1) * Math.round(16 * Math.cos(5 * i))) / 16,
);

/** Σ_k of one row of each. */
const product = (i: number, j: number): number => {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += features[i * d + k]! * weights[j * d + k]!;
  return sum;
};

/** ∂(loss of sample i)/∂product_ij = p_ij − [j = y_i], in float64. */
const slopes = Array.from({ length: samples }, (_, i) => {
  const scores = Array.from({ length: classes }, (_, j) => product(i, j));
  const most = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return scores.map((score, j) => Math.exp(score - most) / total - Number(j === labelOf(i)));
});

/** The scale that the kernels store them with (head_passes). */
const scale = 16;
/** Half a unit of the last place of f16, or half of its smallest number, divided by that scale; and what f32 adds. */
const rounding = (value: number): number => 2 ** -11 * Math.abs(value) + 2 ** -25 / scale;
const arithmetic = 3e-5;

/** A sum of products with the slopes, and how far from it the rounding may lead. */
function boundOf(terms: readonly (readonly [slope: number, factor: number])[]) {
  let [sum, bound] = [0, 0];
  for (const [slope, factor] of terms) {
    sum += slope * factor;
    bound += (rounding(slope) + arithmetic * Math.abs(slope)) * Math.abs(factor);
  }
  return { sum, bound };
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const expectedFeatures = range(samples * d).map((at) =>
  boundOf(range(classes).map((j) => [slopes[Math.floor(at / d)]![j]!, weights[j * d + (at % d)]!] as const)),
);
const expectedWeights = range(classes * d).map((at) =>
  boundOf(range(samples).map((i) => [slopes[i]![Math.floor(at / d)]!, features[i * d + (at % d)]!] as const)),
);

/** Gradients of features and weights, and bytes of all dispatches by their declared costs. */
async function gradients(on: Device, way: RegExp, upstream: number, rows = features) {
  const tensors = [on.tensor(rows, [samples, d]), on.tensor(weights, [classes, d])].map((tensor) =>
    tensor.requireGradient(),
  ) as [Tensor, Tensor];
  const labels = on.tensor(Uint32Array.from(range(samples), labelOf), [samples], 'u32');
  const seed = on.tensor(Float32Array.of(upstream), []);
  let isOffered = false;
  const prefer = (operation: string, names: readonly string[]): string | undefined => {
    const name = operation === 'head' ? names.find((offered) => way.test(offered)) : undefined;
    isOffered ||= name !== undefined;
    return name;
  };
  const step = on.capture(() =>
    on.tuner.preferring(prefer, () => {
      softmaxLoss(...tensors, labels).backward(seed);
      return tensors.map(({ gradient }) => gradient!);
    }),
  );
  expect(isOffered, String(way)).toBe(true);
  step.run();
  const bytes = step.dispatches.reduce((sum, { dispatch }) => sum + dispatch.cost.bytes, 0);
  return { results: await Promise.all(step.outputs.map((gradient) => gradient.readFloats())), bytes };
}

const inMemory = /^in memory$/;
const inProduct = /^in the product, subgroup (\d+)×\1$/;

/** An upstream gradient far below what f16 holds is no matter: it is multiplied in f32. */
test.runIf(hasHalf).each([
  ['in memory', inMemory, 1],
  ['in the product', inProduct, 1],
  ['in the product, of a small loss', inProduct, 2 ** -60],
] as const)('as near as f16 allows: %s', async (_, way, upstream) => {
  const { results } = await gradients(half, way, upstream);
  for (const [which, expected] of [expectedFeatures, expectedWeights].entries()) {
    const worst = expected.map(({ sum, bound }, at) => {
      const found = (results[which]![at]! * samples) / upstream;
      return Math.abs(found - sum) / bound;
    });
    expect(Math.max(...worst), `input ${which}`).toBeLessThan(1);
  }
});

/** f16 stops at its largest number, and what stops numbers may make one of NaN. */
test.runIf(hasHalf).each([
  ['in memory', inMemory],
  ['in the product', inProduct],
] as const)('a NaN shows: %s', async (_, way) => {
  const diverged = 4;
  const rows = features.slice();
  rows[diverged * d] = Number.NaN;
  const { results } = await gradients(half, way, 1, rows);
  const [dFeatures, dWeights] = results as [Float32Array, Float32Array];
  for (let i = 0; i < samples; i++) {
    const row = [...dFeatures.subarray(i * d, (i + 1) * d)];
    expect(row.every(Number.isNaN), `sample ${i}`).toBe(i === diverged);
    expect(row.some(Number.isNaN), `sample ${i}`).toBe(i === diverged);
  }
  expect([...dWeights].every(Number.isNaN)).toBe(true);
});

test.runIf(hasHalf)('they are f16, in half the bytes', async () => {
  const whole = await gradients(device, inProduct, 1);
  const halved = await gradients(half, inProduct, 1);
  expect(halved.results[0]).not.toEqual(whole.results[0]);
  // Written once, read by two products.
  expect(whole.bytes - halved.bytes).toBe(3 * 2 * samples * classes);
});
