/**
 * Stopping at a good moment. A first signal, or an output that nobody reads any more, lets the current step finish and the run be
 * saved; a second signal ends the process at once.
 */

import { endNow } from '../../../engine/runtime/end-now.node.ts';

/** The signals that ask a process to end: Ctrl-C, `kill`, and the closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** The part of `process` that is used, so that tests can stand in for it. */
export interface SignalSource {
  on(signal: Signal, listener: () => void): unknown;
  off(signal: Signal, listener: () => void): unknown;
}

/** Exit status of a run that was interrupted and saved: 128 + SIGINT. */
export const INTERRUPTED = 130;

/**
 * Milliseconds in which a signal that comes again is the same wish: `timeout`, `npm` and shells send it to a process and then to the whole
 * group that it is in.
 */
export const ECHO = 200;

/** Calls `stop` when an output is lost, until the returned function is called. @param why the beginning of a sentence */
export type WhenLost = (stop: (why: string) => void) => () => void;

export class Interrupt {
  private requested = false;
  /** Whether anybody has asked, and so will save before the end. */
  private asked = false;
  private readonly say: (text: string) => void;
  private readonly source: SignalSource;
  private readonly now: () => number;
  private since = 0;
  private readonly exit: (code: number) => void;
  private readonly onSignal: () => void;
  private readonly stopWatching: (() => void) | undefined;

  /** @param say tells the person what happens now */
  constructor(
    say: (text: string) => void,
    {
      source = process,
      exit = endNow,
      now = () => performance.now(),
      whenLost,
    }: {
      source?: SignalSource;
      exit?: (code: number) => void;
      now?: () => number;
      whenLost?: WhenLost;
    } = {},
  ) {
    this.say = say;
    this.source = source;
    this.exit = exit;
    this.now = now;
    this.onSignal = () => {
      if (!this.requested) this.request();
      else if (now() - this.since >= ECHO) this.end();
    };
    for (const signal of SIGNALS) source.on(signal, this.onSignal);
    this.stopWatching = whenLost?.((why) => this.request(why));
  }

  /** Whether to stop now. Before the first call nothing can be saved, and a signal ends the process at once. */
  readonly shouldStop = (): boolean => {
    this.asked = true;
    return this.requested;
  };

  /** Asks to stop, once. */
  private request(why = ''): void {
    if (this.requested) return;
    this.requested = true;
    this.since = this.now();
    if (this.asked) this.say(`${why}stopping after this step; once more ends at once without saving`);
    else this.end(why);
  }

  /** Ends the process, with another status than that of a run that was saved. */
  private end(why = ''): void {
    const what = this.asked
      ? 'ended at once: what was done since the last checkpoint is not saved'
      : 'ended before the first step: nothing is trained and nothing saved';
    this.say(why + what);
    this.exit(1);
  }

  /** Gives the signals back to their default. */
  dispose(): void {
    for (const signal of SIGNALS) this.source.off(signal, this.onSignal);
    this.stopWatching?.();
  }
}
