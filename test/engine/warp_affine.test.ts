/** Pictures under affine maps: positions by hand, borders, several results from one picture, and matrices that are no maps. */

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { warpAffine } from '../../src/engine/ops/images/warp_affine.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** Grey pictures [n, height, width] with alpha 7, which must not show. */
function pictures(levels: readonly number[], [n, height, width]: [number, number, number]): Tensor {
  return device.images(Uint8Array.from(levels.flatMap((level) => [level, level, level, 7])), [
    n,
    height,
    width,
  ]);
}

const matricesOf = (...matrices: number[][]): Tensor =>
  device.tensor(matrices.flat(), [matrices.length, 2, 3]);

/** The red channel of a result of floats. */
async function reds(
  images: Tensor,
  matrices: Tensor,
  size: { height: number; width: number },
  sources: Tensor | null = null,
) {
  const values = await warpAffine(images, matrices, sources, size).readFloats();
  return [...values].filter((_, i) => i % 3 === 0);
}

describe('warpAffine', () => {
  const square = pictures([10, 20, 30, 40], [1, 2, 2]);

  test('the identity keeps every level, and half a pixel is the mean of two', async () => {
    const size = { height: 2, width: 2 };
    expect(await reds(square, matricesOf([1, 0, 0, 0, 1, 0]), size)).toEqual([10, 20, 30, 40]);
    expect(await reds(square, matricesOf([1, 0, 0.5, 0, 1, 0]), size)).toEqual([15, 10, 35, 20]);
  });

  test('a quarter turn', async () => {
    // Column = r, row = 1 − q.
    const turn = matricesOf([0, 1, 0, -1, 0, 1]);
    expect(await reds(square, turn, { height: 2, width: 2 })).toEqual([30, 10, 40, 20]);
  });

  test('outside is black, and a border fades over one pixel on each side', async () => {
    const row = { height: 1, width: 7 };
    // Columns −1.5, −1, −0.5, 0, 0.5, 1, 1.5 of the upper row.
    expect(await reds(square, matricesOf([0.5, 0, -1.5, 0, 0, 0]), row)).toEqual([0, 0, 5, 10, 15, 20, 10]);
    expect(await reds(square, matricesOf([0.5, 0, -1.5, 0, 0, -0.5]), row)).toEqual([
      0, 0, 2.5, 5, 7.5, 10, 5,
    ]);
    expect(await reds(square, matricesOf([0.5, 0, -1.5, 0, 0, 2]), row)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test('bytes are rounded, half up, and opaque', async () => {
    const images = pictures([0, 1, 255, 255], [1, 1, 4]);
    const y = warpAffine(images, matricesOf([1, 0, 0.5, 0, 1, 0]), null, {
      height: 1,
      width: 3,
      rounded: true,
    });
    expect(y.dtype).toBe('rgba8');
    expect([...(await y.read())]).toEqual([1, 1, 1, 255, 128, 128, 128, 255, 255, 255, 255, 255]);
  });

  test('several results come from one picture; a number past the last picture counts as the last', async () => {
    const images = pictures([1, 2, 3], [3, 1, 1]);
    const sources = device.tensor([2, 0, 2, 9], [4], 'u32');
    const identity = [1, 0, 0, 0, 1, 0];
    const matrices = matricesOf(identity, identity, identity, identity);
    expect(await reds(images, matrices, { height: 1, width: 1 }, sources)).toEqual([3, 1, 3, 3]);
  });

  test.each([
    ['NaN', Number.NaN],
    ['an infinity', Number.NEGATIVE_INFINITY],
    ['2^100', 2 ** 100],
  ])('a matrix with %s gives a black picture, and the others theirs', async (_, hostile) => {
    const images = pictures([9, 9, 9, 9, 9, 9, 9], [7, 1, 1]);
    const broken = Array.from({ length: 6 }, (_, k) =>
      [1, 0, 0, 0, 1, 0].map((v, i) => (i === k ? hostile : v)),
    );
    const values = await reds(images, matricesOf(...broken, [1, 0, 0, 0, 1, 0]), { height: 1, width: 1 });
    expect(values).toEqual([0, 0, 0, 0, 0, 0, 9]);
  });
});
