/**
 * Stopping at a good moment. A first signal, or an output that nobody reads any more, lets the current step finish and the run be
 * saved; a second signal ends the process at once.
 */

import { endNow } from '../../../engine/runtime/end-now.node.ts';
import { EndSignals, type SignalOptions } from './end-signals.node.ts';

/** Exit status of a run that was interrupted and saved: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** Calls `stop` when an output is lost, until the returned function is called. @param why the beginning of a sentence */
export type WhenLost = (stop: (why: string) => void) => () => void;

export class Interrupt {
  /** Whether anybody has looked, and so will save before the end. */
  private looked = false;
  private readonly say: (text: string) => void;
  private readonly signals: EndSignals;
  private readonly exit: (code: number) => void;
  private readonly stopWatching: (() => void) | undefined;

  /** @param say tells the person what happens now */
  constructor(
    say: (text: string) => void,
    {
      exit = endNow,
      whenLost,
      ...options
    }: SignalOptions & { exit?: (code: number) => void; whenLost?: WhenLost } = {},
  ) {
    this.say = say;
    this.exit = exit;
    this.signals = new EndSignals({ asked: (why) => this.asked(why), insisted: () => this.end() }, options);
    this.stopWatching = whenLost?.((why) => this.signals.ask(why));
  }

  /** Whether to stop now. Before the first call nothing can be saved, and a signal ends the process at once. */
  readonly shouldStop = (): boolean => {
    this.looked = true;
    return this.signals.isAsked;
  };

  private asked(why: string): void {
    if (this.looked) this.say(`${why}stopping after this step; once more ends at once without saving`);
    else this.end(why);
  }

  /** Ends the process, with another status than that of a run that was saved. */
  private end(why = ''): void {
    const what = this.looked
      ? 'ended at once: what was done since the last checkpoint is not saved'
      : 'ended before the first step: nothing is trained and nothing saved';
    this.say(why + what);
    this.exit(1);
  }

  /** Gives the signals back to their default. */
  dispose(): void {
    this.signals.dispose();
    this.stopWatching?.();
  }
}
