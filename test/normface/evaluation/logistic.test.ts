import { describe, expect, test } from 'vitest';
import { uniform01 } from '../../../src/engine/core/random.ts';
import { fitLogistic, probabilityOf } from '../../../src/normface/evaluation/logistic.ts';
import { probabilityError } from '../../../src/normface/evaluation/probability-error.ts';

const logit = (p: number) => Math.log(p / (1 - p));

describe('logistic regression with the targets of Platt', () => {
  test('of two scores it gives each its mean target', () => {
    // 5 pairs at 0, one of them same; 4 at 1, three of them same: n₊ = 4, n₋ = 5, targets 5/6 and 1/7.
    const scores = [0, 0, 0, 0, 0, 1, 1, 1, 1];
    const same = [1, 0, 0, 0, 0, 1, 1, 1, 0];
    const fit = fitLogistic(scores, same);
    const at0 = (5 / 6 + 4 / 7) / 5;
    const at1 = ((3 * 5) / 6 + 1 / 7) / 4;
    expect(fit.intercept).toBeCloseTo(logit(at0), 8);
    expect(fit.intercept + fit.slope).toBeCloseTo(logit(at1), 8);
    expect(probabilityOf(fit, 0)).toBeCloseTo(at0, 8);
  });

  test('it finds what drew the pairs', () => {
    const [intercept, slope] = [-3, 12];
    const scores = Float64Array.from({ length: 20_000 }, (_, i) => 2 * uniform01(1, 1, i) - 1);
    const same = Uint8Array.from(scores, (x, i) =>
      Number(uniform01(1, 2, i) < probabilityOf({ intercept, slope }, x)),
    );
    const fit = fitLogistic(scores, same);
    expect(Math.abs(fit.intercept - intercept)).toBeLessThan(0.2);
    expect(Math.abs(fit.slope - slope)).toBeLessThan(0.6);
  });

  test('scores that separate the kinds, or are all the same, have a finite answer', () => {
    const separated = fitLogistic([-0.2, 0, 0.1, 0.6, 0.7, 0.9], [0, 0, 0, 1, 1, 1]);
    expect(separated.slope).toBeGreaterThan(1);
    expect(Number.isFinite(separated.slope)).toBe(true);
    expect(probabilityOf(separated, 0.9)).toBeLessThan(1);
    const constant = fitLogistic([0.3, 0.3, 0.3, 0.3], [1, 0, 0, 0]);
    // Targets 2/3 and 1/5, three of them.
    expect(probabilityOf(constant, 0.3)).toBeCloseTo((2 / 3 + 3 / 5) / 4, 6);
  });

  test('only the selected pairs count, and both kinds must be there', () => {
    const scores = [0, 0, 1, 1, 0.5];
    const same = [0, 1, 0, 1, 1];
    const four = fitLogistic(scores, same, (pair) => pair < 4);
    expect(four).toEqual(fitLogistic(scores.slice(0, 4), same.slice(0, 4)));
    expect(() => fitLogistic(scores, same, (pair) => pair === 1)).toThrow(/1 same and 0 different/);
  });
});

test('errors of probabilities by hand', () => {
  const error = probabilityError([0.9, 0.8, 0.35, 0.05], [1, 0, 1, 0]);
  expect(error.logLoss).toBeCloseTo(
    -(Math.log(0.9) + Math.log(0.2) + Math.log(0.35) + Math.log(0.95)) / 4,
    12,
  );
  expect(error.priorLogLoss).toBeCloseTo(Math.LN2, 12);
  expect(error.brierScore).toBeCloseTo((0.01 + 0.64 + 0.65 ** 2 + 0.0025) / 4, 12);
  // A pair in each of four bins.
  expect(error.expectedCalibrationError).toBeCloseTo((0.1 + 0.8 + 0.65 + 0.05) / 4, 12);
  expect(error.bins[9]).toEqual({ from: 0.9, to: 1, pairs: 1, said: 0.9, same: 1 });
  expect(error.bins[5]).toEqual({ from: 0.5, to: 0.6, pairs: 0, said: null, same: null });
  // One bin with a right share is right, whatever the single pairs.
  expect(probabilityError([0.5, 0.5], [1, 0]).expectedCalibrationError).toBe(0);
});
