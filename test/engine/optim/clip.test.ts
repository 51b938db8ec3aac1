import { expect, test } from 'vitest';
import { measureClipping } from '../../../src/engine/optim/clip.ts';
import { testDevice } from '../open.ts';
import { normals } from './harness.ts';

const device = await testDevice();
const maximum = 3;

/** (factor, norm) of two arrays of gradients, and the norm in float64. */
async function measured(magnitude: number) {
  const arrays = [1, 2].map((seed) =>
    Float32Array.from(normals(4 * 9000 * seed, seed), (x) => magnitude * x),
  );
  const clipping = device.zeros([2]);
  measureClipping(
    arrays.map((values) => device.tensor(values, [values.length])),
    maximum,
    clipping,
  );
  const norm = Math.sqrt(arrays.flatMap((values) => [...values]).reduce((sum, x) => sum + x * x, 0));
  const [factor, ownNorm] = await clipping.read();
  return { factor: factor!, ownNorm: ownNorm!, norm };
}

test.each([1e-25, 1e-3, 1, 1e15, 1e17, 1e19, 1e25, 1e35])('gradients of magnitude %s', async (magnitude) => {
  const { factor, ownNorm, norm } = await measured(magnitude);
  expect(factor / Math.min(1, maximum / norm)).toBeCloseTo(1, 5);
  if (magnitude >= 1e-3) expect(ownNorm / norm).toBeCloseTo(1, 5);
});

test('a gradient that is NaN shows', async () => {
  const { factor, ownNorm } = await measured(Number.NaN);
  expect(factor).toBe(1);
  expect(ownNorm).toBeNaN();
});
