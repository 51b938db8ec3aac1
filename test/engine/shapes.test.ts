/** Operators that move numbers, layer normalisation and batched products on hostile numbers and extents. */

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { resize } from '../../src/engine/ops/images/resize.ts';
import { matmul } from '../../src/engine/ops/matmul/matmul.ts';
import { layerNorm } from '../../src/engine/ops/norm/layer_norm.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { gather } from '../../src/engine/ops/shape/gather.ts';
import { oneHot } from '../../src/engine/ops/shape/one_hot.ts';
import { pad } from '../../src/engine/ops/shape/pad.ts';
import { permute, transpose } from '../../src/engine/ops/shape/permute.ts';
import { slice } from '../../src/engine/ops/shape/slice.ts';
import { testDevice } from './open.ts';

const device = await testDevice({ debug: { checkLabels: true } });
const unchecked = await testDevice();
const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;

const bits = (data: ArrayLike<number>): number[] => [...new Uint32Array(Float32Array.from(data).buffer)];

/** dL/dx for L = Σ y·(1, 2, 3, …). */
async function gradient(x: Tensor, apply: (x: Tensor) => Tensor): Promise<number[]> {
  const y = apply(x.requireGradient());
  const weights = Float32Array.from({ length: y.size }, (_, i) => i + 1);
  sum(multiply(y, device.tensor(weights, y.shape))).backward();
  return [...(await x.gradient!.readFloats())];
}

describe('copies move bits', () => {
  const hostile = [nan, inf, -inf, 1e-40, -0, 3.4e38];
  const x = device.tensor(hostile, [2, 3]);

  test('of subnormal numbers, infinities and NaNs', async () => {
    const [a, b, c, d, e, f] = bits(hostile);
    expect(bits(await transpose(x).readFloats())).toEqual([a, d, b, e, c, f]);
    expect(bits(await slice(x, { start: [1] }).readFloats())).toEqual([d, e, f]);
    expect(bits(await gather(x, device.tensor([1, 0], [2], 'u32')).readFloats())).toEqual([d, e, f, a, b, c]);
    const padded = await pad(x, { after: [0, 1], value: nan }).readFloats();
    expect(bits(padded)).toEqual([a, b, c, bits([nan])[0], d, e, f, bits([nan])[0]]);
    expect((await pad(x, { before: [1, 0], value: -inf }).readFloats())[0]).toBe(-inf);
  });

  test('of integers that are NaNs as floats', async () => {
    const words = [0x7fc00001, 0xffffffff, 5, 0x7f800001];
    const integers = device.tensor(words, [2, 2], 'u32');
    const moved = permute(integers, [1, 0]);
    expect(moved.dtype).toBe('u32');
    expect([...(await moved.read())]).toEqual([words[0], words[2], words[1], words[3]]);
    const framed = pad(device.tensor([-7], [1], 'i32'), { after: [1], value: -1 });
    expect([...(await framed.read())]).toEqual([-7, -1]);
  });

  test('of a long first axis', async () => {
    const n = 100_003;
    const long = device.tensor(
      Float32Array.from({ length: 2 * n }, (_, i) => i),
      [n, 2],
    );
    const turned = await transpose(long).readFloats();
    expect([turned[0], turned[n - 1], turned[n], turned[2 * n - 1]]).toEqual([0, 2 * n - 2, 1, 2 * n - 1]);
  });
});

describe('gather', () => {
  const x = () => device.tensor([1, 2, 3, 4, 5, 6], [3, 2]);
  const indices = (...list: number[]): Tensor => device.tensor(list, [list.length], 'u32');

  test('rows that appear several times get all their gradients, the others none', async () => {
    expect(await gradient(x(), (t) => gather(t, indices(2, 0, 2, 2)))).toEqual([
      3,
      4,
      0,
      0,
      1 + 5 + 7,
      2 + 6 + 8,
    ]);
  });

  test('gradients are added in the order of the indices', async () => {
    const table = device.zeros([2, 1]).requireGradient();
    const y = gather(table, indices(0, 0, 0, 1));
    // (1e8 + 1) − 1e8 is 0 in f32, (1e8 − 1e8) + 1 is 1.
    y.backward(device.tensor([1e8, -1e8, 1, 9], [4, 1]));
    expect([...(await table.gradient!.readFloats())]).toEqual([1, 9]);
  });

  test('a NaN stays in its row, in both directions', async () => {
    const table = device.tensor([nan, 1, 2], [3, 1]).requireGradient();
    const y = gather(table, indices(1, 2, 1));
    expect([...(await y.readFloats())]).toEqual([1, 2, 1]);
    y.backward(device.tensor([1, nan, 2], [3, 1]));
    expect([...(await table.gradient!.readFloats())]).toEqual([0, 3, nan]);
  });

  test('in debug mode an index past the rows is named', async () => {
    await expect(gather(x(), indices(0, 3)).read()).rejects.toThrow(
      /^operator gather: the index 3 is outside the rows: there are 3 rows, with indices 0 to 2$/,
    );
    await expect(oneHot(indices(1, 4), { classes: 4 }).read()).rejects.toThrow(
      /^operator oneHot: the label 4 is outside the classes: there are 4 classes, with labels 0 to 3$/,
    );
  });
});

test('gather counts an index past the rows as the last row', async () => {
  const x = unchecked.tensor([1, 2, 3], [3, 1]).requireGradient();
  const y = gather(x, unchecked.tensor([7, 1, 4_000_000_000], [3], 'u32'));
  expect([...(await y.readFloats())]).toEqual([3, 2, 3]);
  y.backward(unchecked.tensor([1, 2, 4], [3, 1]));
  expect([...(await x.gradient!.readFloats())]).toEqual([0, 2, 5]);
});

describe('resize', () => {
  const line = (...values: number[]): Tensor => device.tensor(values, [1, 1, values.length, 1]);
  const resized = async (x: Tensor, width: number, options: object = {}): Promise<number[]> => [
    ...(await resize(x, { height: 1, width, ...options }).readFloats()),
  ];

  test('positions are those of areas, or of points whose corners meet', async () => {
    expect(await resized(line(0, 1), 4)).toEqual([0, 0.25, 0.75, 1]);
    expect(await resized(line(0, 3), 4, { alignCorners: true })).toEqual(
      [0, 1, 2, 3].map((v) => expect.closeTo(v, 6)),
    );
    expect(await resized(line(0, 1), 4, { mode: 'nearest' })).toEqual([0, 0, 1, 1]);
    expect(await resized(line(0, 1, 2), 2, { mode: 'nearest' })).toEqual([0, 2]);
    expect(await resized(line(0, 1, 2, 3), 2)).toEqual([0.5, 2.5]);
    // Between two pixels the later is the nearest.
    expect(await resized(line(0, 1, 2, 3), 2, { mode: 'nearest' })).toEqual([1, 3]);
  });

  test('the same size is the same image, and what has no share does not leak', async () => {
    expect(await resized(line(1, nan, 3, inf), 4)).toEqual([1, nan, 3, inf]);
    expect(await resized(line(1, 2, nan), 2, { alignCorners: true })).toEqual([1, nan]);
    expect(await resized(line(1e38, 3e38), 3)).toEqual([1e38, 2e38, 3e38].map(Math.fround));
  });
});

describe('layerNorm', () => {
  const normalised = async (list: readonly number[], options = {}): Promise<number[]> => [
    ...(await layerNorm(device.tensor(list, [1, list.length]), null, null, options).readFloats()),
  ];

  test('rows far from zero, huge and tiny ones are normalised like others', async () => {
    const root = Math.sqrt(1.5);
    const expected = [-root, 0, root].map((v) => expect.closeTo(v, 5));
    expect(await normalised([1e6 - 1, 1e6, 1e6 + 1], { epsilon: 0 })).toEqual(expected);
    expect(await normalised([-3e38, 0, 3e38])).toEqual(expected);
    expect(await normalised([-1e-30, 0, 1e-30], { epsilon: 0 })).toEqual(expected);
  });

  test('a row of one value is zero, also a huge one and one of one number', async () => {
    expect(await normalised([3e38, 3e38, 3e38])).toEqual([0, 0, 0]);
    expect(await normalised([7], { epsilon: 0 })).toEqual([0]);
  });

  test('a NaN and an infinity stay in their rows', async () => {
    const x = device.tensor([1, nan, 3, 1, 2, 3, 1, inf, 3], [3, 3]);
    const y = [...(await layerNorm(x).readFloats())];
    expect(y.map(Number.isNaN)).toEqual([true, true, true, false, false, false, true, true, true]);
  });
});

test('a NaN stays in its product of a batch', async () => {
  const a = device.tensor([nan, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2]);
  const b = device.tensor([1, 2, 3, 4], [2, 2]);
  const whole = [nan, nan, 4, 6, 4, 6, 4, 6];
  expect([...(await matmul(a, b).readFloats())]).toEqual(whole);
  const both = device.tensor([1, 2, 3, 4, 1, 2, 3, 4], [2, 2, 2]);
  expect([...(await matmul(a, both).readFloats())]).toEqual(whole);
});
