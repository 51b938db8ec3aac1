/** The side of the ranks: joining the others, and listening to the supervisor, if one started them. */

import fs from 'node:fs';
import os from 'node:os';
import { UserError } from '../../common/errors.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { type Message, messageLine } from './messages.ts';
import { ordersOf, worldOf } from './world.ts';

/** Exit status of a rank that finds itself among others than it should. */
const MISMATCH = 64;

class MismatchError extends UserError {
  override readonly exitCode = MISMATCH;
}

/**
 * Joins the ranks that a launcher started beside this process; alone it is a group of one. The number must be the one that was
 * asked for: with a launcher of another MPI than the library every process would train alone.
 */
export async function joinRanks(connect: () => Promise<Communicator>): Promise<Communicator> {
  const orders = ordersOf(process.env);
  const { rank, size } = worldOf(process.env) ?? { rank: 0, size: 1 };
  if (orders || size > 1) watchLauncher();
  if (orders) {
    tell({ kind: 'start', rank, host: os.hostname(), pid: process.pid });
    process.once('exit', (status) => tell({ kind: 'end', rank, host: os.hostname(), status, reason: why }));
  }
  const communicator = await connect();
  if (orders && communicator.size !== orders.ranks)
    throw new MismatchError(
      `${orders.ranks} ranks were started, but this one sees ${communicator.size}: the launcher is of another MPI than the library (${communicator.backend})`,
    );
  return communicator;
}

let why: string | undefined;

/** Remembers why this rank will end with an error, for the supervisor. */
export function explainEnd(reason: string): void {
  why ??= reason;
}

/** Tells the supervisor in which folder the run is, so that it can be resumed. */
export function tellRun(rank: number, folder: string): void {
  if (ordersOf(process.env)) tell({ kind: 'run', rank, folder });
}

function tell(message: Message): void {
  try {
    // At once: the process may be about to end.
    fs.writeSync(2, messageLine(message));
  } catch {
    // Nobody listens any more.
  }
}

/**
 * Calls `stop` when the supervisor asks to, or is gone, which rank 0 hears on its standard input; and on SIGUSR2, by which Slurm can
 * warn before its time limit. @returns ends it
 */
export function whenAskedToStop(stop: (why: string) => void): () => void {
  const onSignal = () => stop('signal SIGUSR2; ');
  process.on('SIGUSR2', onSignal);
  const listens = ordersOf(process.env) !== undefined && (worldOf(process.env)?.rank ?? 0) === 0;
  const { stdin } = process;
  const onData = () => stop('');
  const onEnd = () => stop('the supervisor is gone; ');
  if (listens) {
    stdin.on('data', onData).on('end', onEnd);
    // It must not keep the process alive.
    (stdin as Partial<{ unref: () => void }>).unref?.();
  }
  return () => {
    process.off('SIGUSR2', onSignal);
    if (listens) stdin.off('data', onData).off('end', onEnd).pause();
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
