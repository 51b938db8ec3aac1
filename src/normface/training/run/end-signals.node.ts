/** The signals that ask a process to end: Ctrl-C, `kill`, and the closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** The part of `process` that is used, so that tests can stand in for it. */
export interface SignalSource {
  on(signal: Signal, listener: () => void): unknown;
  off(signal: Signal, listener: () => void): unknown;
}

/**
 * Milliseconds in which a signal that comes again is the same wish: `timeout`, `npm` and shells send it to a process and then to the whole
 * group that it is in.
 */
const ECHO = 200;

export interface Wishes {
  /** At the first wish to end. @param why the beginning of a sentence, where it was no signal */
  asked(why: string): void;
  /** At each signal after it that is not its echo. */
  insisted(): void;
}

export interface SignalOptions {
  readonly source?: SignalSource;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Listens to the signals that ask to end, until it is disposed of. */
export class EndSignals {
  private since: number | undefined;
  private readonly wishes: Wishes;
  private readonly source: SignalSource;
  private readonly now: () => number;
  private readonly onSignal: () => void;

  constructor(wishes: Wishes, { source = process, now = () => performance.now() }: SignalOptions = {}) {
    this.wishes = wishes;
    this.source = source;
    this.now = now;
    this.onSignal = () => {
      if (this.since === undefined) this.ask();
      else if (now() - this.since >= ECHO) wishes.insisted();
    };
    for (const signal of SIGNALS) source.on(signal, this.onSignal);
  }

  /** Whether anybody has asked. */
  get isAsked(): boolean {
    return this.since !== undefined;
  }

  /** Asks as a first signal does, once. */
  ask(why = ''): void {
    if (this.since !== undefined) return;
    this.since = this.now();
    this.wishes.asked(why);
  }

  /** Gives the signals back to their default. */
  dispose(): void {
    for (const signal of SIGNALS) this.source.off(signal, this.onSignal);
  }
}
