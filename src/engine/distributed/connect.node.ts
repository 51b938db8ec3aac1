import { UserError } from '../../common/errors.ts';
import type { Communicator } from './communicator.ts';
import { LocalCommunicator } from './local.ts';
import { launchedBy } from './mpi/launcher.ts';

/** How {@link connect} finds the other processes. */
export interface ConnectOptions {
  /** `auto` takes MPI where a launcher of it has started this process, else a rank alone. */
  readonly backend?: 'auto' | 'mpi' | 'local';
  /** File of the MPI library, or its folder; else the variable `MPI_LIB`, else what belongs to the launcher. */
  readonly library?: string;
  /** Milliseconds after which a collective that has not ended ends all ranks with status 75 (default 600,000). */
  readonly timeoutMs?: number;
  /** Is told why all ranks are about to be ended, and must not wait for anything. */
  readonly onFatal?: (reason: unknown) => void;
}

/**
 * Joins the processes that were started together. On MPI an error that nobody catches, a rejection, `process.exit` before `close` with
 * another status than 0, and a collective that does not end in its time end all ranks: see the exit statuses in README.md.
 *
 * @throws UserError where MPI is asked for and it or koffi is missing, with the command that installs it
 */
export async function connect(options: ConnectOptions = {}): Promise<Communicator> {
  const { backend = 'auto', library, timeoutMs, onFatal } = options;
  if (!['auto', 'mpi', 'local'].includes(backend)) {
    throw new UserError(`there is no backend ${backend}; there are auto, mpi and local`);
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new UserError(`the time limit of a collective must be positive, not ${timeoutMs} ms`);
  }
  const launched = launchedBy(process.env);
  if (backend === 'local' || (backend === 'auto' && !launched)) return new LocalCommunicator();
  const { connectMpi } = await import('./mpi/connect-mpi.node.ts');
  return connectMpi(launched, { library, ...(timeoutMs !== undefined && { timeoutMs }), onFatal });
}
