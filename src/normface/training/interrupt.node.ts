/** Ctrl-C: the first one lets the current step finish and the run be saved, the second one ends the process at once. */

/** The part of `process` that is used, so that tests can stand in for it. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
}

/** Exit status of a run that was interrupted: 128 + SIGINT. */
export const INTERRUPTED = 130;

export class Interrupt {
  /** True once the run should stop. */
  requested = false;
  private readonly source: SignalSource;
  private readonly listener: () => void;

  /** @param onFirst called at the first signal, to tell the person that the step is being finished */
  constructor(onFirst: () => void, source: SignalSource = process) {
    this.source = source;
    this.listener = () => {
      if (this.requested) return source.exit(INTERRUPTED);
      this.requested = true;
      onFirst();
    };
    source.on('SIGINT', this.listener);
    source.on('SIGTERM', this.listener);
  }

  /** Gives the signals back to their default. */
  dispose(): void {
    this.source.off('SIGINT', this.listener);
    this.source.off('SIGTERM', this.listener);
  }
}
