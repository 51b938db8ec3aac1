import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { maxFeatureMap } from '../../src/engine/ops/elementwise/max_feature_map.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { averagePool2d } from '../../src/engine/ops/pool/average_pool2d.ts';
import { maxPool2d } from '../../src/engine/ops/pool/max_pool2d.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** dL/dx for L = Σ y·(1, 2, 3, …). */
async function gradient(x: Tensor, apply: (x: Tensor) => Tensor): Promise<number[]> {
  const y = apply(x.requireGradient());
  const weights = Float32Array.from({ length: y.size }, (_, i) => i + 1);
  sum(multiply(y, device.tensor(weights, y.shape))).backward();
  return [...(await x.gradient!.readFloats())];
}

describe('output extents are those of Caffe', () => {
  // Worked by hand from PoolingLayer::Reshape: ⌈(extent + 2·padding − kernel) / stride⌉ + 1, one less where the last window
  // would start at extent + padding or later.
  test.each([
    { extent: 112, kernel: 2, stride: 2, padding: 0, floor: 56, ceil: 56 },
    { extent: 7, kernel: 2, stride: 2, padding: 0, floor: 3, ceil: 4 },
    { extent: 96, kernel: 3, stride: 2, padding: 0, floor: 47, ceil: 48 },
    { extent: 112, kernel: 3, stride: 2, padding: 1, floor: 56, ceil: 57 },
    { extent: 5, kernel: 2, stride: 2, padding: 1, floor: 3, ceil: 3 },
    { extent: 4, kernel: 2, stride: 2, padding: 1, floor: 3, ceil: 3 },
    { extent: 6, kernel: 3, stride: 3, padding: 1, floor: 2, ceil: 3 },
    { extent: 5, kernel: 3, stride: 4, padding: 1, floor: 2, ceil: 2 },
    { extent: 6, kernel: 3, stride: 4, padding: 1, floor: 2, ceil: 2 },
    { extent: 2, kernel: 3, stride: 2, padding: 0, floor: 0, ceil: 1 },
    { extent: 3, kernel: 1, stride: 3, padding: 0, floor: 1, ceil: 1 },
  ])('$extent pixels, kernel $kernel, stride $stride, padding $padding', (sample) => {
    const x = device.tensor(new Float32Array(sample.extent), [1, sample.extent, 1, 1]);
    const options = {
      kernel: [sample.kernel, 1],
      stride: [sample.stride, 1],
      padding: [sample.padding, 0],
    } as const;
    for (const pool of [maxPool2d, averagePool2d]) {
      if (sample.floor > 0) expect(pool(x, options).shape).toEqual([1, sample.floor, 1, 1]);
      else expect(() => pool(x, options)).toThrow(/the window of 3 × 1 is larger than x \[1, 2, 1, 1\]/);
      expect(pool(x, { ...options, ceilMode: true }).shape).toEqual([1, sample.ceil, 1, 1]);
    }
  });
});

describe('among equal maxima the gradient goes to the first', () => {
  test('in row-major order of a pooling window', async () => {
    for (const channels of [1, 4]) {
      const x = device.tensor(new Float32Array(16 * channels).fill(-1), [1, 4, 4, channels]);
      const got = await gradient(x, (t) => maxPool2d(t, { kernel: 2 }));
      for (let c = 0; c < channels; c++) {
        const rows = [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((q) => got[(row * 4 + q) * channels + c]!));
        const weight = (window: number) => window * channels + c + 1;
        expect(rows).toEqual([
          [weight(0), 0, weight(1), 0],
          [0, 0, 0, 0],
          [weight(2), 0, weight(3), 0],
          [0, 0, 0, 0],
        ]);
      }
    }
  });

  test('in overlapping windows that hang over the padding', async () => {
    const x = device.tensor([5, 5, 5, 5, 5, 5, 5, 5, 5], [1, 3, 3, 1]);
    // Windows of 2 × 2 at rows and columns −1, 0, 1, 2: the first pixel inside each gets the gradient.
    const got = await gradient(x, (t) => maxPool2d(t, { kernel: 2, stride: 1, padding: 1 }));
    expect(got).toEqual([1 + 2 + 5 + 6, 3 + 7, 4 + 8, 9 + 10, 11, 12, 13 + 14, 15, 16]);
  });

  test('of the halves of a max-feature-map; at zero relu has no gradient', async () => {
    expect(await gradient(device.tensor([1, 2, 1, 3], [1, 4]), maxFeatureMap)).toEqual([1, 0, 0, 2]);
    expect(await gradient(device.tensor([0, -1, 2], [3]), relu)).toEqual([0, 0, 3]);
  });
});

test('padding never is the maximum, and infinities pass through', async () => {
  const x = device.tensor([-7, -8, -9, Number.NEGATIVE_INFINITY], [1, 2, 2, 1]);
  const y = maxPool2d(x, { kernel: 2, stride: 1, padding: 1 });
  const low = Number.NEGATIVE_INFINITY;
  expect([...(await y.readFloats())]).toEqual([-7, -7, -8, -7, -7, -8, -9, -9, low]);
});

test('the divisor of an average counts padding unless told otherwise, but never what hangs over it', async () => {
  const x = device.tensor([1, 1, 1], [1, 1, 3, 1]);
  // Windows of 2 columns and 1 row at −1, 1, 3 (ceil mode), on 3 columns and one of padding on each side.
  const y = averagePool2d(x, { kernel: [1, 2], stride: 2, padding: [0, 1], ceilMode: true });
  expect([...(await y.readFloats())]).toEqual([0.5, 1]);
  const wide = device.tensor([1, 1, 1, 1], [1, 1, 4, 1]);
  const inside = averagePool2d(x, { kernel: [1, 2], stride: 2, padding: [0, 1], countPadding: false });
  expect([...(await inside.readFloats())]).toEqual([1, 1]);
  const overhang = averagePool2d(wide, { kernel: [1, 3], stride: 3, ceilMode: true });
  expect([...(await overhang.readFloats())]).toEqual([1, 1]);
});
