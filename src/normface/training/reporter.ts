/** What long work tells while it runs; the command line prints it, a script may ignore it. */

import type { ProgressSink } from './progress.ts';

export interface Reporter {
  /** A line for people. */
  say(text: string): void;
  /** A line for people about something that is not as it should be. */
  warn(text: string): void;
  /** A record for machines. */
  emit(record: unknown): void;
  /** Where the status line goes. */
  readonly progressSink: ProgressSink;
}
