import { expect, test } from 'vitest';
import { DivergedError } from '../../../src/normface/errors.ts';
import type { StepRecord } from '../../../src/normface/training/log.ts';
import {
  type LabelledImages,
  type LoopOptions,
  runLoop,
  type StepMetrics,
} from '../../../src/normface/training/loop.ts';

/** A learner without a GPU: its weight follows the labels with momentum, so the order of batches and rates matters. */
class Follower {
  weight = 0;
  velocity = 0;
  underWay = 0;
  mostUnderWay = 0;

  async step(batch: LabelledImages, learningRate: number, step: number): Promise<StepMetrics> {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    const gradient = this.weight - batch.labels[0] + step / 100;
    this.velocity = 0.9 * this.velocity + learningRate * gradient;
    this.weight -= this.velocity;
    const loss = gradient ** 2;
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.underWay--;
    return { loss, scale: step, positiveCosine: 0.5 };
  }
}

class Counter {
  position: number;
  constructor(position: number) {
    this.position = position;
  }
  async next() {
    this.position++;
    return {
      pixels: new Uint8Array(4),
      labels: Uint32Array.of((this.position * 7) % 5),
      cursor: this.position,
    };
  }
}

interface Observed {
  records: StepRecord[];
  saved: { step: number; cursor: number; weight: number; velocity: number }[];
  validated: number[];
  learner: Follower;
}

function setUp(overrides: Partial<LoopOptions<number>> = {}) {
  const learner = new Follower();
  const seen: Observed = { records: [], saved: [], validated: [], learner };
  const options: LoopOptions<number> = {
    learner,
    batches: new Counter(0),
    batchSize: 8,
    imageCount: 40,
    totalSteps: 10,
    firstStep: 0,
    firstCursor: 0,
    learningRate: (step) => 0.1 / (1 + step),
    recordEvery: 4,
    checkpointEvery: 0,
    validateEvery: 0,
    onRecord: (record) => seen.records.push(record),
    onCheckpoint: async (step, cursor) => {
      seen.saved.push({ step, cursor, weight: learner.weight, velocity: learner.velocity });
    },
    onValidate: async (step) => {
      seen.validated.push(step);
    },
    shouldStop: () => false,
    lastCheckpoint: () => undefined,
    ...overrides,
  };
  return { options, seen };
}

test('runs to the end, saves there and averages between records', async () => {
  const { options, seen } = setUp();
  expect(await runLoop(options)).toEqual({ step: 10, finished: true });
  expect(seen.saved.map(({ step, cursor }) => [step, cursor])).toEqual([[10, 10]]);
  expect(seen.records.map(({ step }) => step)).toEqual([4, 8, 10]);
  expect(seen.records.map(({ scale }) => scale)).toEqual([3, 7, 9]);
  expect(seen.records[0]).toMatchObject({ epoch: 0.8, positiveCosine: 0.5, negativeCosine: undefined });
  expect(seen.records[0].learningRate).toBeCloseTo(0.1 / 4, 12);
});

test('the next step is submitted before the metrics of the last one are awaited, never more', async () => {
  const { options, seen } = setUp();
  await runLoop(options);
  expect(seen.learner.mostUnderWay).toBe(2);
});

test('checkpoints and validations come on their steps, with the state of exactly that step', async () => {
  const { options, seen } = setUp({ checkpointEvery: 3, validateEvery: 5 });
  await runLoop(options);
  expect(seen.saved.map(({ step }) => step)).toEqual([3, 6, 9, 10]);
  expect(seen.validated).toEqual([5, 10]);
  const short = setUp({ totalSteps: 6 });
  await runLoop(short.options);
  expect(seen.saved[1]).toEqual(short.seen.saved[0]);
});

test('N steps equal k steps and N − k resumed ones', async () => {
  const whole = setUp();
  await runLoop(whole.options);
  const first = setUp({ checkpointEvery: 4, shouldStop: () => first.seen.saved.length > 0 });
  expect(await runLoop(first.options)).toEqual({ step: 4, finished: false });
  const [state] = first.seen.saved;
  const second = setUp({
    firstStep: state.step,
    firstCursor: state.cursor,
    batches: new Counter(state.cursor),
  });
  Object.assign(second.seen.learner, { weight: state.weight, velocity: state.velocity });
  await runLoop(second.options);
  expect(second.seen.saved.at(-1)).toEqual(whole.seen.saved.at(-1));
});

test('a stop saves the step just done, once', async () => {
  const { options, seen } = setUp({
    checkpointEvery: 2,
    shouldStop: () => seen.learner.velocity !== 0 && ++asked >= 2,
  });
  let asked = 0;
  expect(await runLoop(options)).toEqual({ step: 2, finished: false });
  expect(seen.saved.map(({ step }) => step)).toEqual([2]);
});

test('a run that is already complete does nothing', async () => {
  const { options, seen } = setUp({ firstStep: 10, firstCursor: 10 });
  expect(await runLoop(options)).toEqual({ step: 10, finished: true });
  expect(seen.saved).toEqual([]);
});

test.each([Number.NaN, Infinity])(
  'a loss of %s ends the run with its step and the last checkpoint',
  async (loss) => {
    const { options, seen } = setUp({
      checkpointEvery: 3,
      lastCheckpoint: () => 'runs/x/ckpt/step-00000003',
    });
    const step = seen.learner.step.bind(seen.learner);
    seen.learner.step = async (...values) => ({
      ...(await step(...values)),
      ...(values[2] === 4 ? { loss } : {}),
    });
    const outcome = runLoop(options);
    await expect(outcome).rejects.toThrow(DivergedError);
    await expect(outcome).rejects.toThrow(
      `the run diverged: the loss of step 5 is ${loss}; the last good checkpoint is runs/x/ckpt/step-00000003`,
    );
    expect(seen.saved.map(({ step }) => step)).toEqual([3]);
  },
);

test('a diverged step is never saved, even when it is the one of a checkpoint', async () => {
  const { options, seen } = setUp({ checkpointEvery: 3 });
  seen.learner.step = async (_batch, _rate, step) => ({ loss: step === 2 ? Number.NaN : 1 });
  await expect(runLoop(options)).rejects.toThrow(/loss of step 3 is NaN; there is no earlier checkpoint/);
  expect(seen.saved).toEqual([]);
});

test('a failing batch source or save ends the run with its error', async () => {
  const { options } = setUp({ batches: { next: () => Promise.reject(new Error('no images')) } });
  await expect(runLoop(options)).rejects.toThrow('no images');
  const full = setUp({ onCheckpoint: () => Promise.reject(new Error('the disk is full')) });
  await expect(runLoop(full.options)).rejects.toThrow('the disk is full');
});

test('waiting for data counts only while the device is idle', async () => {
  let time = 0;
  const slow = {
    next: async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      time += 30;
      return { pixels: new Uint8Array(4), labels: Uint32Array.of(0), cursor: 0 };
    },
  };
  const quick = {
    step: async () => {
      time += 10;
      return { loss: 1 };
    },
  };
  const { options, seen } = setUp({
    batches: slow,
    learner: quick,
    now: () => time,
    recordEvery: 5,
    totalSteps: 5,
  });
  await runLoop(options);
  expect(seen.records[0].dataWait).toBeGreaterThan(0.5);
  expect(seen.records[0].imagesPerSecond).toBeCloseTo((5 * 8) / 0.2, 6);
  // Each step is done only when the next one has been submitted: from the second batch on, something is under way.
  let finish = () => {};
  const busy = {
    step: (_batch: LabelledImages, _rate: number, step: number) => {
      finish();
      return new Promise<StepMetrics>((resolve) => {
        finish = () => resolve({ loss: 1 });
        if (step === 4) finish();
      });
    },
  };
  const other = setUp({ batches: slow, learner: busy, now: () => time, recordEvery: 5, totalSteps: 5 });
  await runLoop(other.options);
  expect(other.seen.records[0].dataWait).toBeCloseTo(0.2, 6);
});
