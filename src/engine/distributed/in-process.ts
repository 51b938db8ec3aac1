/**
 * Several ranks in one process: for tests, and for trying out a distributed run where there is no MPI. Sums are taken in the order of
 * the ranks, so that they are the same every time.
 */

import { ArgumentError } from '../core/errors.ts';
import { AbortedError } from './aborted.ts';
import { type Call, describeCall } from './calls.ts';
import { CheckedCommunicator } from './checked.ts';
import type { Communicator } from './communicator.ts';
import { carryOut } from './in-memory.ts';

/** A call of a rank that waits for those of the others. */
interface Arrival {
  readonly call: Call;
  readonly description: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What the ranks of a group have called and not got yet. */
class Group {
  /** By rank; calls at the same place belong together. */
  private readonly waiting: Arrival[][];
  private readonly ended = new Set<number>();
  private failure: Error | null = null;

  constructor(size: number) {
    this.waiting = Array.from({ length: size }, () => []);
  }

  join(rank: number, call: Call): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const own = this.waiting[rank]!;
      own.push({ call, description: describeCall(call), resolve, reject });
      this.compare(own.length - 1);
      if (!this.failure && this.waiting.every(({ length }) => length > 0)) this.finishFirst();
    });
  }

  /** A rank that will call nothing any more: nobody must wait for it. */
  leave(rank: number): void {
    this.ended.add(rank);
    const longest = Math.max(...this.waiting.map(({ length }) => length));
    for (let place = 0; place < longest; place++) this.compare(place);
  }

  /** Rejects what waits and what will be called. The first failure is the one that counts. */
  fail(error: Error): void {
    this.failure ??= error;
    for (const arrivals of this.waiting) {
      for (const { reject } of arrivals.splice(0)) reject(this.failure);
    }
  }

  /** Who calls something else than the others would wait for ever in MPI, or get what is not meant for it. */
  private compare(place: number): void {
    const calls = this.waiting.flatMap((arrivals, rank) => {
      const text = arrivals[place]?.description ?? (this.ended.has(rank) ? 'nothing, and has ended' : null);
      return text === null ? [] : [{ rank, text }];
    });
    if (calls.every(({ text }) => text === calls[0]!.text)) return;
    const texts = calls.map(({ rank, text }) => `rank ${rank} ${text}`).join('; ');
    this.fail(new ArgumentError(`the ranks called different operations: ${texts}`));
  }

  private finishFirst(): void {
    const arrivals = this.waiting.map((queue) => queue.shift()!);
    carryOut(arrivals.map(({ call }) => call));
    for (const { resolve } of arrivals) resolve();
  }
}

class InProcessCommunicator extends CheckedCommunicator {
  readonly backend = 'in-process';
  private readonly group: Group;

  constructor(group: Group, rank: number, size: number) {
    super({ rank, size, localRank: rank, localSize: size });
    this.group = group;
  }

  protected perform(call: Call): Promise<void> {
    return this.group.join(this.rank, call);
  }

  protected override refused(error: Error): void {
    this.group.fail(new ArgumentError(`rank ${this.rank}: ${error.message}`));
  }

  abort(status: number, reason: string): never {
    const error = new AbortedError(status, `rank ${this.rank}: ${reason}`);
    this.group.fail(error);
    throw error;
  }
}

/**
 * The communicators of a group, by rank. An operation that not all of them call alike, or with arrays that do not fit, is refused on all
 * ranks with a sentence that says who called what; after it, as after an abort, the group is of no more use.
 */
export function inProcessGroup(size: number): Communicator[] {
  return membersOf(newGroup(size), size);
}

function newGroup(size: number): Group {
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError(`a group has at least one rank, not ${size}`);
  }
  return new Group(size);
}

function membersOf(group: Group, size: number): Communicator[] {
  return Array.from({ length: size }, (_, rank) => new InProcessCommunicator(group, rank, size));
}

/**
 * Runs `body` once a rank, side by side, and gives what they return, by rank. Where one fails, or ends while others wait for it, all of
 * them end, and the first error is thrown.
 */
export async function runInProcess<T>(
  size: number,
  body: (communicator: Communicator) => Promise<T>,
): Promise<T[]> {
  const group = newGroup(size);
  const errors: unknown[] = [];
  const results = await Promise.allSettled(
    membersOf(group, size).map(async (communicator) => {
      try {
        const result = await body(communicator);
        group.leave(communicator.rank);
        return result;
      } catch (error) {
        errors.push(error);
        const reason = error instanceof Error ? error.message : String(error);
        group.fail(new AbortedError(1, `rank ${communicator.rank}: ${reason}`));
        throw error;
      }
    }),
  );
  if (errors.length > 0) throw errors[0];
  return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}
