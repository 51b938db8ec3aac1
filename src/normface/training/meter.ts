/** Averages of metrics and times between the records of a run. */

import type { StepRecord } from './run/log.ts';

/** What one optimiser step tells about its batch. */
export interface StepMetrics {
  readonly loss: number;
  readonly scale?: number;
  /** Least loss with that scale and balanced classes. */
  readonly bound?: number;
  readonly positiveCosine?: number;
  readonly negativeCosine?: number;
  /** Of losses with a margin for each sample: mean length of the features, its standard deviation in the batch, and mean margin. */
  readonly featureNorm?: number;
  readonly normDeviation?: number;
  readonly sampleMargin?: number;
  /** What the loss is multiplied by from the next step on. */
  readonly lossScale?: number;
  /** 1 where the step left weights and optimiser as they were, because its gradients overflowed; else 0. */
  readonly skipped?: number;
}

export interface MeterOptions {
  /** Images in a step. */
  readonly batchSize: number;
  /** Images in an epoch. */
  readonly imageCount: number;
  readonly totalSteps: number;
  /** Steps between records; the last step always gets one. */
  readonly recordEvery: number;
}

/** What has been added up since the last record. */
interface Sums {
  readonly step: number;
  readonly metrics: ReadonlyMap<keyof StepMetrics, number>;
  readonly count: number;
}

/** Serves one process: where a run goes on from a checkpoint, records are those of a run that was not interrupted. */
export class Meter {
  private readonly options: MeterOptions;
  private readonly now: () => number;
  private readonly sums = new Map<keyof StepMetrics, number>();
  private count = 0;
  /** The sums at the latest checkpoint. */
  private held: Sums | undefined;
  /** Steps since the time was last taken. */
  private timed = 0;
  private start: number;
  private waited = 0;
  /** Steps submitted and not done, and since when there are none. */
  private underWay = 0;
  private idleSince: number;
  private pausedAt = 0;

  constructor(options: MeterOptions, now: () => number = () => performance.now()) {
    this.options = options;
    this.now = now;
    this.start = now();
    this.idleSince = this.start;
  }

  /** Training begins, or begins again, after `step` steps: what was added up of later ones is forgotten. */
  begin(step: number): void {
    this.sums.clear();
    this.count = 0;
    if (this.held?.step === step) {
      for (const [name, sum] of this.held.metrics) this.sums.set(name, sum);
      this.count = this.held.count;
    }
    this.underWay = 0;
    this.restartClock();
    this.idleSince = this.start;
  }

  /** The state after `step` steps is saved: training may begin again there. */
  hold(step: number): void {
    this.held = { step, metrics: new Map(this.sums), count: this.count };
  }

  private restartClock(): void {
    this.timed = 0;
    this.waited = 0;
    this.start = this.now();
  }

  /** A batch that was asked for at `asked` is here, and a step follows. */
  batchArrived(asked: number): void {
    if (this.underWay === 0) this.waited += this.now() - Math.max(asked, this.idleSince);
    this.underWay++;
  }

  /** @returns the record that is due after this step, if one is */
  stepDone(step: number, learningRate: number, metrics: StepMetrics): StepRecord | undefined {
    this.underWay--;
    this.idleSince = this.now();
    this.count++;
    this.timed++;
    for (const [name, value] of Object.entries(metrics) as [keyof StepMetrics, number | undefined][])
      if (value !== undefined) this.sums.set(name, (this.sums.get(name) ?? 0) + value);
    const { recordEvery, totalSteps, batchSize, imageCount } = this.options;
    if (step % recordEvery !== 0 && step !== totalSteps) return undefined;
    const elapsed = Math.max(1e-6, (this.now() - this.start) / 1000);
    const mean = (name: keyof StepMetrics) => {
      const sum = this.sums.get(name);
      return sum === undefined ? undefined : sum / this.count;
    };
    const record: StepRecord = {
      event: 'step',
      step,
      epoch: (step * batchSize) / imageCount,
      loss: mean('loss')!,
      learningRate,
      // The scale is a state, not a measurement: its newest value counts, and the bound goes with it.
      scale: metrics.scale,
      bound: metrics.bound,
      positiveCosine: mean('positiveCosine'),
      negativeCosine: mean('negativeCosine'),
      featureNorm: mean('featureNorm'),
      normDeviation: mean('normDeviation'),
      sampleMargin: mean('sampleMargin'),
      lossScale: metrics.lossScale,
      skipped: this.sums.get('skipped'),
      imagesPerSecond: (this.timed * batchSize) / elapsed,
      dataWait: Math.min(1, this.waited / 1000 / elapsed),
    };
    this.sums.clear();
    this.count = 0;
    this.restartClock();
    return record;
  }

  /** Checkpoints and validations do not count as training time. */
  pause(): void {
    this.pausedAt = this.now();
  }

  resume(): void {
    const pause = this.now() - this.pausedAt;
    this.start += pause;
    this.idleSince += pause;
  }
}
