/** The side of the ranks: joining the others, and listening to the supervisor, if one started them. */

import fs from 'node:fs';
import os from 'node:os';
import { UserError } from '../../common/errors.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { type ConnectOptions, connect as connectAll } from '../../engine/distributed/connect.node.ts';
import { launchedBy } from '../../engine/distributed/mpi/launcher.ts';
import { gpuAddresses, gpuEnvironment } from './gpu-choice.node.ts';
import { type Message, messageLine } from './messages.ts';
import { ordersOf } from './orders.ts';
import { watchSupervisor } from './supervisor-watch.node.ts';

/** Exit status of a rank that finds itself among others than it should. */
const MISMATCH = 64;

class MismatchError extends UserError {
  override readonly exitCode = MISMATCH;
}

/** Whether a launcher has started other ranks beside this process, and which one it is. */
export function launchedRank(): { rank: number; size: number } | undefined {
  const launched = launchedBy(process.env);
  return launched && launched.size > 1 ? launched : undefined;
}

export interface JoinOptions {
  /** Milliseconds that a collective may take; the communicator's own limit without it. */
  readonly timeoutMs?: number | undefined;
  /** Makes the communicator. */
  readonly connect?: (options: ConnectOptions) => Promise<Communicator>;
}

/**
 * Joins the ranks that a launcher started beside this process; alone it is a group of one. Where a supervisor started them it is told of
 * this rank's start and end, and their number must be the one that it asked for. Where a host has several GPUs each rank is given its
 * own, so this comes before a device is opened.
 */
export async function joinRanks({
  timeoutMs,
  connect = connectAll,
}: JoinOptions = {}): Promise<Communicator> {
  const orders = ordersOf(process.env);
  if (orders) {
    tell({ kind: 'start', rank: ownRank(), host: os.hostname(), pid: process.pid });
    process.once('exit', (status) => tellEnd(status));
  }
  if (orders || launchedRank()) watchLauncher();
  let hasJoined = false;
  const communicator = await connect({
    ...(timeoutMs !== undefined && { timeoutMs }),
    // The process ends without the event `exit`.
    onFatal: (reason) => {
      explainEnd(reason instanceof Error ? reason.message : String(reason));
      tellEnd(hasJoined ? statusOf(reason) : MISMATCH);
    },
  });
  hasJoined = true;
  if (orders && communicator.size !== orders.ranks)
    throw new MismatchError(
      `${orders.ranks} ranks were started, but this one sees ${communicator.size}: the launcher is of another MPI than the library (${communicator.backend})`,
    );
  Object.assign(process.env, gpuEnvironment(gpuAddresses(), communicator, process.env));
  return communicator;
}

const ownRank = (): number => launchedBy(process.env)?.rank ?? 0;

/** As the communicator ends a process: an error that nobody caught, or, in words only, a collective that did not end in its time. */
function statusOf(reason: unknown): number {
  if (reason instanceof UserError) return reason.exitCode;
  return reason instanceof Error ? 70 : 75;
}

let why: string | undefined;
let hasEnded = false;

/** Remembers why this rank will end with an error, for the supervisor; the first reason counts. */
export function explainEnd(reason: string): void {
  why ??= reason;
}

function tellEnd(status: number): void {
  if (hasEnded || !ordersOf(process.env)) return;
  hasEnded = true;
  tell({ kind: 'end', rank: ownRank(), host: os.hostname(), status, reason: why });
}

/** Tells the supervisor in which folder the run is, so that it can be resumed. */
export function tellRun(folder: string): void {
  if (ordersOf(process.env)) tell({ kind: 'run', rank: ownRank(), folder });
}

/** Whether the supervisor is known to be gone. */
let isUnheard = false;

function tell(message: Message): void {
  if (isUnheard) return;
  try {
    // At once: the process may be about to end.
    fs.writeSync(2, messageLine(message));
  } catch {
    // Nobody listens any more.
  }
}

/**
 * Calls `stop` when the supervisor asks to, or is gone, which rank 0 hears on its standard input; and on SIGUSR2, by which Slurm can
 * warn before its time limit.
 * @param silence called before `stop` where the supervisor is gone: MPICH's launcher, whose output nobody reads then, dies of the next line
 * that it gets, and with it the ranks before they have saved
 * @returns ends it
 */
export function whenAskedToStop(stop: (why: string) => void, silence: () => void = () => {}): () => void {
  const onSignal = () => stop('signal SIGUSR2; ');
  process.on('SIGUSR2', onSignal);
  const orders = ownRank() === 0 ? ordersOf(process.env) : undefined;
  const { stdin } = process;
  let unwatch = () => {};
  const onGone = () => {
    isUnheard = true;
    silence();
    stop('the supervisor is gone; ');
  };
  const onData = () => stop('');
  const onEnd = () => {
    if (orders) unwatch = watchSupervisor(orders.supervisor, onGone);
  };
  if (orders) {
    stdin.on('data', onData).on('end', onEnd);
    // It must not keep the process alive.
    (stdin as Partial<{ unref: () => void }>).unref?.();
  }
  return () => {
    process.off('SIGUSR2', onSignal);
    unwatch();
    if (orders) stdin.off('data', onData).off('end', onEnd).pause();
  };
}

/** Ends this process when its launcher is gone: it would go on alone, or wait for others for ever. */
function watchLauncher(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    try {
      fs.writeSync(2, 'normface: the launcher is gone, and so this rank ends\n');
    } catch {
      // So is who read this.
    }
    // Whatever a handler would do could wait for the launcher.
    process.kill(process.pid, 'SIGKILL');
  }, 500).unref();
}
