import { expect, test } from 'vitest';
import { DivergedError } from '../../../src/common/errors.ts';
import {
  type LabelledImages,
  type LoopOptions,
  runLoop,
  type StepMetrics,
} from '../../../src/normface/training/loop.ts';
import type { StepRecord } from '../../../src/normface/training/run/log.ts';

/** A learner without a GPU: its weight follows the labels with momentum, so the order of batches and rates matters. */
class Follower {
  weight = 0;
  velocity = 0;
  underWay = 0;
  mostUnderWay = 0;

  async step(batch: LabelledImages, learningRate: number, step: number): Promise<StepMetrics> {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    const gradient = this.weight - batch.labels[0]! + step / 100;
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
  /** Steps whose checkpoint was found good, and after which weights were found bad. */
  confirmed: number[];
  diverged: number[];
  learner: Follower;
}

function setUp(overrides: Partial<LoopOptions<number>> = {}) {
  const learner = new Follower();
  const seen: Observed = { records: [], saved: [], validated: [], confirmed: [], diverged: [], learner };
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
      return { isBest: false, stop: false };
    },
    onConfirmed: () => seen.confirmed.push(seen.saved.at(-1)?.step ?? 0),
    onDiverged: (step) => {
      seen.diverged.push(step);
      const good = seen.saved.findLast((saved) => saved.step < step);
      return good && `step-${good.step}`;
    },
    shouldStop: () => false,
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
  expect(seen.records[0]!.learningRate).toBeCloseTo(0.1 / 4, 12);
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
    firstStep: state!.step,
    firstCursor: state!.cursor,
    batches: new Counter(state!.cursor),
  });
  Object.assign(second.seen.learner, { weight: state!.weight, velocity: state!.velocity });
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

test('a checkpoint is good when the next step has a finite loss, the last one by a step more', async () => {
  const { options, seen } = setUp({ checkpointEvery: 3, totalSteps: 7 });
  let done = 0;
  const step = seen.learner.step.bind(seen.learner);
  seen.learner.step = async (...values) => {
    const metrics = await step(...values);
    // What was confirmed before this loss is known.
    if (done === 3) expect(seen.confirmed).toEqual([]);
    done++;
    return metrics;
  };
  await runLoop(options);
  expect(seen.saved.map((saved) => saved.step)).toEqual([3, 6, 7]);
  expect(seen.confirmed).toEqual([3, 6, 7]);
  expect(done).toBe(8);
  expect(seen.records.at(-1)!.step).toBe(7);
});

test('a run that is stopped leaves its checkpoint to be confirmed by the resumed one', async () => {
  const { options, seen } = setUp({ checkpointEvery: 3, shouldStop: () => seen.saved.length > 0 });
  await runLoop(options);
  expect([seen.saved.length, seen.confirmed]).toEqual([1, []]);
  const next = setUp({ firstStep: 3, firstCursor: 3, totalSteps: 5 });
  await runLoop(next.options);
  // At its start the newest checkpoint is the one that was resumed.
  expect(next.seen.confirmed).toEqual([0, 5]);
});

test('a run that is stopped before its first step is saved', async () => {
  const { options, seen } = setUp({ shouldStop: () => true });
  expect(await runLoop(options)).toEqual({ step: 0, finished: false });
  expect(seen.saved.map(({ step, cursor }) => [step, cursor])).toEqual([[0, 0]]);
});

/** Gives a loss in one step, counted from 1. */
function withLoss(seen: Observed, atStep: number, loss: number): void {
  const step = seen.learner.step.bind(seen.learner);
  seen.learner.step = async (...values) => ({
    ...(await step(...values)),
    ...(values[2] === atStep - 1 ? { loss } : {}),
  });
}

test.each([Number.NaN, Infinity])(
  'a loss of %s ends the run with its step and the last good checkpoint',
  async (loss) => {
    const { options, seen } = setUp({ checkpointEvery: 3 });
    withLoss(seen, 5, loss);
    const outcome = runLoop(options);
    await expect(outcome).rejects.toThrow(DivergedError);
    await expect(outcome).rejects.toThrow(
      `the run diverged: the loss of step 5 is ${loss}; the last good checkpoint is step-3`,
    );
    expect(seen.saved.map(({ step }) => step)).toEqual([3]);
    expect(seen.diverged).toEqual([4]);
  },
);

test('the checkpoint whose weights gave the loss is not the good one', async () => {
  const { options, seen } = setUp({ checkpointEvery: 3 });
  withLoss(seen, 7, Number.NaN);
  await expect(runLoop(options)).rejects.toThrow(
    'the loss of step 7 is NaN; the last good checkpoint is step-3',
  );
  expect(seen.saved.map(({ step }) => step)).toEqual([3, 6]);
  expect([seen.confirmed, seen.diverged]).toEqual([[3], [6]]);
});

test('weights that the last step ruins end the run as diverged', async () => {
  const { options, seen } = setUp({ checkpointEvery: 4 });
  withLoss(seen, 11, Number.NaN);
  await expect(runLoop(options)).rejects.toThrow(
    'the loss at the weights after the last step, 10, is NaN; the last good checkpoint is step-8',
  );
  expect(seen.diverged).toEqual([10]);
});

test('a diverged step is never saved, even when it is the one of a checkpoint', async () => {
  const { options, seen } = setUp({ checkpointEvery: 3 });
  seen.learner.step = async (_batch, _rate, step) => ({ loss: step === 2 ? Number.NaN : 1 });
  await expect(runLoop(options)).rejects.toThrow(
    /loss of step 3 is NaN; there is no earlier good checkpoint/,
  );
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
  expect(seen.records[0]!.dataWait).toBeGreaterThan(0.5);
  expect(seen.records[0]!.imagesPerSecond).toBeCloseTo((5 * 8) / 0.2, 6);
  // Each step is done only when the next one has been submitted: from the second batch on, something is under way.
  let finish = () => {};
  const busy = {
    step: (_batch: LabelledImages, _rate: number, step: number) => {
      finish();
      return new Promise<StepMetrics>((resolve) => {
        finish = () => resolve({ loss: 1 });
        if (step >= 4) finish();
      });
    },
  };
  const other = setUp({ batches: slow, learner: busy, now: () => time, recordEvery: 5, totalSteps: 5 });
  await runLoop(other.options);
  expect(other.seen.records[0]!.dataWait).toBeCloseTo(0.2, 6);
});
