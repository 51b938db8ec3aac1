/** Joins the processes that a launcher of MPI has started. */

import { isMainThread } from 'node:worker_threads';
import { UserError } from '../../../common/errors.ts';
import type { Handle } from './abi.ts';
import { Binding } from './binding.node.ts';
import { Guard, type GuardOptions, statuses } from './guard.node.ts';
import type { Launched } from './launcher.ts';
import { loadLibrary } from './library.node.ts';
import { MpiCommunicator } from './mpi.node.ts';

export interface MpiOptions extends Partial<GuardOptions> {
  /** File of the library, or the folder that it lies in; else the variable `MPI_LIB`, else what belongs to the launcher. */
  readonly library?: string | undefined;
  /** Elements that a function of MPI is given at once, for which it has a 32-bit number with a sign. */
  readonly elementsPerCall?: number;
}

/** Ten minutes: another rank may have to compile kernels or write a checkpoint before it comes to the collective. */
const usualTimeoutMs = 600_000;

/** A quarter of a GiB of bytes, or a GiB of float32: far below the limit of 2³¹ − 1, also for what libraries compute in 32 bits. */
const usualElementsPerCall = 2 ** 28;

/** MPI can be initialised once in a process. */
let hasConnected = false;

/**
 * Joins the ranks that a launcher has started. Ends the process with status 64 where the library does not see as many of them as the
 * launcher says: with a library of another kind each of them would be alone, and train alone.
 *
 * @throws UserError where koffi or MPI is missing, MPI was initialised before, or it supports no threads
 */
export async function connectMpi(
  launched: Launched | null,
  options: MpiOptions = {},
): Promise<MpiCommunicator> {
  if (!isMainThread) throw new UserError('MPI can be connected in the main thread only');
  const library = await loadLibrary(launched, options.library ?? process.env.MPI_LIB);
  const binding = new Binding(library);
  const isInitialised = new Int32Array(1);
  binding.call('MPI_Initialized', isInitialised);
  if (hasConnected || isInitialised[0]) throw new UserError('MPI can be connected once in a process');
  hasConnected = true;

  const { timeoutMs = usualTimeoutMs, onFatal } = options;
  const guard = new Guard(library.koffi, binding, { timeoutMs, onFatal });
  const { world, threads, errorsReturn } = binding.abi;
  const level = new Int32Array(1);
  guard.withAlarm(() => binding.call('MPI_Init_thread', null, null, threads.multiple, level));
  binding.call('MPI_Comm_set_errhandler', world, errorsReturn);
  const { rank, size } = numbersIn(binding, world);
  guard.identify(`rank ${launched?.rank ?? rank} of ${launched?.size ?? size}`);
  if (launched && launched.size !== size) {
    guard.fatal(
      statuses.mismatch,
      `${launched.launcher}'s launcher has started ${launched.size} processes, of which ${binding.version} (${binding.file}) sees ${size}: library and launcher do not belong together; name the right library with MPI_LIB`,
    );
  }
  if (level[0]! < threads.serialized) {
    guard.fatal(statuses.mismatch, `${binding.version} was built without support for threads`);
  }
  const local = await onThisHost(binding, rank);
  const place = { rank, size, localRank: local.rank, localSize: local.size };
  return new MpiCommunicator(place, binding, guard, options.elementsPerCall ?? usualElementsPerCall);
}

function numbersIn(binding: Binding, group: Handle): { rank: number; size: number } {
  const number = new Int32Array(1);
  binding.call('MPI_Comm_rank', group, number);
  const rank = number[0]!;
  binding.call('MPI_Comm_size', group, number);
  return { rank, size: number[0]! };
}

/** Rank and number of the processes that share memory. */
async function onThisHost(binding: Binding, rank: number): Promise<{ rank: number; size: number }> {
  const { handle, world, sharedMemory, infoNull } = binding.abi;
  const group = handle === 'int' ? new Int32Array(1) : new BigInt64Array(1);
  await binding.start('MPI_Comm_split_type', world, sharedMemory, rank, infoNull, group);
  const numbers = numbersIn(binding, group[0]!);
  binding.call('MPI_Comm_free', group);
  return numbers;
}
