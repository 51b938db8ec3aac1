/** What tells how far long work is: one line rewritten in place on a terminal, a plain line every few seconds elsewhere. */

import { countText } from '../../common/format.ts';
import type { StepRecord } from './run/log.ts';

/** Where the line goes. */
export interface ProgressSink {
  /** Whether the line is rewritten in place; elsewhere every line stays. */
  readonly live: boolean;
  /** Characters that fit into a line. */
  readonly columns: number;
  /** Shows a line, in place of the one before where lines are rewritten. */
  show(line: string): void;
  /** Lets the line stand: what is printed next begins below it. */
  keep(): void;
  /** Takes the line away. */
  clear(): void;
}

/** Plain lines come at most this often. */
const PLAIN_INTERVAL_MS = 5000;
/** Live lines are redrawn at most this often. */
const LIVE_INTERVAL_MS = 100;

/** Work without records of its own: `run-001: embedding [====    ] 120/400 | ETA 12s`, gone when it is done. */
export class Stage {
  private readonly sink: ProgressSink;
  private readonly now: () => number;
  private readonly clock: ReturnType<typeof setInterval> | undefined;
  private label: string;
  private since: number;
  private lastDrawn: number;
  private done = 0;
  private total = 0;
  private firstDone = 0;

  /** Shows the label at once where lines are rewritten, and from then on how long it takes. */
  constructor(sink: ProgressSink, label: string, now: () => number = () => performance.now()) {
    this.sink = sink;
    this.now = now;
    this.label = label;
    this.since = now();
    this.lastDrawn = sink.live ? -Infinity : this.since;
    this.draw();
    // A process that has nothing else to do must not be kept alive by its status line.
    if (sink.live) this.clock = setInterval(() => this.draw(), 1000);
    this.clock?.unref?.();
  }

  /** Goes on with other work. */
  next(label: string): void {
    this.label = label;
    this.since = this.now();
    this.done = this.total = 0;
    if (this.sink.live) this.lastDrawn = -Infinity;
    this.draw();
  }

  /** The same work under another label, such as one with a count whose end is not known. */
  rename(label: string): void {
    this.label = label;
    this.draw();
  }

  /** So much is done. The time left is measured from the first call, so that compiling kernels does not count. */
  update(done: number, total: number): void {
    if (this.total === 0) {
      this.since = this.now();
      this.firstDone = done;
    }
    this.done = done;
    this.total = total;
    this.draw();
  }

  end(): void {
    clearInterval(this.clock);
    this.sink.clear();
  }

  private draw(): void {
    const now = this.now();
    if (!this.sink.live && this.done === this.total && this.total > 0) return; // what comes next tells that it is done
    if (now - this.lastDrawn < (this.sink.live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
    this.lastDrawn = now;
    const { label, done, total, firstDone } = this;
    const seconds = (now - this.since) / 1000;
    const parts = [label];
    if (total === 0) parts[0] += seconds < 1 ? ' …' : ` … ${duration(seconds)}`;
    else {
      parts[0] += ` ${this.sink.live ? `${progressBar(done / total)} ` : ''}${done}/${total}`;
      if (done > firstDone) parts.push(`ETA ${duration((seconds / (done - firstDone)) * (total - done))}`);
    }
    this.sink.show(fitted(parts, this.sink.columns));
  }
}

/** The status line of a training run. */
export class Progress {
  private readonly sink: ProgressSink;
  private readonly totalSteps: number;
  private readonly now: () => number;
  /** From where the time of a step is measured: the first step, so that compiling kernels does not count. */
  private origin: { readonly time: number; readonly step: number };
  private hasStarted = false;
  private latest: StepRecord | undefined;
  private lastDrawn = -Infinity;
  private waiting: Stage | undefined;

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
    this.waiting = new Stage(sink, 'first steps, in which drivers compile kernels', now);
  }

  /** Shows the newest numbers, unless the last ones are too recent; the last step is always shown. */
  update(record: StepRecord): void {
    this.latest = record;
    this.draw(record.step);
    this.started(record.step);
  }

  /** Tells of a step between two records: where lines are rewritten, the count moves. */
  step(step: number): void {
    this.started(step);
    if (this.sink.live && this.latest && step > this.latest.step) this.draw(step);
    else this.waiting?.update(step, this.totalSteps);
  }

  private started(step: number): void {
    if (!this.hasStarted) this.origin = { time: this.now(), step };
    this.hasStarted = true;
  }

  private draw(step: number): void {
    const now = this.now();
    const { sink, totalSteps, origin, latest } = this;
    if (now - this.lastDrawn < (sink.live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS) && step < totalSteps)
      return;
    this.waiting?.end();
    this.waiting = undefined;
    this.lastDrawn = now;
    const perStep = (now - origin.time) / Math.max(1, step - origin.step);
    const secondsLeft = ((totalSteps - step) * perStep) / 1000;
    sink.show(statusLine({ ...latest!, step }, totalSteps, secondsLeft, sink));
  }

  /** Prints a line of its own above the live one. */
  say(text: string): void {
    this.sink.clear();
    this.sink.show(text);
    this.sink.keep();
  }

  /** Lets the last line stand. */
  end(): void {
    this.waiting?.end();
    this.waiting = undefined;
    this.sink.keep();
  }
}

/** One line of text for one record; `secondsLeft` is the estimated rest of the run. Where lines are rewritten, what does not fit is left out. */
export function statusLine(
  record: StepRecord,
  totalSteps: number,
  secondsLeft: number,
  { live, columns }: Pick<ProgressSink, 'live' | 'columns'>,
): string {
  const width = String(totalSteps).length;
  const parts = [
    `${live ? `${progressBar(record.step / totalSteps)} ` : 'step '}${String(record.step).padStart(width)}/${totalSteps}`,
    `ETA ${duration(secondsLeft)}`,
    `loss ${record.loss.toFixed(3)}${record.bound === undefined ? '' : ` (bound ${record.bound.toFixed(3)})`}`,
  ];
  if (record.scale !== undefined) parts.push(`s ${record.scale.toFixed(2)}`);
  if (record.positiveCosine !== undefined && record.negativeCosine !== undefined)
    parts.push(`cos+ ${record.positiveCosine.toFixed(3)} cos- ${record.negativeCosine.toFixed(3)}`);
  if (record.featureNorm !== undefined && record.sampleMargin !== undefined)
    parts.push(`|f| ${record.featureNorm.toPrecision(3)} m ${record.sampleMargin.toFixed(3)}`);
  if (record.skipped)
    parts.push(`${countText(record.skipped, 'step')} skipped, loss scale ${record.lossScale}`);
  parts.push(
    `lr ${record.learningRate.toPrecision(2)}`,
    `${Math.round(record.imagesPerSecond)} img/s`,
    `data ${Math.round(record.dataWait * 100)}%`,
  );
  return live ? fitted(parts, columns) : parts.join(' | ');
}

/** As many parts of a line as fit, the first ones before the others; a line of full width would wrap on some terminals. */
function fitted(parts: readonly string[], columns: number): string {
  let line = parts[0]!.slice(0, columns - 1);
  for (const part of parts.slice(1)) if (line.length + 3 + part.length < columns) line += ` | ${part}`;
  return line;
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
