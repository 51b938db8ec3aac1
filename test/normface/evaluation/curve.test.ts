import { describe, expect, test } from 'vitest';
import { movingMean, thinned } from '../../../src/normface/evaluation/curve.ts';

describe('movingMean', () => {
  test('centred, shorter at the ends', () => {
    expect([...movingMean([1, 2, 6, 4, 5], 3)]).toEqual([1.5, 3, 4, 5, 4.5]);
    expect([...movingMean([1, 2, 3], 1)]).toEqual([1, 2, 3]);
  });

  test('skips what is not finite', () => {
    expect([...movingMean([1, Number.NaN, 5, Infinity, Number.NaN, Number.NaN, Number.NaN], 3)]).toEqual([
      1,
      3,
      5,
      5,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });
});

describe('thinned', () => {
  test('short curves stay whole', () => {
    expect(thinned({ x: [1, 2], y: [3, 4] }, 10)).toEqual([
      { x: 1, y: 3 },
      { x: 2, y: 4 },
    ]);
  });

  test('ends, peaks and order are kept', () => {
    const n = 10000;
    const x = Float64Array.from({ length: n }, (_, k) => k);
    const y = Float64Array.from({ length: n }, (_, k) => (k === 4321 ? 99 : k === 7654 ? -99 : Math.sin(k)));
    const points = thinned({ x, y }, 200);
    expect(points.length).toBeLessThanOrEqual(202);
    expect(points[0]!.x).toBe(0);
    expect(points[points.length - 1]!.x).toBe(n - 1);
    expect(points.map((point) => point.x)).toContain(4321);
    expect(points.map((point) => point.x)).toContain(7654);
    expect(points.every((point, k) => k === 0 || point.x > points[k - 1]!.x)).toBe(true);
  });
});
