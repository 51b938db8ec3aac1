/** The standard streams of the process, of which one may go away: its reader ends, its disk is full, its terminal is closed. */

import { reasonOf } from '../common/files.node.ts';
import { endNow } from '../engine/runtime/end-now.node.ts';
import type { WhenLost } from '../normface/training/run/interrupt.node.ts';
import type { Streams } from './context.node.ts';
import type { Output } from './output.ts';

type Name = 'stdout' | 'stderr';

/** The part of `process` that is used, so that tests can stand in for it. */
export interface StreamSource {
  readonly stdout: Output & NodeJS.EventEmitter;
  readonly stderr: Output & NodeJS.EventEmitter;
}

/**
 * What is for a lost stream goes to the other one. A command that can stop at a good moment is asked to; any other ends: with
 * status 0 when the reader of stdout has read enough (`normface nets | head -1`), with status 1 and a sentence otherwise.
 */
export class StandardStreams implements Streams {
  readonly stdout: Output;
  readonly stderr: Output;
  private readonly source: StreamSource;
  private readonly exit: (code: number) => void;
  private readonly lost = new Set<Name>();
  private stop: ((why: string) => void) | undefined;
  private readonly terminal: { readonly columns: number | undefined } | undefined;

  /**
   * @param mixable whether one stream may carry what is for the other: not where a machine reads stdout
   * @param terminal where stdout gets to in the end, if that is not this process's stdout: Open MPI gives every rank a terminal
   */
  constructor(
    source: StreamSource,
    {
      mixable,
      exit = endNow,
      terminal,
    }: {
      mixable: boolean;
      exit?: (code: number) => void;
      terminal?: { readonly columns: number | undefined };
    },
  ) {
    this.source = source;
    this.exit = exit;
    this.terminal = terminal;
    this.stdout = this.outlet('stdout', mixable ? 'stderr' : undefined);
    this.stderr = this.outlet('stderr', mixable ? 'stdout' : undefined);
    for (const name of ['stdout', 'stderr'] as const)
      source[name].on('error', (error: NodeJS.ErrnoException) => this.lose(name, error));
  }

  readonly whenLost: WhenLost = (stop) => {
    this.stop = stop;
    return () => {
      this.stop = undefined;
    };
  };

  silence(): void {
    for (const name of ['stdout', 'stderr'] as const) this.lost.add(name);
  }

  private outlet(name: Name, other: Name | undefined): Output {
    const { source, lost, terminal } = this;
    return {
      write: (text) => {
        const target = [name, other].find((candidate) => candidate && !lost.has(candidate));
        if (target) source[target].write(text);
      },
      get isTTY() {
        return terminal ? name === 'stdout' && terminal.columns !== undefined : source[name].isTTY;
      },
      get columns() {
        return terminal ? terminal.columns : source[name].columns;
      },
    };
  }

  private lose(name: Name, error: NodeJS.ErrnoException): void {
    if (this.lost.has(name)) return;
    this.lost.add(name);
    const isReaderGone = error.code === 'EPIPE';
    const why = `${name} cannot be written: ${isReaderGone ? 'its reader is gone' : reasonOf(error)}`;
    if (this.stop) this.stop(`${why}; `);
    else if (name === 'stdout') {
      if (!isReaderGone) this.stderr.write(`normface: ${why}\n`);
      this.exit(isReaderGone ? 0 : 1);
    }
  }
}
