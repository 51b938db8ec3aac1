import { describe, expect, test } from 'vitest';
import { DeviceError, DeviceLostError } from '../../../src/engine/core/errors.ts';
import type { Device } from '../../../src/engine/core/tensor.ts';
import type { Embedding } from '../../../src/web/live/embedding.ts';
import type { LiveLearner } from '../../../src/web/live/learner.ts';
import { LiveRun, type StepNews } from '../../../src/web/live/live-run.ts';

/** A learner whose clock advances by the costs it is given, and whose steps end when the test says so or at once. */
function fake({ stepCost = 10, embeddingCost = 10, losses = [] as number[] } = {}) {
  const log: string[] = [];
  const clock = { now: 0 };
  const rates: number[] = [];
  let underWay = 0;
  let kept = 0;
  let gate: Promise<void> | undefined;
  let open = () => {};
  const learner: LiveLearner & { steps: number; lossTitle: string } = {
    batchSize: 8,
    parameterCount: 1,
    steps: 0,
    lossTitle: 'a',
    prepare: async (onProgress) => {
      onProgress?.(1, 2);
      log.push('prepare');
    },
    step: async (rate) => {
      underWay++;
      expect(underWay).toBe(1);
      rates.push(rate);
      await gate;
      clock.now += stepCost;
      learner.steps++;
      log.push(`step ${learner.steps}`);
      underWay--;
      return { loss: losses[learner.steps - 1] ?? 1 };
    },
    embed: async () => {
      expect(underWay).toBe(0);
      clock.now += embeddingCost;
      log.push(`embed ${learner.steps}`);
      return { step: learner.steps } as Embedding;
    },
    keep: async () => {
      kept = learner.steps;
    },
    moveTo: (device) => {
      log.push(`move to ${device}`);
      learner.steps = kept;
    },
    dispose: () => {
      log.push('dispose');
    },
  };
  const hold = () => {
    gate = new Promise((resolve) => {
      open = resolve;
    });
  };
  return { learner, log, clock, rates, hold, release: () => open() };
}

function start(made: ReturnType<typeof fake>, { pace = 0, rate = (): number => 1 } = {}) {
  const news: StepNews[] = [];
  const embeddings: number[] = [];
  const failures: string[] = [];
  const waits: number[] = [];
  const prepared: string[] = [];
  let changes = 0;
  let stopAt = Number.POSITIVE_INFINITY;
  const run = new LiveRun({
    learner: made.learner,
    learningRate: rate,
    pace: () => pace,
    onPrepare: (done, total) => prepared.push(`${done} of ${total}`),
    onStep: (one) => {
      news.push(one);
      if (one.step >= stopAt) run.pause();
    },
    onEmbedding: ({ step }) => embeddings.push(step),
    onChange: () => {
      changes++;
    },
    onFailure: (sentence) => failures.push(sentence),
    now: () => made.clock.now,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      made.clock.now += milliseconds;
    },
  });
  const until = (step: number) => {
    stopAt = step;
    run.start();
  };
  return { run, news, embeddings, failures, waits, prepared, until, changes: () => changes };
}

/** Lets everything happen that is not held. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

describe('a run', () => {
  test('begins with the untrained net and waits', async () => {
    const made = fake();
    const { run, embeddings, prepared } = start(made);
    await settle();
    expect(made.log).toEqual(['prepare', 'embed 0']);
    expect(prepared).toEqual(['1 of 2']);
    expect(embeddings).toEqual([0]);
    expect(run.isRunning).toBe(false);
  });

  test('rests when the step under way and the embedding after it are done', async () => {
    const made = fake({ embeddingCost: 1000 });
    const { run } = start(made);
    await run.rest();
    expect(made.log).toEqual(['prepare', 'embed 0']);
    made.hold();
    run.start();
    await settle();
    const resting = run.rest().then(() => made.log.push('rests'));
    expect(run.isRunning).toBe(false);
    await settle();
    expect(made.log).not.toContain('rests');
    made.release();
    await resting;
    expect(made.log.slice(-2)).toEqual([`embed ${made.learner.steps}`, 'rests']);
    // It goes on after that.
    run.stepOnce();
    await run.rest();
    expect(made.log.at(-2)).toMatch(/^step/);
  });

  test('goes on until it is paused, and then shows where it is', async () => {
    const made = fake({ embeddingCost: 1000 });
    const { run, news, until, embeddings, changes } = start(made);
    until(7);
    expect(run.isRunning).toBe(true);
    await settle();
    expect(news.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(run.isRunning).toBe(false);
    // It ran, it was paused, and it was done.
    expect(changes()).toBe(3);
    expect(run.isBusy).toBe(false);
    expect(embeddings.at(-1)).toBe(7);
    expect(made.log.at(-1)).toBe('embed 7');
  });

  test('embeddings take less than a third of the time', async () => {
    const made = fake({ stepCost: 10, embeddingCost: 70 });
    const { until, embeddings } = start(made);
    until(200);
    await settle();
    const spent = 70 * (embeddings.length - 1);
    expect(spent / (spent + 200 * 10)).toBeLessThan(0.34);
    expect(embeddings.length).toBeGreaterThan(8);
  });

  test('single steps are counted, embedded one by one, and not run side by side', async () => {
    const made = fake({ embeddingCost: 1000 });
    const { run, embeddings } = start(made);
    await settle();
    made.hold();
    run.stepOnce();
    run.stepOnce();
    await settle();
    expect(run.isBusy).toBe(true);
    made.release();
    await settle();
    expect(made.log).toEqual(['prepare', 'embed 0', 'step 1', 'embed 1', 'step 2', 'embed 2']);
    expect(embeddings).toEqual([0, 1, 2]);
    expect(run.isRunning).toBe(false);
  });

  test('the learning rate is asked for before every step', async () => {
    const made = fake();
    let rate = 0.5;
    const { run } = start(made, { rate: () => rate });
    run.stepOnce();
    await settle();
    rate = 0.25;
    run.stepOnce();
    await settle();
    expect(made.rates).toEqual([0.5, 0.25]);
  });

  test('waits between steps that are faster than can be watched', async () => {
    const made = fake({ stepCost: 10 });
    const { until, waits } = start(made, { pace: 40 });
    until(4);
    await settle();
    // The step that pauses the run needs no wait.
    expect(waits).toEqual([30, 30, 30]);
  });

  test('the time of a step is its own, and the step where another loss begins does not count', async () => {
    const made = fake({ stepCost: 10, embeddingCost: 500 });
    const { until, news } = start(made, { pace: 100 });
    until(3);
    await settle();
    expect(news.map(({ millisecondsAStep }) => millisecondsAStep)).toEqual([10, 10, 10]);
    made.learner.lossTitle = 'b';
    until(5);
    await settle();
    expect(news.map(({ isNewLoss }) => isNewLoss)).toEqual([false, false, false, true, false]);
  });

  test('frees the learner once, when the step under way is completed, and then says nothing', async () => {
    const made = fake();
    const { run, news, embeddings, failures } = start(made);
    await settle();
    made.hold();
    run.start();
    await settle();
    run.dispose();
    expect(made.log).not.toContain('dispose');
    made.release();
    await settle();
    run.dispose();
    expect(made.log.filter((line) => line === 'dispose')).toHaveLength(1);
    expect([news, embeddings, failures]).toEqual([[], [0], []]);
    run.start();
    expect(run.isRunning).toBe(false);
  });

  test('an idle one is freed at once', async () => {
    const made = fake();
    const { run } = start(made);
    await settle();
    run.dispose();
    expect(made.log.at(-1)).toBe('dispose');
  });

  test('a loss that is not finite ends it with one sentence', async () => {
    const made = fake({ losses: [1, 1, Number.NaN] });
    const { run, failures, news } = start(made);
    run.start();
    await settle();
    expect(failures).toEqual([
      'The run diverged: the loss of step 3 is NaN; a lower learning rate usually helps.',
    ]);
    expect(news).toHaveLength(2);
    expect(run.isRunning).toBe(false);
    expect(made.log.at(-1)).toBe('dispose');
    run.start();
    run.stepOnce();
    await settle();
    expect(failures).toHaveLength(1);
  });

  test('what the device says is passed on', async () => {
    const made = fake();
    made.learner.prepare = async () => {
      throw new DeviceError('the GPU device was lost: it overheated');
    };
    const { failures } = start(made);
    await settle();
    expect(failures).toEqual(['the GPU device was lost: it overheated']);
  });

  /** A run whose devices are called by their numbers. */
  function moving(made: ReturnType<typeof fake>) {
    const moves: number[] = [];
    const failures: string[] = [];
    const embeddings: number[] = [];
    let opened = 0;
    const run = new LiveRun({
      learner: made.learner,
      learningRate: () => 1,
      pace: () => 0,
      onStep: ({ step }) => {
        if (step === 6) run.pause();
      },
      onEmbedding: ({ step }) => embeddings.push(step),
      onChange: () => {},
      onFailure: (sentence) => failures.push(sentence),
      reopen: async () => String(++opened) as unknown as Device,
      onMoved: (step) => moves.push(step),
      now: () => made.clock.now,
      wait: async () => {},
    });
    return { run, moves, failures, embeddings };
  }

  test('goes on with another device from where it was kept last', async () => {
    const made = fake({ embeddingCost: 0 });
    const { step } = made.learner;
    let isLost = false;
    made.learner.step = async (rate) => {
      if (made.learner.steps === 3 && !isLost) {
        isLost = true;
        throw new DeviceLostError('the GPU device was lost: it fell');
      }
      return step(rate);
    };
    const { run, moves, failures, embeddings } = moving(made);
    run.start();
    await settle();
    expect([moves, failures]).toEqual([[3], []]);
    expect(made.log.filter((line) => line.startsWith('move'))).toEqual(['move to 1']);
    expect(made.log[made.log.indexOf('move to 1') + 1]).toBe('prepare');
    expect(made.learner.steps).toBe(6);
    expect(embeddings.at(-1)).toBe(6);
  });

  test('moves at once where nothing is under way', async () => {
    const made = fake();
    const { run, moves } = moving(made);
    await settle();
    run.deviceLost();
    await settle();
    expect(moves).toEqual([0]);
    expect(made.log).toEqual(['prepare', 'embed 0', 'move to 1', 'prepare', 'embed 0']);
  });

  test('that is lost again and again without a step ends with one sentence', async () => {
    const made = fake();
    made.learner.step = async () => {
      throw new DeviceLostError('the GPU device was lost: it fell');
    };
    const { run, moves, failures } = moving(made);
    run.start();
    await settle();
    expect(moves).toHaveLength(2);
    expect(failures).toEqual(['the GPU device was lost: it fell']);
    expect(run.canRun).toBe(false);
    expect(made.log.at(-1)).toBe('dispose');
  });
});
