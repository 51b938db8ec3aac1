import { describe, expect, test } from 'vitest';
import { normal01 } from '../../../src/engine/core/random.ts';
import { lossBound, scaleFor } from '../../../src/normface/losses/bound.ts';

// The table of docs/reference.md#lower-bound-of-the-loss, six significant digits.
const scales = [1, 2, 5, 10, 15, 20, 30, 40, 64];
const table: [classes: number, bounds: number[]][] = [
  [
    10,
    [1.37693, 0.680726, 0.0342017, 1.34499e-4, 5.19997e-7, 2.01027e-9, 3.00441e-14, 4.4902e-19, 1.17782e-30],
  ],
  [
    100,
    [3.61238, 2.64832, 0.491156, 4.05454e-3, 2.60262e-5, 1.66728e-7, 6.84221e-12, 2.80791e-16, 8.31826e-27],
  ],
  [
    1_000,
    [5.90847, 4.91214, 2.04091, 0.0439239, 3.00997e-4, 2.01828e-6, 9.07171e-11, 4.07753e-15, 1.50278e-25],
  ],
  [
    10_000,
    [8.21041, 7.21078, 4.22448, 0.373975, 3.04948e-3, 2.05681e-5, 9.32866e-10, 4.23097e-14, 1.59342e-24],
  ],
  [100_000, [10.5129, 9.51297, 6.51435, 1.7119, 0.0301269, 2.06051e-4, 9.35472e-9, 4.24661e-13, 1.60277e-23]],
  [
    10_572,
    [8.26603, 7.26638, 4.27935, 0.391683, 3.22391e-3, 2.1747e-5, 9.86391e-10, 4.47397e-14, 1.68516e-24],
  ],
];

describe('Proposition 2', () => {
  test.each(table)('the bound of %d classes', (classes, bounds) => {
    expect(scales.map((scale) => lossBound(classes, scale).toPrecision(6))).toEqual(
      bounds.map((bound) => bound.toPrecision(6)),
    );
  });

  test("the paper's example: 10,575 classes, s = 1", () => {
    expect(lossBound(10_575, 1)).toBeCloseTo(8.26632, 5);
    expect(lossBound(10_575, 0)).toBeCloseTo(Math.log(10_575), 10);
  });

  test.each([
    [10, [1.4903, 4.0045, 6.1177, 8.194]],
    [100, [4.0133, 6.7788, 9.1033, 11.3874]],
    [1_000, [6.3591, 9.1498, 11.4954, 13.8002]],
    [10_000, [8.668, 11.4613, 13.809, 16.1159]],
    [100_000, [10.9715, 13.7649, 16.1129, 18.42]],
    [10_572, [8.7237, 11.5169, 13.8647, 16.1716]],
  ])('the scale that %d classes need', (classes, expected) => {
    expect([1, 0.1, 0.01, 0.001].map((loss) => scaleFor(classes, loss).toFixed(4))).toEqual(
      expected.map((scale) => scale.toFixed(4)),
    );
  });

  test('one is the inverse of the other', () => {
    for (const scale of [0.5, 3, 12, 25]) expect(scaleFor(777, lossBound(777, scale))).toBeCloseTo(scale, 8);
    expect(scaleFor(10, Math.log(10))).toBeCloseTo(0, 12);
  });

  test('with a margin: the loss of a simplex, which other weights and features do not get below', () => {
    const [n, scale, margin] = [5, 6, 0.35];
    // Orthogonal axes less their mean are the corners of a regular simplex.
    const simplex = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, k) => ((i === k ? 1 : 0) - 1 / n) / Math.sqrt(1 - 1 / n)),
    );
    const dot = (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
    const lossOf = (rows: number[][]) =>
      rows
        .map((f, i) =>
          rows.reduce(
            (sum, w, j) => (j === i ? sum : sum + Math.exp(scale * (dot(f, w) - dot(f, rows[i]!) + margin))),
            1,
          ),
        )
        .reduce((sum, odds) => sum + Math.log(odds) / n, 0);
    const bound = lossBound(n, scale, margin);
    expect(lossOf(simplex)).toBeCloseTo(bound, 10);
    for (let draw = 0; draw < 50; draw++) {
      const turned = simplex.map((row, i) => {
        const moved = row.map((x, k) => x + 0.1 * normal01(draw, i, k));
        return moved.map((x) => x / Math.hypot(...moved));
      });
      expect(lossOf(turned)).toBeGreaterThan(bound);
    }
  });

  test('refuses what has no bound', () => {
    expect(() => lossBound(1, 3)).toThrow('lossBound: classes must be a whole number from 2, not 1');
    expect(() => lossBound(10, -1)).toThrow('lossBound: the scale must be a number from 0, not -1');
    expect(() => lossBound(10, 1, -1)).toThrow('lossBound: the margin must be a number from 0, not -1');
    expect(() => scaleFor(10, 2.4)).toThrow(
      'scaleFor: the loss of 10 classes must be in (0, log n], not 2.4',
    );
    expect(() => scaleFor(2.5, 1)).toThrow('not 2.5');
  });
});
