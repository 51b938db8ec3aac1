import { MeasuringEnded } from './bench.ts';

/** The time that measuring may take, all measurements of a device together. */
export class Budget {
  readonly seconds: number;
  private spentMs = 0;
  private startedAt = 0;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  start(): void {
    this.startedAt = performance.now();
  }

  stop(): void {
    this.spentMs += performance.now() - this.startedAt;
  }

  /** While it is running. @throws MeasuringEnded when it is spent */
  check(): void {
    if (this.spentMs + performance.now() - this.startedAt >= 1000 * this.seconds)
      throw new MeasuringEnded(`the ${this.seconds} s that measuring variants may take are over`);
  }
}
