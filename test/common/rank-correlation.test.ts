import { expect, test } from 'vitest';
import { rankCorrelation } from '../../src/common/rank-correlation.ts';

test("Spearman's rank correlation by hand", () => {
  // 1 − 6·Σd²/(n(n² − 1)) with Σd² = 4; t = 0.8·√(3/0.36) = 2.309, p = 0.104 (tables of Spearman's test).
  const five = rankCorrelation([10, 20, 30, 40, 50], [0.2, 0.1, 0.4, 0.3, 0.5])!;
  expect(five.correlation).toBeCloseTo(0.8, 12);
  expect(five.p).toBeCloseTo(0.104, 3);
  expect(rankCorrelation([1, 2, 3, 4], [8, 4, 2, 1])).toEqual({ correlation: -1, p: expect.closeTo(0, 9) });
});

test('equal values share their mean rank', () => {
  // Ranks less their mean: −1.5, 0, 0, 1.5 and −1.5, −0.5, 0.5, 1.5.
  expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])!.correlation).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
});

test('a monotonic change of either side changes nothing', () => {
  const x = [3, -1, 4, 1, -5, 9, 2, 6];
  const y = [2, 7, 1, 8, 2, 8, 1, 8];
  const moved = rankCorrelation(
    x.map(Math.exp),
    y.map((value) => value ** 3),
  );
  expect(moved).toEqual(rankCorrelation(x, y));
});

test('where nothing varies there is none', () => {
  expect(rankCorrelation([1, 1, 1, 1], [1, 2, 3, 4])).toBeNull();
  expect(rankCorrelation([1, 2], [1, 2])).toBeNull();
});
