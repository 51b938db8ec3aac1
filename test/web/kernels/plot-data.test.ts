import { describe, expect, test } from 'vitest';
import {
  isPlottable,
  linearAxis,
  logarithmicAxis,
  rooflinePlot,
  stripsOf,
  valuesAround,
} from '../../../src/web/kernels/plot-data.ts';

describe('axes', () => {
  test('linear: ends at their places, round ticks inside', () => {
    const { at, ticks } = linearAxis(3, 27, 100, 500);
    expect([at(3), at(27), at(15)]).toEqual([100, 500, 300]);
    expect(ticks).toEqual([10, 20]);
    expect(linearAxis(0, 1, 0, 10).ticks.map((tick) => tick.toFixed(2))).toEqual(['0.00', '0.50', '1.00']);
  });

  test('linear: one value only still has an axis', () => {
    const { at, ticks } = linearAxis(5, 5, 0, 10);
    expect(Number.isFinite(at(5))).toBe(true);
    expect(ticks.every(Number.isFinite)).toBe(true);
  });

  test('logarithmic: equal ratios are equally far', () => {
    const { at, ticks } = logarithmicAxis(1, 100, 0, 200);
    expect(at(10)).toBeCloseTo(100);
    expect(ticks).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(logarithmicAxis(0.01, 1000, 0, 1).ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000]);
  });
});

describe('strips of times', () => {
  test('share an axis that holds them all', () => {
    const { strips } = stripsOf(
      [
        [10, 11, 12],
        [20, 22],
      ],
      50,
      450,
      6,
    );
    for (const { dots } of strips)
      for (const { x } of dots) {
        expect(x).toBeGreaterThan(50);
        expect(x).toBeLessThan(450);
      }
    expect(strips[0]!.median).toBeLessThan(strips[1]!.median);
    expect(strips[0]!.median).toBeCloseTo(strips[0]!.dots[1]!.x);
  });

  test('one time far off does not squeeze the others: it is beside the axis', () => {
    const times = [10, 10.2, 10.4, 10.5, 10.7, 10.9, 11, 11.2, 11.3, 11.5, 480];
    const { axis, strips } = stripsOf([times, [12, 12.5, 13, 13.1, 0.2]], 50, 450, 6);
    expect(strips.map(({ above }) => above)).toEqual([[480], []]);
    expect(strips.map(({ below }) => below)).toEqual([[], [0.2]]);
    expect(strips[0]!.dots).toHaveLength(10);
    expect(axis.at(11.5) - axis.at(10)).toBeGreaterThan(100);
    for (const { low, high, median } of strips)
      for (const x of [low, high, median]) {
        expect(x).toBeGreaterThan(50);
        expect(x).toBeLessThan(450);
      }
  });

  test('a tick of a slow clock is not far off', () => {
    const { dots, above } = stripsOf([[100, 100, 100, 100, 100, 100, 102]], 0, 100, 6).strips[0]!;
    expect([dots.length, above.length]).toEqual([7, 0]);
  });

  test('dots on one level do not cover each other', () => {
    const times = Array.from({ length: 60 }, (_, i) => 100 + ((i * 37) % 60) * 0.05);
    const { dots } = stripsOf([times, [90, 300]], 0, 400, 6).strips[0]!;
    expect(dots).toHaveLength(60);
    expect(Math.max(...dots.map(({ level }) => level))).toBeGreaterThan(0);
    for (const [i, a] of dots.entries())
      for (const b of dots.slice(i + 1))
        if (a.level === b.level) expect(Math.abs(a.x - b.x)).toBeGreaterThanOrEqual(6);
  });

  test('equal times stand in the middle', () => {
    const { dots, median } = stripsOf([[7, 7, 7]], 0, 100, 6).strips[0]!;
    expect(dots.map(({ level }) => level)).toEqual([0, 1, 2]);
    expect(median).toBeCloseTo(50);
  });
});

describe('roofline', () => {
  const roofline = { gflops: 100, gigabytesPerSecond: 10 };
  const box = { left: 40, right: 440, top: 20, bottom: 220 };

  test('the ridge is where both limits meet, and dots under the roof are below it', () => {
    const points = [
      { intensity: 1, gflops: 5 },
      { intensity: 100, gflops: 50 },
    ];
    const { x, y, roof, dots } = rooflinePlot(points, roofline, box);
    expect(roof[1]).toEqual([x.at(10), y.at(100)]);
    expect(roof[2]![1]).toBe(roof[1]![1]);
    expect(dots[0]).toEqual([x.at(1), y.at(5)]);
    expect(dots[0]![1]).toBeGreaterThan(y.at(10)); // pixels grow downwards
    expect(dots[1]![1]).toBeGreaterThan(y.at(100));
  });

  test('everything is inside the box, also far off', () => {
    const far = [
      { intensity: 0.01, gflops: 0.001 },
      { intensity: 5000, gflops: 140 },
    ];
    const { roof, dots } = rooflinePlot(far, roofline, box);
    for (const [px, py] of [...roof, ...dots]) {
      expect(px).toBeGreaterThanOrEqual(box.left - 1e-9);
      expect(px).toBeLessThanOrEqual(box.right + 1e-9);
      expect(py).toBeGreaterThanOrEqual(box.top - 1e-9);
      expect(py).toBeLessThanOrEqual(box.bottom + 1e-9);
    }
  });

  test('kernels without arithmetic or without traffic have no place', () => {
    expect(isPlottable({ intensity: 0, gflops: 0 })).toBe(false);
    expect(isPlottable({ intensity: Number.POSITIVE_INFINITY, gflops: 3 })).toBe(false);
    expect(isPlottable({ intensity: 0.25, gflops: 3 })).toBe(true);
  });
});

test('values around a default are whole and positive', () => {
  expect(valuesAround(16)).toEqual([4, 8, 16, 32, 64]);
  expect(valuesAround(1)).toEqual([1, 2, 4]);
  expect(valuesAround(6)).toEqual([3, 6, 12, 24]);
});
