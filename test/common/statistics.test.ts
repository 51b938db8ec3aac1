import { describe, expect, test } from 'vitest';
import {
  agreement,
  bootstrapMean,
  estimate,
  holm,
  mcNemarPValue,
  randomNumbers,
  studentPValue,
  studentQuantile,
  testMean,
} from '../../src/common/statistics.ts';

describe("Student's t", () => {
  test('ν = 1 is the Cauchy distribution, ν = 2 has a closed form', () => {
    for (const t of [0, 0.3, 1, 4, 100]) {
      expect(studentPValue(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12);
      expect(studentPValue(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
      expect(studentPValue(-t, 2)).toBe(studentPValue(t, 2));
    }
  });

  // Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.10: A(t | ν) = 0.95 and 0.99.
  test.each([
    [1, 12.706, 63.657],
    [2, 4.303, 9.925],
    [3, 3.182, 5.841],
    [4, 2.776, 4.604],
    [5, 2.571, 4.032],
    [10, 2.228, 3.169],
    [29, 2.045, 2.756],
    [120, 1.98, 2.617],
  ])('ν = %i has the quantiles %d and %d of published tables', (degrees, at95, at99) => {
    expect(studentQuantile(0.05, degrees)).toBeCloseTo(at95, 3);
    expect(studentQuantile(0.01, degrees)).toBeCloseTo(at99, 3);
    expect(studentPValue(studentQuantile(0.2, degrees), degrees)).toBeCloseTo(0.2, 10);
  });

  test('the odds of one and a half to two standard errors over three seeds are one in four or five', () => {
    expect(studentPValue(0.88 / 0.57, 2)).toBeCloseTo(0.26, 2);
    expect(studentPValue(0.92 / 0.48, 2)).toBeCloseTo(0.195, 2);
  });
});

describe('means', () => {
  test('mean, deviation and standard error of a sample', () => {
    const { mean, std, error, count } = estimate([1, 2, 3, 6]);
    expect([mean, count]).toEqual([3, 4]);
    expect(std).toBeCloseTo(Math.sqrt(14 / 3), 12);
    expect(error).toBeCloseTo(Math.sqrt(14 / 12), 12);
    expect(estimate([0.5])).toEqual({ mean: 0.5, std: null, error: null, count: 1 });
  });

  test('the t-test of mean zero', () => {
    const { p, interval } = testMean([1, 2, 3]);
    expect(p).toBeCloseTo(studentPValue(2 * Math.sqrt(3), 2), 12);
    expect(interval![0]).toBeCloseTo(2 - 4.3027 / Math.sqrt(3), 4);
    expect(interval![1]).toBeCloseTo(2 + 4.3027 / Math.sqrt(3), 4);
  });

  test('a single value tells nothing about chance, values without spread only how many they are', () => {
    expect(testMean([0.3])).toMatchObject({ p: null, interval: null });
    expect(testMean([0, 0, 0]).p).toBe(1);
    // Of the sign test: three of one sign in a row.
    expect(testMean([2, 2, 2]).p).toBe(0.25);
    expect(testMean([2, 2]).p).toBe(0.5);
  });
});

test('between whole numbers of degrees of freedom p lies between those of its neighbours, without a jump', () => {
  expect(studentPValue(3, 3.5)).toBeLessThan(studentPValue(3, 3));
  expect(studentPValue(3, 3.5)).toBeGreaterThan(studentPValue(3, 4));
  expect(studentPValue(3, 4 - 1e-12)).toBeCloseTo(studentPValue(3, 4), 10);
  // Of the incomplete beta function, by numerical integration of the density for 2.5 degrees.
  const density = (t: number) => (1 + t ** 2 / 2.5) ** -1.75;
  const integral = (from: number, to: number, steps = 200_000) => {
    const width = (to - from) / steps;
    let sum = 0;
    for (let k = 0; k < steps; k++) sum += density(from + (k + 0.5) * width) * width;
    return sum;
  };
  const whole = integral(0, 2000);
  expect(studentPValue(2, 2.5)).toBeCloseTo(1 - integral(0, 2) / whole, 2);
});

describe('the bootstrap', () => {
  test('agrees with the normal approximation for many values', () => {
    const random = randomNumbers(3);
    const values = Array.from({ length: 4000 }, () => random() - 0.49);
    const { mean, error } = estimate(values);
    const { interval, p } = bootstrapMean(values, { resamplings: 4000 });
    expect(interval[0]).toBeCloseTo(mean - 1.96 * error!, 3);
    expect(interval[1]).toBeCloseTo(mean + 1.96 * error!, 3);
    expect(Math.abs(p - studentPValue(mean / error!, 3999))).toBeLessThan(0.02);
  });

  test('is the same for the same seed and never claims certainty', () => {
    const values = [1, 1, 1, 1];
    expect(bootstrapMean(values)).toEqual(bootstrapMean(values));
    expect(bootstrapMean(values).p).toBeCloseTo(2 / 5001, 12);
    expect(bootstrapMean([0, 0, 0]).p).toBe(1);
  });

  test('keeps its level: of differences that are pure chance about one in twenty passes for one', () => {
    let found = 0;
    const random = randomNumbers(17);
    for (let trial = 0; trial < 400; trial++) {
      const values = Array.from({ length: 100 }, () => Math.floor(3 * random()) - 1);
      if (bootstrapMean(values, { resamplings: 400, seed: trial }).p < 0.05) found++;
    }
    expect(found / 400).toBeGreaterThan(0.015);
    expect(found / 400).toBeLessThan(0.1);
  });
});

describe('several comparisons', () => {
  test("Holm's p-values are those of his procedure", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.5, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('agreement of orders', () => {
  const total = (paper: readonly number[]) => (i: number, j: number) =>
    Math.sign(paper[i]! - paper[j]!) as -1 | 0 | 1;

  test('three things in the very order: one way in six, and one for the reverse', () => {
    expect(agreement([1, 2, 3], total([10, 20, 30]))).toEqual({ pairs: 3, same: 3, opposite: 0, p: 2 / 6 });
    expect(agreement([3, 2, 1], total([10, 20, 30]))).toEqual({ pairs: 3, same: 0, opposite: 3, p: 2 / 6 });
  });

  test('two of three is what chance gives', () => {
    expect(agreement([2, 1, 3], total([10, 20, 30]))).toEqual({ pairs: 3, same: 2, opposite: 1, p: 1 });
  });

  test('38 of 55 pairs of eleven rows have a p-value of about 0.12', () => {
    // Kendall's τ with 17 inversions; the exact two-sided p-value of its distribution for n = 11 is 0.121.
    const values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const dealt = values.slice();
    let inversions = 0;
    while (inversions < 17) {
      for (let i = 0; i + 1 < dealt.length && inversions < 17; i++)
        if (dealt[i]! < dealt[i + 1]!) {
          [dealt[i], dealt[i + 1]] = [dealt[i + 1]!, dealt[i]!];
          inversions++;
        }
    }
    const { same, p } = agreement(dealt, total(values));
    expect(same).toBe(38);
    expect(p).toBeGreaterThan(0.11);
    expect(p).toBeLessThan(0.135);
  });

  test('what is level here counts for neither side, what is level there not at all', () => {
    expect(agreement([1, 1], total([1, 2]))).toEqual({ pairs: 1, same: 0, opposite: 0, p: 1 });
    // Equal but for the order in which they were added.
    expect(agreement([0.1 + 0.2, 0.3], total([1, 2]))).toMatchObject({ pairs: 1, same: 0, opposite: 0 });
    expect(agreement([1, 2], () => 0)).toEqual({ pairs: 0, same: 0, opposite: 0, p: 1 });
  });
});

describe("McNemar's exact test", () => {
  /** Twice the probability of at most `fewest` heads among `tosses`, by whole numbers: exact but for the last division. */
  const counted = (fewest: number, tosses: number) => {
    let [term, sum] = [1n, 0n];
    for (let k = 0; k <= fewest; k++) {
      sum += term;
      term = (term * BigInt(tosses - k)) / BigInt(k + 1);
    }
    return Math.min(1, Number((2n * sum * 10n ** 20n) / 2n ** BigInt(tosses)) / 1e20);
  };

  test.each([
    [10, 2],
    [2, 10],
    [0, 5],
    [1, 0],
    [59, 121],
    [480, 520],
    [700, 500],
  ])('%d against %d', (first, second) => {
    const exact = counted(Math.min(first, second), first + second);
    expect(mcNemarPValue(first, second)).toBeCloseTo(exact, 10);
    expect(mcNemarPValue(first, second) / exact).toBeCloseTo(1, 8);
  });

  test('nothing, and as many on both sides, is no difference; huge counts are no trouble', () => {
    expect(mcNemarPValue(0, 0)).toBe(1);
    expect(mcNemarPValue(7, 7)).toBe(1);
    expect(mcNemarPValue(50_000, 50_000)).toBe(1);
    expect(mcNemarPValue(0, 100_000)).toBe(0);
    // Of the normal distribution with its correction for continuity: z = (200 − 1) / √100200.
    expect(mcNemarPValue(50_200, 50_000)).toBeCloseTo(0.5295, 3);
  });
});
