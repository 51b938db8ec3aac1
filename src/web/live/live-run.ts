/** A training that is started, paused and stepped by somebody who watches it. */

import { DivergedError, UserError } from '../../common/errors.ts';
import { DeviceError, DeviceLostError } from '../../engine/core/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { StepMetrics } from '../../normface/training/loop.ts';
import { Durations } from './curve.ts';
import type { Embedding } from './embedding.ts';
import type { LiveLearner } from './learner.ts';

/** What one step told. */
export interface StepNews extends StepMetrics {
  /** Steps done, this one included. */
  readonly step: number;
  /** What its loss is called. */
  readonly lossTitle: string;
  /** Whether another loss than that of the step before was used. */
  readonly isNewLoss: boolean;
  /** Median over the latest steps. */
  readonly millisecondsAStep: number;
}

export interface LiveRunOptions {
  readonly learner: LiveLearner;
  /** Read before every step, so it may change. */
  readonly learningRate: () => number;
  /** Least time from one step to the next in milliseconds, for those who want to watch; read before every step. */
  readonly pace: () => number;
  /** Kernels compiled before the first step, of how many. */
  readonly onPrepare?: (done: number, total: number) => void;
  readonly onStep: (news: StepNews) => void;
  readonly onEmbedding: (embedding: Embedding) => void;
  /** Opens another device in place of one that was lost; without it a loss ends the run. */
  readonly reopen?: () => Promise<Device>;
  /** The device was lost, and on another one the run goes on from `step`. */
  readonly onMoved?: (step: number) => void;
  /** Called when it begins or ceases to run, and when all that was asked for is done. */
  readonly onChange: () => void;
  /** Called once, with one sentence; nothing follows. */
  readonly onFailure: (sentence: string) => void;
  readonly now?: () => number;
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/** Time that embeddings may take of the whole. */
const embeddingShare = 0.3;

/** Losses without a step between them: what is lost again and again is lost for a reason. */
const mostLosses = 3;

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/**
 * Drives a learner: one step is under way at most, and its metrics are awaited before the next. The sample is embedded at the
 * beginning, when the run is paused, after single steps, and in between as often as it costs less than a third of the time.
 */
export class LiveRun {
  private readonly options: LiveRunOptions;
  private readonly now: () => number;
  private readonly wait: (milliseconds: number) => Promise<void>;
  private readonly stepTimes = new Durations();
  private readonly embeddingTimes = new Durations(5);
  /** Steps asked for one by one. */
  private asked = 0;
  private wanted = false;
  private isDriven = false;
  private driven: Promise<void> = Promise.resolve();
  private isOver = false;
  private isFreed = false;
  private isLost = false;
  private losses = 0;
  private embeddedAt = -1;
  private lossTitle: string;

  /** Begins with the embedding of the untrained net. */
  constructor(options: LiveRunOptions) {
    this.options = options;
    this.now = options.now ?? (() => performance.now());
    this.wait = options.wait ?? sleep;
    this.lossTitle = options.learner.lossTitle;
    this.go();
  }

  /** Whether it can go on: neither failed nor disposed of. */
  get canRun(): boolean {
    return !this.isOver;
  }

  /** Whether it goes on until it is paused. */
  get isRunning(): boolean {
    return this.wanted && !this.isOver;
  }

  /** Whether something is under way: a step, an embedding or the preparation. */
  get isBusy(): boolean {
    return this.isDriven && !this.isOver;
  }

  start(): void {
    if (this.isOver || this.wanted) return;
    this.wanted = true;
    this.options.onChange();
    this.go();
  }

  /** The step that is under way is completed. */
  pause(): void {
    if (!this.wanted) return;
    this.wanted = false;
    this.options.onChange();
  }

  /** The device was lost: goes on with another one, also where nothing is under way that would notice. */
  deviceLost(): void {
    if (this.isOver || !this.options.reopen) return;
    this.isLost = true;
    this.go();
  }

  /** One step; pauses a run that goes on. */
  stepOnce(): void {
    if (this.isOver) return;
    if (this.wanted) this.pause();
    else this.asked++;
    this.go();
  }

  /** Pauses, and waits until nothing is under way: then the learner can be read. */
  async rest(): Promise<void> {
    this.pause();
    await this.driven;
  }

  /** Stops, and frees the GPU as soon as the step under way is completed. Nothing is called from now on. */
  dispose(): void {
    this.isOver = true;
    this.wanted = false;
    if (!this.isDriven) this.free();
  }

  private free(): void {
    if (this.isFreed) return;
    this.isFreed = true;
    this.options.learner.dispose();
  }

  /** Works until there is nothing to do; at most one of these is under way. */
  private go(): void {
    if (!this.isDriven) this.driven = this.drive();
  }

  private async drive(): Promise<void> {
    this.isDriven = true;
    try {
      while (!this.isOver && !(await this.workOnOneDevice()));
    } catch (error) {
      this.fail(error);
    } finally {
      this.isDriven = false;
      if (this.isOver) this.free();
      else this.options.onChange();
    }
  }

  /** @returns whether there is nothing left to do; false where the device was lost and another one can be opened */
  private async workOnOneDevice(): Promise<boolean> {
    try {
      if (this.isLost) await this.move();
      await this.work();
      return !this.isLost;
    } catch (error) {
      if (!(error instanceof DeviceLostError) || !this.options.reopen || ++this.losses >= mostLosses)
        throw error;
      this.isLost = true;
      return false;
    }
  }

  private async move(): Promise<void> {
    const { learner, reopen, onMoved } = this.options;
    const device = await reopen!();
    if (this.isOver) return;
    this.isLost = false;
    learner.moveTo(device);
    this.embeddedAt = -1;
    this.lossTitle = learner.lossTitle;
    onMoved?.(learner.steps);
  }

  private async work(): Promise<void> {
    if (this.isOver) return;
    if (this.embeddedAt < 0) {
      await this.options.learner.prepare((done, total) => {
        if (!this.isOver) this.options.onPrepare?.(done, total);
      });
      await this.embed();
    }
    while (!this.isOver && !this.isLost) {
      const isSingle = !this.wanted && this.asked > 0;
      if (this.wanted || isSingle) {
        await this.step();
        if (isSingle) this.asked--;
        if (this.embeddingIsDue(isSingle)) await this.embed();
      } else if (this.embeddedAt !== this.options.learner.steps) await this.embed();
      else break;
    }
  }

  private async step(): Promise<void> {
    const { learner, learningRate, pace, onStep } = this.options;
    const { lossTitle } = learner;
    const begun = this.now();
    const metrics = await learner.step(learningRate());
    const taken = this.now() - begun;
    this.losses = 0;
    if (this.isOver) return;
    const isNewLoss = lossTitle !== this.lossTitle;
    this.lossTitle = lossTitle;
    // The step that another loss begins with compiles kernels.
    if (!isNewLoss) this.stepTimes.add(taken);
    if (!Number.isFinite(metrics.loss))
      throw new DivergedError(
        `The run diverged: the loss of step ${learner.steps} is ${metrics.loss}; a lower learning rate usually helps.`,
      );
    onStep({
      ...metrics,
      step: learner.steps,
      lossTitle,
      isNewLoss,
      millisecondsAStep: this.stepTimes.median,
    });
    const rest = pace() - taken;
    if (this.wanted && rest > 0) await this.wait(rest);
  }

  private embeddingIsDue(isSingle: boolean): boolean {
    if (this.isOver) return false;
    if (isSingle) return true;
    const since = this.options.learner.steps - this.embeddedAt;
    const stepTime = Math.max(this.stepTimes.median, this.options.pace());
    const share = embeddingShare / (1 - embeddingShare);
    // As long as no time is known it is due.
    return !(this.embeddingTimes.median > share * since * stepTime);
  }

  private async embed(): Promise<void> {
    const { learner, onEmbedding } = this.options;
    const begun = this.now();
    const embedding = await learner.embed();
    await learner.keep();
    // The first one compiles kernels.
    if (this.embeddedAt >= 0) this.embeddingTimes.add(this.now() - begun);
    this.embeddedAt = learner.steps;
    if (!this.isOver) onEmbedding(embedding);
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.wanted = false;
    this.options.onFailure(sentenceOf(error));
    this.options.onChange();
  }
}

/** What a person is told of an error. */
export function sentenceOf(error: unknown): string {
  const { message } = error as Error;
  if (error instanceof UserError || error instanceof DeviceError) return message;
  return `The run stopped: ${message}`;
}
