import { expect, test } from 'vitest';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { scheduleOf } from '../../../src/normface/training/config/schedule.ts';

function rates(schedule: TrainingConfigInput['schedule'], steps: number[], total = 100): number[] {
  const rate = scheduleOf(parseConfig({ schedule }).schedule, 2, total);
  return steps.map((step) => Number(rate(step).toPrecision(6)));
}

test('constant', () => {
  expect(rates({}, [0, 50, 99])).toEqual([2, 2, 2]);
});

test('multistep takes fractions of the run and absolute steps', () => {
  expect(rates({ kind: 'multistep', milestones: [0.5, 0.8] }, [0, 49, 50, 79, 80, 99])).toEqual([
    2, 2, 0.2, 0.2, 0.02, 0.02,
  ]);
  expect(rates({ kind: 'multistep', milestones: [16], gamma: 0.5 }, [15, 16])).toEqual([2, 1]);
});

test('step', () => {
  expect(rates({ kind: 'step', every: 10, gamma: 0.5 }, [0, 9, 10, 29, 30])).toEqual([2, 2, 1, 0.5, 0.25]);
});

test('cosine falls from the base to its final fraction', () => {
  expect(rates({ kind: 'cosine', final: 0.1 }, [0, 50, 100])).toEqual([2, 1.1, 0.2]);
});

test('warm-up rises linearly and ends at the schedule', () => {
  expect(rates({ warmupSteps: 4 }, [0, 1, 2, 3, 4])).toEqual([0.5, 1, 1.5, 2, 2]);
});
