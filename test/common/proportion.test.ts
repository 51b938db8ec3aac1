import { describe, expect, test } from 'vitest';
import { mcNemar, proportion } from '../../src/common/proportion.ts';

describe("Wilson's interval", () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%d of %d', (count, of, low, high) => {
    const { share, interval } = proportion(count, of);
    expect(share).toBe(count / of);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  test('it ends at 0 and 1 where nothing or everything was counted, and is symmetric', () => {
    expect(proportion(0, 3000).interval[0]).toBe(0);
    expect(proportion(3000, 3000).interval[1]).toBe(1);
    const [low, high] = proportion(3, 10).interval;
    const [mirroredLow, mirroredHigh] = proportion(7, 10).interval;
    expect(low).toBeCloseTo(1 - mirroredHigh, 12);
    expect(high).toBeCloseTo(1 - mirroredLow, 12);
  });
});

describe("McNemar's exact test", () => {
  test('values by hand', () => {
    // 2·(1 + 10)/2¹⁰
    expect(mcNemar(1, 10)).toBeCloseTo(22 / 1024, 12);
    expect(mcNemar(9, 10)).toBeCloseTo(22 / 1024, 12);
    expect(mcNemar(0, 6)).toBeCloseTo(2 / 64, 12);
    expect(mcNemar(5, 10)).toBe(1);
    expect(mcNemar(0, 0)).toBe(1);
  });

  test('of more changes than powers of two have numbers', () => {
    expect(mcNemar(1500, 3000)).toBe(1);
    // 2·P(B ≤ 1400): 3.6 standard deviations of √750 with the correction for continuity.
    expect(mcNemar(1400, 3000)).toBeGreaterThan(2e-4);
    expect(mcNemar(1400, 3000)).toBeLessThan(4e-4);
  });
});
