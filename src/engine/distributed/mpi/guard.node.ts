/**
 * Ends all ranks when one of them fails. Node by itself would not: at its end it waits for the threads that are inside of MPI, for ever,
 * and the launcher notices nothing.
 */

import { UserError } from '../../../common/errors.ts';
import type { Koffi } from '../../runtime/koffi.node.ts';
import { AbortedError } from '../aborted.ts';
import type { Binding } from './binding.node.ts';

/** Exit statuses of a rank that ends the others, after those of BSD's `sysexits.h` as far as there is one. */
export const statuses = {
  /** Library and launcher do not belong together (`EX_USAGE`). */
  mismatch: 64,
  /** An error that nobody caught, or of MPI (`EX_SOFTWARE`). */
  uncaught: 70,
  /** A collective that did not end in its time: another rank hangs (`EX_TEMPFAIL`). */
  watchdog: 75,
  /** The launcher ends the rank with SIGTERM: 128 + 15. */
  terminated: 143,
} as const;

export interface GuardOptions {
  /** Milliseconds that a collective may take. */
  readonly timeoutMs: number;
  /** Is told why, before all ranks are ended; must not wait for anything. */
  readonly onFatal?: ((reason: unknown) => void) | undefined;
}

/** Seconds that MPI gets to end the other ranks: with a broken network it may never return. */
const abortSeconds = 5;

/** Milliseconds that the launcher gets to hand on what was said: at MPI_Abort MPICH's ends without having read all of it. */
const readingTime = 200;

export class Guard {
  private readonly binding: Binding;
  private readonly options: GuardOptions;
  private readonly exitNow: (status: number) => never;
  private readonly alarm: (seconds: number) => number;
  private readonly watchdog: NodeJS.Timeout;
  /** Which rank this is, for messages. */
  private name = 'a rank that has not joined';
  private isReleased = false;

  constructor(koffi: Koffi, binding: Binding, options: GuardOptions) {
    this.binding = binding;
    this.options = options;
    const library = koffi.load(null);
    this.exitNow = library.func('void _exit(int)') as unknown as (status: number) => never;
    this.alarm = library.func('uint alarm(uint)');
    process.on('uncaughtException', this.onUncaught);
    process.on('unhandledRejection', this.onUncaught);
    process.on('SIGTERM', this.onTerminated);
    process.on('exit', this.onExit);
    this.watchdog = setInterval(() => this.watch(), Math.min(1000, options.timeoutMs / 4)).unref();
  }

  /** @param name for messages, such as `rank 1 of 4` */
  identify(name: string): void {
    this.name = name;
  }

  /** Runs a function of MPI that waits for the other ranks and cannot be watched: SIGALRM ends the process where it takes too long. */
  withAlarm(body: () => void): void {
    this.alarm(Math.ceil(this.options.timeoutMs / 1000));
    body();
    this.alarm(0);
  }

  /** Ends all ranks. */
  fatal(status: number, reason: unknown): never {
    try {
      const text = reason instanceof Error && !(reason instanceof UserError) ? reason.stack : textOf(reason);
      process.stderr.write(`${this.name} ends all ranks with status ${status}: ${text}\n`);
      this.options.onFatal?.(reason);
    } catch {
      // The ranks must end in any case.
    }
    // SIGALRM ends this process even where MPI_Abort never returns. A library that is not connected ends only this process.
    this.alarm(abortSeconds);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, readingTime);
    try {
      this.binding.call('MPI_Abort', this.binding.abi.world, status);
    } catch {
      // It has failed, and the launcher will notice that this process ends.
    }
    this.exitNow(status);
  }

  /** After a good end of MPI the process is its own again. */
  release(): void {
    this.isReleased = true;
    clearInterval(this.watchdog);
    process.off('uncaughtException', this.onUncaught);
    process.off('unhandledRejection', this.onUncaught);
    process.off('SIGTERM', this.onTerminated);
    process.off('exit', this.onExit);
  }

  private readonly onUncaught = (error: unknown): void => {
    this.fatal(error instanceof UserError ? error.exitCode : statuses.uncaught, error);
  };

  /** The launcher kills what has not ended a second later; nothing of a step that is under way is worth saving. */
  private readonly onTerminated = (): void => {
    try {
      this.options.onFatal?.(new AbortedError(statuses.terminated, 'terminated by the launcher'));
    } finally {
      this.exitNow(statuses.terminated);
    }
  };

  private readonly onExit = (status: number): void => {
    if (this.isReleased) return;
    const { pending } = this.binding;
    if (pending) this.fatal(status || statuses.uncaught, `the process ends in the midst of ${pending.name}`);
    if (status !== 0) this.fatal(status, `the process ends with status ${status}`);
    // A program that has nothing more to do and did not close the communicator.
    this.withAlarm(() => this.binding.call('MPI_Finalize'));
  };

  private watch(): void {
    const { pending } = this.binding;
    if (!pending || performance.now() - pending.since <= this.options.timeoutMs) return;
    const seconds = this.options.timeoutMs / 1000;
    this.fatal(
      statuses.watchdog,
      `${pending.name} has not ended after ${seconds} s; another rank hangs, or the network is gone`,
    );
  }
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
