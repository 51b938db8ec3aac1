import { afterAll, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { nearFeatures } from '../../../src/normface/evaluation/near-features.ts';

const device = await openDevice();
afterAll(() => device.close());

const dimension = 8;
const features = (seed: number, count: number) => ({
  values: Float32Array.from({ length: count * dimension }, (_, i) => hash32(seed, i) / 2 ** 31 - 1),
  dimension,
});

test('all pairs above the threshold, as in float64, with tiles that are not full', async () => {
  const a = features(1, 70);
  const b = features(2, 130);
  a.values.fill(0, 0, dimension);
  const row = ({ values }: typeof a, i: number) =>
    Array.from(values.subarray(i * dimension, (i + 1) * dimension));
  const expected: [string, number][] = [];
  for (let i = 0; i < 70; i++)
    for (let j = 0; j < 130; j++) {
      const [x, y] = [row(a, i), row(b, j)];
      const cosine =
        x.reduce((sum, value, k) => sum + value * y[k]!, 0) / (Math.hypot(...x) * Math.hypot(...y));
      if (cosine > 0.8) expected.push([`${i} ${j}`, cosine]);
    }
  const { count, pairs } = await nearFeatures(device, a, b, 0.8, { side: 64 });
  expect(count).toBe(expected.length);
  expect(count).toBeGreaterThan(5);
  const known = new Map(expected);
  for (const { a: i, b: j, cosine } of pairs) expect(cosine).toBeCloseTo(known.get(`${i} ${j}`)!, 5);
  const cosines = pairs.map(({ cosine }) => cosine);
  expect(cosines).toEqual([...cosines].sort((x, y) => y - x));
  const few = await nearFeatures(device, a, b, 0.8, { side: 64, most: 2 });
  expect(few).toEqual({ count, pairs: pairs.slice(0, 2) });
});
