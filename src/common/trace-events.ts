/** Chrome trace JSON (Trace Event Format): ui.perfetto.dev and chrome://tracing open it. */

/** The events that traces here need: complete (X), counter (C) and metadata (M) ones; times in µs. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'C' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, string | number>>;
}

export interface Trace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string>>;
  readonly traceEvents: readonly TraceEvent[];
}

/**
 * Readers turn times into whole nanoseconds, each by itself, and take events that then overlap by one for nested ones. Multiples
 * of 1/64 µs are sums without rounding, in binary and after that.
 */
export function onGrid(microseconds: number): number {
  return Math.round(64 * microseconds) / 64;
}
