import { describe, expect, test } from 'vitest';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import {
  hasDiverged,
  marginOf,
  rateOf,
  smooth,
  suggestRate,
} from '../../../src/normface/training/rate-range.ts';

const sweep = { from: 1e-4, to: 1, steps: 81 };
const rates = Array.from({ length: sweep.steps }, (_, step) => rateOf(step, sweep));
const curve = (loss: (rate: number) => number) =>
  smooth(rates.map((learningRate) => ({ learningRate, loss: loss(learningRate) })));

test('rates rise by a constant factor', () => {
  expect([0, 20, 40, 80].map((step) => Number(rateOf(step, sweep).toPrecision(6)))).toEqual([
    1e-4, 1e-3, 1e-2, 1,
  ]);
  expect(rateOf(0, { ...sweep, steps: 1 })).toBe(1e-4);
});

test('the mean of equal losses is that loss from the first on, and of others lags behind', () => {
  for (const { smoothed } of curve(() => 3)) expect(smoothed).toBeCloseTo(3, 12);
  const [first, second] = smooth([
    { learningRate: 1, loss: 2 },
    { learningRate: 2, loss: 4 },
  ]);
  expect([first!.smoothed, second!.smoothed]).toEqual([
    expect.closeTo(2, 12),
    expect.closeTo((0.09 * 2 + 0.1 * 4) / 0.19, 12),
  ]);
});

describe('what is suggested', () => {
  test('is where the loss falls fastest, before it rises again', () => {
    // A fall around 0.01 in the logarithm, and a rise behind 0.3.
    const points = curve((rate) => 4 - 2 / (1 + (0.01 / rate) ** 2) + (rate > 0.3 ? 20 * (rate - 0.3) : 0));
    const { steepest, least } = suggestRate(points)!;
    // The mean of ten steps lags by about as many: a factor of 10^(9/20).
    expect(steepest).toBeGreaterThan(0.01);
    expect(steepest).toBeLessThan(0.04);
    expect(least).toBeGreaterThan(steepest);
    expect(least).toBeLessThan(0.5);
  });

  test('is nothing where it does not fall, and losses that are no numbers are passed over', () => {
    expect(suggestRate(curve((rate) => 1 + rate))).toBeUndefined();
    expect(suggestRate([])).toBeUndefined();
    const points = curve((rate) => (rate > 0.1 ? Number.NaN : 3 - Math.log10(rate / 1e-4)));
    expect(suggestRate(points)!.least).toBeLessThanOrEqual(0.1);
  });
});

test('a loss four times its least, or none, has diverged', () => {
  expect(hasDiverged([])).toBe(false);
  expect(hasDiverged(curve((rate) => 1 + 3 * rate))).toBe(false);
  expect(hasDiverged(curve((rate) => (rate > 0.5 ? 100 : 1)))).toBe(true);
  expect(hasDiverged(curve((rate) => (rate > 0.5 ? Number.NaN : 1)))).toBe(true);
});

test('a hinge that was close to 0 has diverged at four times its margin', () => {
  const sampling = { kind: 'balanced', people: 2, images: 3 } as const;
  const margin = marginOf(parseConfig({ loss: { name: 'triplet', margin: 0.3 }, sampling, batchSize: 6 }));
  expect(margin).toBe(0.3);
  const risingTo = (end: number) => curve((rate) => (rate < 0.01 ? 0.3 : rate < 0.1 ? 0 : end));
  expect(hasDiverged(risingTo(0.5), margin)).toBe(false);
  expect(hasDiverged(risingTo(3), margin)).toBe(true);
  expect(
    hasDiverged(
      curve((rate) => (rate > 0.5 ? Number.NaN : 0)),
      margin,
    ),
  ).toBe(true);
});

test.each<[TrainingConfigInput, number]>([
  [{ loss: { name: 'softmax' } }, 0],
  [{ loss: { name: 'c-triplet' } }, 0.8],
  [{ loss: { name: 'softmax' }, auxiliaryLoss: { name: 'c-contrastive', weight: 0.5 } }, 0.5],
])('the margin of %o is %f', (config, margin) => {
  expect(marginOf(parseConfig(config))).toBe(margin);
});
