import { expect, test } from 'vitest';
import { largestMagnitude } from '../../src/engine/runtime/magnitude.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** A tensor of 5,003 small numbers but for one at a place. */
function withOne(value: number, place: number) {
  const data = Float32Array.from({ length: 5003 }, (_, i) => Math.sin(i));
  data[place] = value;
  return device.tensor(data, [data.length]);
}

test('the largest magnitude of several tensors', async () => {
  expect(await largestMagnitude([device.tensor([0, -0, 0], [3])])).toBe(0);
  expect(await largestMagnitude([withOne(-7, 4711), withOne(6.5, 0)])).toBe(7);
  expect(await largestMagnitude([withOne(3e38, 5002), withOne(-7, 4711)])).toBe(Math.fround(3e38));
  // Denormal numbers count as they are: a driver may flush them only in arithmetic.
  expect(await largestMagnitude([device.tensor([1e-40], [1])])).toBe(Math.fround(1e-40));
});

test.each([
  [Number.NaN, Number.NaN],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
])('a single %s at any place is found', async (value, largest) => {
  for (const place of [0, 2501, 5002])
    expect(await largestMagnitude([withOne(1, 0), withOne(value, place)])).toBe(largest);
});

test('the tensors stay as they are, and no tensors are refused', async () => {
  const x = device.tensor([1, -2], [2]);
  await largestMagnitude([x]);
  expect(await x.read()).toEqual(Float32Array.of(1, -2));
  await expect(largestMagnitude([])).rejects.toThrow('largestMagnitude: there are no tensors');
});
