import { expect, test } from 'vitest';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { dropsOf, scheduleOf } from '../../../src/normface/training/config/schedule.ts';

function rates(
  schedule: TrainingConfigInput['schedule'],
  steps: number[],
  total = 100,
  perEpoch = total,
): number[] {
  const rate = scheduleOf(parseConfig({ schedule }).schedule, 2, total, perEpoch);
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

test('a milestone between two steps counts from the later one on', () => {
  const { schedule } = parseConfig({ schedule: { kind: 'multistep', milestones: [10.5, 20] } });
  expect(dropsOf(schedule, 100)).toEqual([11, 20]);
  expect(rates(schedule, [10, 11])).toEqual([2, 0.2]);
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

test("polynomial begins after the warm-up: insightface's PolyScheduler, 2·(1 − (t − w)/(T − w))²", () => {
  expect(rates({ kind: 'polynomial' }, [0, 50, 90])).toEqual([2, 0.5, 0.02]);
  // As in the source, at the end of the warm-up the rate is the first one, and nothing of the fall is over.
  expect(rates({ kind: 'polynomial', warmupSteps: 20 }, [9, 19, 20, 60, 92])).toEqual([1, 2, 2, 0.5, 0.02]);
  expect(rates({ kind: 'polynomial', power: 1, final: 0.5 }, [0, 50])).toEqual([2, 1.5]);
  expect(rates({ kind: 'polynomial', warmupSteps: 200 }, [99])).toEqual([1]);
});

test('in epochs the rate is that of the epoch that a step begins in', () => {
  // Ten steps a pass: PyTorch's MultiStepLR with milestones 3 and 6, stepped once an epoch.
  const multistep = {
    kind: 'multistep',
    unit: 'epoch',
    milestones: [3, 6],
  } satisfies TrainingConfigInput['schedule'];
  expect(rates(multistep, [29, 30, 59, 60], 100, 10)).toEqual([2, 0.2, 0.2, 0.02]);
  expect(rates({ ...multistep, milestones: [0.5] }, [49, 50], 100, 10)).toEqual([2, 0.2]);
  expect(rates({ kind: 'step', unit: 'epoch', every: 4 }, [39, 40, 80], 100, 10)).toEqual([2, 0.2, 0.02]);
  // A pass of 12.5 steps: epoch 1 begins within step 13.
  expect(rates({ kind: 'polynomial', unit: 'epoch' }, [0, 12, 13, 24, 25], 100, 12.5)).toEqual(
    [2, 2, 2 * (7 / 8) ** 2, 2 * (7 / 8) ** 2, 2 * (6 / 8) ** 2].map((rate) => Number(rate.toPrecision(6))),
  );
  expect(rates({ kind: 'cosine', unit: 'epoch', warmupSteps: 2 }, [0, 1, 9, 50], 100, 50)).toEqual([
    1, 2, 2, 1,
  ]);
  // 7 epochs of 100/7 steps: what is rounded away in 3·(100/7) does not shift the drop.
  const sevenths = {
    kind: 'multistep',
    unit: 'epoch',
    milestones: [3],
  } satisfies TrainingConfigInput['schedule'];
  expect(rates(sevenths, [42, 43], 100, 100 / 7)).toEqual([2, 0.2]);
  expect(rates(sevenths, [2, 3], 7, 1)).toEqual([2, 0.2]);
});
