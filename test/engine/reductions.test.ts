/** Reductions along axes on hostile numbers and extents. */

import { describe, expect, test } from 'vitest';
import { uniform01 } from '../../src/engine/core/random.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { logSumExp } from '../../src/engine/ops/reduce/log_sum_exp.ts';
import { argmax, max } from '../../src/engine/ops/reduce/max.ts';
import { logSoftmax, softmax } from '../../src/engine/ops/reduce/softmax.ts';
import { mean, sum } from '../../src/engine/ops/reduce/sum.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;

const bits = (data: ArrayLike<number>): Uint32Array => new Uint32Array(Float32Array.from(data).buffer);
const rows = (...lists: readonly (readonly number[])[]): Tensor =>
  device.tensor(lists.flat(), [lists.length, lists[0]!.length]);
const along = { axes: [1] };

/** dL/dx for L = Σ y·(1, 2, 3, …). */
async function gradient(x: Tensor, apply: (x: Tensor) => Tensor): Promise<number[]> {
  const y = apply(x.requireGradient());
  const weights = Float32Array.from({ length: y.size }, (_, i) => i + 1);
  sum(multiply(y, device.tensor(weights, y.shape))).backward();
  return [...(await x.gradient!.readFloats())];
}

describe('sum', () => {
  /** Chunks of 1024: 64 lanes of 16 numbers, joined by halves; then the same with the chunks. */
  function inParts(numbers: Float32Array): number {
    const chunks = Array.from({ length: Math.ceil(numbers.length / 1024) }, (_, chunk) => {
      const lanes = new Float32Array(64);
      numbers.subarray(1024 * chunk, 1024 * (chunk + 1)).forEach((value, i) => {
        lanes[i % 64]! += value;
      });
      for (let stride = 32; stride >= 1; stride /= 2)
        for (let lane = 0; lane < stride; lane++) lanes[lane]! += lanes[lane + stride]!;
      return lanes[0]!;
    });
    return chunks.length === 1 ? chunks[0]! : inParts(Float32Array.from(chunks));
  }

  test.each([1, 10, 63, 65, 1023, 1025, 70_001])(
    'of %i numbers adds in the order it documents',
    async (n) => {
      const numbers = Float32Array.from({ length: n }, (_, i) => uniform01(3, n, i) - 0.3);
      expect(bits([await sum(device.tensor(numbers, [n])).item()])).toEqual(bits([inParts(numbers)]));
    },
  );

  test('of a million numbers is right to a few roundings, along rows and columns', async () => {
    const n = 1_000_000;
    const numbers = Float32Array.from({ length: n }, (_, i) => 0.1 + uniform01(4, 0, i));
    const exact = numbers.reduce((a: number, b) => a + b, 0);
    const row = await sum(device.tensor(numbers, [1, n]), along).item();
    const column = await sum(device.tensor(numbers, [n, 1]), { axes: [0] }).item();
    for (const found of [row, column]) expect(Math.abs(found / exact - 1)).toBeLessThan(5e-7);
    const few = await mean(device.tensor(numbers, [n / 8, 8]), { axes: [0] }).readFloats();
    few.forEach((found, c) => {
      let total = 0;
      for (let i = c; i < n; i += 8) total += numbers[i]!;
      expect(Math.abs(found / ((8 * total) / n) - 1)).toBeLessThan(5e-7);
    });
  });

  test('of more rows than a grid has workgroups in a dimension', async () => {
    const [many, columns] = [70_000, 33];
    const x = device.tensor(
      Float32Array.from({ length: many * columns }, (_, i) => Math.floor(i / columns) % 1000),
      [many, columns],
    );
    const found = await sum(x, along).readFloats();
    expect(found.every((value, row) => value === columns * (row % 1000))).toBe(true);
  });

  test('keeps a NaN and an infinity in their rows', async () => {
    const x = rows([1, nan, 2], [1, 2, 3], [inf, 1, 2], [inf, -inf, 0]);
    expect([...(await sum(x, along).readFloats())]).toEqual([nan, 6, inf, nan]);
  });
});

describe('max and argmax', () => {
  const x = rows([1, nan, 3, nan], [-inf, -inf, -inf, -inf], [2, 5, 5, 1], [-1e38, 1e38, inf, inf]);

  test('a NaN is the largest, and of equals the first counts', async () => {
    expect([...(await max(x, along).readFloats())]).toEqual([nan, -inf, 5, inf]);
    expect([...(await argmax(x, along).read())]).toEqual([1, 0, 1, 2]);
    expect([...(await argmax(x, { axes: [0], keepDims: true }).read())]).toEqual([2, 0, 3, 0]);
    expect(argmax(x).dtype).toBe('u32');
    expect([await max(x).item(), await argmax(x).item()]).toEqual([nan, 1]);
  });

  test('the gradient goes to the first of equals', async () => {
    const ties = rows([2, 5, 5], [7, 7, 7]);
    expect(await gradient(ties, (t) => max(t, along))).toEqual([0, 1, 0, 2, 0, 0]);
    expect(await gradient(rows([4, 4], [4, 4]), max)).toEqual([1, 0, 0, 0]);
  });

  test.each([1, 3])('along 100,003 numbers, %i side by side', async (inner) => {
    const length = 100_003;
    const filled = (value: number, ...places: number[]): Tensor => {
      const data = new Float32Array(length * inner).fill(-1);
      for (const place of places) data[place * inner] = value;
      return device.tensor(data, [length, inner]);
    };
    const index = async (t: Tensor): Promise<number> => (await argmax(t, { axes: [0] }).read())[0]!;
    expect(await index(filled(2, 99_999, 77_777))).toBe(77_777);
    expect(await index(filled(nan, 100_002, 64_321))).toBe(64_321);
    expect(await index(filled(-1))).toBe(0);
    expect((await max(filled(nan, 51_234), { axes: [0] }).readFloats())[0]).toBeNaN();
  });
});

describe('logSumExp and softmax', () => {
  const x = rows(
    [1e4, 1e4, 1e4 - 1],
    [-1e4, -1e4, -1e4 - 1],
    [3e38, -3e38, 0],
    [-inf, 0, 0],
    [-inf, -inf, -inf],
    [0, inf, 1],
    [0, nan, 1],
  );
  const rest = Math.log(2 + Math.exp(-1));
  const p = 1 / (2 + Math.exp(-1));

  test('logSumExp neither overflows nor loses a line', async () => {
    const found = await logSumExp(x, along).readFloats();
    const expected = [1e4 + rest, -1e4 + rest, 3e38, Math.log(2), -inf, inf, nan].map(Math.fround);
    found.forEach((value, i) => {
      if (Number.isFinite(expected[i]!)) expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(1e-6);
      else expect(value).toBe(expected[i]);
    });
  });

  test('softmax is as exact for large numbers as for small ones; without a value it is NaN', async () => {
    const found = [...(await softmax(x).readFloats())];
    const expected = [p, p, p * Math.exp(-1)];
    const close = (row: number, values: readonly number[]): void =>
      values.forEach((value, i) => {
        expect(Math.abs(found[3 * row + i]! - value)).toBeLessThan(1e-6);
      });
    close(0, expected);
    close(1, expected);
    close(2, [1, 0, 0]);
    close(3, [0, 0.5, 0.5]);
    expect(found.slice(12).every(Number.isNaN)).toBe(true);
  });

  test('logSoftmax keeps what softmax rounds to nothing', async () => {
    const found = [...(await logSoftmax(rows([0, -1e4, 3e38], [0, -1e4, -300], [-inf, 0, 0])).readFloats())];
    expect(found.slice(0, 6)).toEqual([-3e38, -3e38, 0, 0, -1e4, -300].map(Math.fround));
    expect(found[6]).toBe(-inf);
    expect(found[7]).toBeCloseTo(-Math.log(2), 6);
  });

  test('gradients of large numbers are those of small ones', async () => {
    const small = rows([0, 0, -1], [0, -1e4, -300]);
    const large = rows([1e4, 1e4, 1e4 - 1], [-1e4, -2e4, -1e4 - 300]);
    for (const apply of [softmax, logSoftmax, (t: Tensor) => logSumExp(t, along)]) {
      const found = await gradient(large, apply);
      const expected = await gradient(small, apply);
      found.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
      });
    }
  });

  test('along one number, and along 100,003', async () => {
    expect([...(await softmax(rows([5], [-3])).readFloats())]).toEqual([1, 1]);
    expect([...(await logSoftmax(rows([5], [-3])).readFloats())]).toEqual([0, 0]);
    const n = 100_003;
    const shares = await softmax(device.tensor(new Float32Array(n).fill(7), [n])).readFloats();
    expect(shares.every((share) => Math.abs(share * n - 1) < 1e-6)).toBe(true);
    const total = await logSumExp(device.tensor(new Float32Array(n).fill(-7), [n])).item();
    expect(total).toBeCloseTo(Math.log(n) - 7, 5);
  });
});
