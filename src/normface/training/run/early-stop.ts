/** Stopping where validations no longer get better. */

import type { StopEarlyConfig } from '../config/config.ts';
import type { LogRecord, ValidationRecord } from './log.ts';

/** Of the metrics, those that are better the smaller they are. */
const smallerIsBetter: ReadonlySet<StopEarlyConfig['metric']> = new Set(['equalErrorRate']);

/** A validation with what the metric says of it, turned so that more is better. */
interface Judged {
  readonly step: number;
  readonly value: number;
}

/** What follows from a validation. */
export interface Verdict {
  /** Whether none before was as good. */
  readonly isBest: boolean;
  /** Whether to train no further. */
  readonly stop: boolean;
}

/** Follows the validations of a run. What it says depends on them alone, so that a resumed run stops where one would that was not interrupted. */
export class EarlyStop {
  private readonly config: StopEarlyConfig;
  private readonly judged: Judged[] = [];
  /** The validation that those after it have to exceed. */
  private reference: Judged | undefined;
  private best: Judged | undefined;
  private misses = 0;

  /** @param records of the log, up to the step that training goes on from */
  constructor(config: StopEarlyConfig, records: readonly LogRecord[]) {
    this.config = config;
    for (const record of records) if (record.event === 'validation') this.add(record as ValidationRecord);
  }

  /** A validation without the metric, as logs of older versions have them, counts for nothing. */
  add(record: ValidationRecord): Verdict {
    const { metric, minimumGain, patience } = this.config;
    const number = record[metric];
    if (number === undefined) return { isBest: false, stop: this.isOver };
    const judged = { step: record.step, value: smallerIsBetter.has(metric) ? -number : number };
    this.judged.push(judged);
    // Of equal ones the first is kept; what is not a number is better than nothing.
    const isBest = this.best === undefined || judged.value > this.best.value;
    if (isBest) this.best = judged;
    if (this.reference === undefined || judged.value > this.reference.value + minimumGain) {
      this.reference = judged;
      this.misses = 0;
    } else this.misses++;
    return { isBest, stop: this.misses >= patience };
  }

  get isOver(): boolean {
    return this.misses >= this.config.patience;
  }

  /** Validations since the last gain. */
  get withoutGain(): number {
    return this.misses;
  }

  /** Steps of the validations that the metric was there for, the best first, of equal ones the first. */
  get ranking(): number[] {
    return [...this.judged].sort((a, b) => b.value - a.value || a.step - b.step).map(({ step }) => step);
  }

  /** The metric of the best validation, as it was logged. */
  get bestValue(): number | undefined {
    if (!this.best) return undefined;
    return smallerIsBetter.has(this.config.metric) ? -this.best.value : this.best.value;
  }
}
