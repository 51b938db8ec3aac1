/** The training loop: batches in, optimiser steps out, with records, checkpoints, validation and a clean stop. */

import { DivergedError } from '../../common/errors.ts';
import { Meter, type MeterOptions, type StepMetrics } from './meter.ts';
import type { Verdict } from './run/early-stop.ts';
import type { StepRecord } from './run/log.ts';

export type { StepMetrics };

/** A batch of labelled images: RGBA pixels [N, height, width, 4] and N class numbers. */
export interface LabelledImages {
  readonly pixels: Uint8Array;
  readonly labels: Uint32Array;
}

/** Where batches come from; `cursor` is where the batch after this one begins. */
export interface BatchSource<Cursor> {
  next(): Promise<LabelledImages & { readonly cursor: Cursor }>;
}

/** Something that learns from batches. */
export interface Learner {
  /**
   * Submits one optimiser step; the promise gives its metrics, without which the next step can be submitted.
   * @param step steps done before this one: with the run's seed it decides every random number of the step
   */
  step(batch: LabelledImages, learningRate: number, step: number): Promise<StepMetrics>;
}

export interface LoopOptions<Cursor> extends MeterOptions {
  readonly learner: Learner;
  readonly batches: BatchSource<Cursor>;
  /** Steps done by an earlier process, or before the device was lost. */
  readonly firstStep: number;
  readonly firstCursor: Cursor;
  /** Whether it is still to be seen that the state after `firstStep` steps is good. Default: no. */
  readonly isUnconfirmed?: boolean;
  /** What averages for the records, where training has begun before in this process. Default: a new one. */
  readonly meter?: Meter;
  /** Learning rate of a step, counted from 0. */
  readonly learningRate: (step: number) => number;
  /** Steps between checkpoints and between validations; 0: none but the checkpoint at the end. */
  readonly checkpointEvery: number;
  readonly validateEvery: number;
  readonly onRecord: (record: StepRecord) => void;
  /** Called after every step, after its record if it has one. */
  readonly onStep?: (step: number) => void;
  /** Saves the state after `step` steps. */
  readonly onCheckpoint: (step: number, cursor: Cursor) => Promise<void>;
  /**
   * The newest checkpoint is good: the loss of a step says nothing of the weights that the step leaves, but the loss of the next
   * one, which they gave, was finite.
   */
  readonly onConfirmed: () => void;
  /** The weights after `step` steps gave a loss that is not finite. @returns the last good checkpoint */
  readonly onDiverged: (step: number) => string | undefined;
  readonly onValidate: (step: number) => Promise<Verdict>;
  /** The state after `step` steps, which is saved, is the best one so far. Default: nothing. */
  readonly onBest?: (step: number) => void;
  /** Whether validations have ended the training before. Default: no. */
  readonly isOver?: boolean;
  /** Whether to stop after so many steps. */
  readonly shouldStop: (step: number) => boolean;
  readonly now?: () => number;
}

/**
 * Trains from `firstStep` to `totalSteps`, or until validations end it. The state is saved at the end and when the run is stopped.
 * The metrics of a step are awaited after the next one is submitted, so the GPU never waits for the host; every loss is looked at.
 * After the last step its batch is tried once more at a learning rate of zero: the loss tells whether the weights just saved are
 * good. What this leaves in the learner counts for nothing.
 * @returns how many steps are done, and whether that was all that is to be done
 * @throws DivergedError when a loss is not finite
 */
export async function runLoop<Cursor>(
  options: LoopOptions<Cursor>,
): Promise<{ step: number; finished: boolean }> {
  const { learner, batches, totalSteps, firstStep, now = () => performance.now() } = options;
  const meter = options.meter ?? new Meter(options, now);
  meter.begin(firstStep);
  let step = firstStep;
  let cursor = options.firstCursor;
  // A run that is stopped before its first step is saved as well.
  let savedAt = firstStep > 0 ? firstStep : -1;
  let isOver = options.isOver ?? false;
  let lastBatch: LabelledImages | undefined;
  let pending: Promise<void> = Promise.resolve();
  const save = async () => {
    await options.onCheckpoint(step, cursor);
    savedAt = step;
    meter.hold(step);
  };
  /** Looks at the loss that the weights after `step` steps gave. */
  const confirm = (after: number, { loss }: StepMetrics) => {
    if (!Number.isFinite(loss)) throw diverged(after, totalSteps, loss, options.onDiverged(after));
    if (savedAt === after) options.onConfirmed();
  };
  try {
    while (step < totalSteps && !isOver && !options.shouldStop(step)) {
      const asked = now();
      const batch = await batches.next();
      lastBatch = batch;
      meter.batchArrived(asked);
      const learningRate = options.learningRate(step);
      const submitted = learner.step(batch, learningRate, step);
      // A failure is handled where the promise is awaited, after the wait for the step before.
      submitted.catch(() => {});
      await pending;
      step++;
      cursor = batch.cursor;
      const done = step;
      pending = submitted.then((metrics) => {
        confirm(done - 1, metrics);
        const record = meter.stepDone(done, learningRate, metrics);
        if (record) options.onRecord(record);
        options.onStep?.(done);
      });
      pending.catch(() => {});
      const due = (every: number) => every > 0 && step % every === 0;
      if (due(options.checkpointEvery) || due(options.validateEvery)) {
        await pending;
        meter.pause();
        if (due(options.checkpointEvery)) await save();
        if (due(options.validateEvery)) {
          const { isBest, stop } = await options.onValidate(step);
          if (isBest && savedAt !== step) await save();
          if (isBest) options.onBest?.(step);
          isOver = stop;
        }
        meter.resume();
      }
    }
  } finally {
    await pending;
  }
  if (savedAt !== step) await save();
  const finished = step >= totalSteps || isOver;
  if (finished && (lastBatch || options.isUnconfirmed))
    confirm(step, await learner.step(lastBatch ?? (await batches.next()), 0, step));
  return { step, finished };
}

function diverged(after: number, totalSteps: number, loss: number, good: string | undefined): DivergedError {
  const where = after < totalSteps ? `of step ${after + 1}` : `at the weights after the last step, ${after},`;
  return divergedError(`the loss ${where} is ${loss}`, good);
}

/** The error of a run that diverged, with what showed it and the last good checkpoint. */
export function divergedError(finding: string, good: string | undefined): DivergedError {
  const last = good ? `the last good checkpoint is ${good}` : 'there is no earlier good checkpoint';
  const advice = 'a lower learning rate, warm-up or gradient clipping usually helps';
  return new DivergedError(`the run diverged: ${finding}; ${last}; ${advice}`);
}
