import type { ProgressSink } from '../normface/training/progress.ts';
import type { Output } from './output.ts';

/** The line that tells how far long work is, among the other text of a stream. */
export class StatusLine implements ProgressSink {
  readonly live: boolean;
  private readonly stream: Output;
  private isOpen = false;

  constructor(stream: Output) {
    this.stream = stream;
    this.live = stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** Looked at anew for every line: a terminal may become wider or narrower. */
  get columns(): number {
    return this.stream.columns ?? 100;
  }

  show(line: string): void {
    // Cursor to the first column, the line, and nothing behind it.
    this.stream.write(this.live ? `\r${line}\x1b[K` : `${line}\n`);
    this.isOpen = this.live;
  }

  keep(): void {
    if (this.isOpen) this.stream.write('\n');
    this.isOpen = false;
  }

  clear(): void {
    if (this.isOpen) this.stream.write('\r\x1b[K');
    this.isOpen = false;
  }
}
