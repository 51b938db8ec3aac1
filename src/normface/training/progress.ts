/** The status line of a training run: one live line on a terminal, a plain line every few seconds elsewhere. */

import type { StepRecord } from './log.ts';

/** Where text goes. */
export interface ProgressSink {
  /** Whether a line can be rewritten in place. */
  readonly live: boolean;
  /** Characters in a line of the terminal. */
  readonly columns: number;
  write(text: string): void;
}

/** Plain lines come at most this often. */
const PLAIN_INTERVAL_MS = 5000;
/** Live lines are redrawn at most this often. */
const LIVE_INTERVAL_MS = 100;

export class Progress {
  private readonly sink: ProgressSink;
  private readonly totalSteps: number;
  private readonly now: () => number;
  /** From where the time of a step is measured: the first record, so that compiling kernels does not count. */
  private origin: { readonly time: number; readonly step: number };
  private started = false;
  private lastDrawn = -Infinity;
  private lineOpen = false;

  /** @param firstStep steps already done when a run is resumed; they do not count for the estimate of the time left */
  constructor(
    sink: ProgressSink,
    totalSteps: number,
    firstStep = 0,
    now: () => number = () => performance.now(),
  ) {
    this.sink = sink;
    this.totalSteps = totalSteps;
    this.now = now;
    this.origin = { time: now(), step: firstStep };
  }

  /** Shows the newest numbers, unless the last ones are too recent; the last step is always shown. */
  update(record: StepRecord): void {
    const now = this.now();
    const { time, step } = this.origin;
    const perStep = (now - time) / Math.max(1, record.step - step);
    if (!this.started) this.origin = { time: now, step: record.step };
    this.started = true;
    const interval = this.sink.live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS;
    if (now - this.lastDrawn < interval && record.step < this.totalSteps) return;
    this.lastDrawn = now;
    const line = statusLine(
      record,
      this.totalSteps,
      ((this.totalSteps - record.step) * perStep) / 1000,
      this.sink.live,
    );
    if (this.sink.live) {
      this.sink.write(`\r${line.slice(0, this.sink.columns - 1).padEnd(this.sink.columns - 1)}`);
      this.lineOpen = true;
    } else this.sink.write(`${line}\n`);
  }

  /** Prints a line of its own above the live one. */
  say(text: string): void {
    this.end();
    this.sink.write(`${text}\n`);
  }

  /** Finishes the live line. */
  end(): void {
    if (this.lineOpen) this.sink.write('\n');
    this.lineOpen = false;
  }
}

/** A live line `label 120/7701` for work that is counted; nothing where lines cannot be rewritten. */
export class Count {
  private readonly sink: ProgressSink;
  private readonly label: string;
  private open = false;

  constructor(sink: ProgressSink, label: string) {
    this.sink = sink;
    this.label = label;
  }

  update(done: number, total: number): void {
    if (!this.sink.live) return;
    this.sink.write(`\r${this.label} ${done}/${total}`);
    this.open = true;
  }

  end(): void {
    if (this.open) this.sink.write('\n');
    this.open = false;
  }
}

/** One line of text for one record; `secondsLeft` is the estimated rest of the run. */
export function statusLine(
  record: StepRecord,
  totalSteps: number,
  secondsLeft: number,
  bar: boolean,
): string {
  const width = String(totalSteps).length;
  const parts = [
    `${bar ? `${progressBar(record.step / totalSteps)} ` : 'step '}${String(record.step).padStart(width)}/${totalSteps}`,
    `loss ${record.loss.toFixed(3)}${record.bound === undefined ? '' : ` (bound ${record.bound.toFixed(3)})`}`,
  ];
  if (record.scale !== undefined) parts.push(`s ${record.scale.toFixed(2)}`);
  if (record.positiveCosine !== undefined && record.negativeCosine !== undefined)
    parts.push(`cos+ ${record.positiveCosine.toFixed(3)} cos- ${record.negativeCosine.toFixed(3)}`);
  parts.push(
    `lr ${record.learningRate.toPrecision(2)}`,
    `${Math.round(record.imagesPerSecond)} img/s`,
    `data ${Math.round(record.dataWait * 100)}%`,
    `ETA ${duration(secondsLeft)}`,
  );
  return parts.join(' | ');
}

/** A bar of 16 characters. */
function progressBar(fraction: number): string {
  const filled = Math.round(Math.min(1, fraction) * 16);
  return `[${'='.repeat(filled)}${' '.repeat(16 - filled)}]`;
}

/** Seconds as `45s`, `3m20s` or `2h05m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}
