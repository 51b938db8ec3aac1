import { expect, test } from 'vitest';
import {
  constantSchedule,
  cosineSchedule,
  multistepSchedule,
  polynomialSchedule,
  type Schedule,
  stepSchedule,
  warmUp,
} from '../../../src/engine/optim/schedule.ts';

const steps = (schedule: Schedule, ...at: number[]) =>
  at.map((step) => Number(schedule(step).toPrecision(12)));

test('constant', () => {
  expect(steps(constantSchedule(0.3), 0, 1, 1e6)).toEqual([0.3, 0.3, 0.3]);
});

test('step drops every so many steps', () => {
  const schedule = stepSchedule(0.1, { every: 10, gamma: 0.5 });
  expect(steps(schedule, 0, 9, 10, 19, 20, 100)).toEqual([0.1, 0.1, 0.05, 0.05, 0.025, 0.1 / 1024]);
});

test("multistep drops at the milestones: Wen's baseline of docs/reference.md#schedules", () => {
  const schedule = multistepSchedule(0.1, { milestones: [16_000, 24_000], gamma: 0.1 });
  expect(steps(schedule, 0, 15_999, 16_000, 23_999, 24_000, 28_000)).toEqual([
    0.1, 0.1, 0.01, 0.01, 0.001, 0.001,
  ]);
});

test('cosine ends at its final rate and stays there', () => {
  const schedule = cosineSchedule(1, { steps: 100, final: 0.2 });
  expect(steps(schedule, 0, 50, 100, 1000)).toEqual([1, 0.6, 0.2, 0.2]);
  expect(schedule(25)).toBeCloseTo(0.2 + 0.8 * Math.cos(Math.PI / 8) ** 2, 12);
});

test('polynomial falls as a power of what is left, and stays at its end', () => {
  const schedule = polynomialSchedule(0.1, { steps: 100, power: 2 });
  expect(steps(schedule, 0, 50, 90, 100, 1000)).toEqual([0.1, 0.025, 0.001, 0, 0]);
  expect(steps(schedule, -5)).toEqual([0.1]);
  const linear = polynomialSchedule(1, { steps: 10, power: 1, final: 0.5 });
  expect(steps(linear, 0, 5, 10)).toEqual([1, 0.75, 0.5]);
});

test('warm-up rises linearly and moves at the first step', () => {
  const schedule = warmUp(stepSchedule(1, { every: 4, gamma: 0.5 }), 4);
  expect(steps(schedule, 0, 1, 2, 3, 4, 8)).toEqual([0.25, 0.5, 0.75, 1, 0.5, 0.25]);
  expect(steps(warmUp(constantSchedule(1), 0), 0, 1)).toEqual([1, 1]);
});

test('lengths that are not positive are refused', () => {
  expect(() => stepSchedule(1, { every: 0, gamma: 0.1 })).toThrow(/every must be positive, not 0/);
  expect(() => cosineSchedule(1, { steps: Number.NaN })).toThrow(/steps must be positive, not NaN/);
  expect(() => polynomialSchedule(1, { steps: 0, power: 2 })).toThrow(/steps must be positive, not 0/);
  expect(() => polynomialSchedule(1, { steps: 9, power: 0 })).toThrow(/power must be positive, not 0/);
  expect(() => warmUp(constantSchedule(1), -1)).toThrow(/not -1/);
});
