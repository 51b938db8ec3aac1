/** What all communicators have in common: arguments are checked and traffic is counted where an operation is called. */

import { checkArgument } from '../core/errors.ts';
import {
  bytesOf,
  type Call,
  checkApart,
  checkArray,
  checkParts,
  checkReduction,
  type Operation,
} from './calls.ts';
import {
  type Collective,
  type Communicator,
  type HostArray,
  type Reduction,
  ringBytes,
  type Traffic,
} from './communicator.ts';

/** Where a process is among those that train together. */
export interface Place {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
}

export abstract class CheckedCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  abstract readonly backend: string;

  readonly #sent: Record<Collective, number> = {
    allReduce: 0,
    allGather: 0,
    reduceScatter: 0,
    broadcast: 0,
    allToAll: 0,
    barrier: 0,
  };
  #isClosed = false;

  constructor({ rank, size, localRank, localSize }: Place) {
    this.rank = rank;
    this.size = size;
    this.localRank = localRank;
    this.localSize = localSize;
  }

  get traffic(): Traffic {
    return this.#sent;
  }

  /** Carries out a call whose arguments fit, after those before it. */
  protected abstract perform(call: Call): Promise<void>;

  abstract abort(status: number, reason: string): never;

  /** Is told of a call that was refused: the other ranks will wait for it. */
  protected refused(_error: Error): void {}

  allReduce(values: HostArray, reduction: Reduction = 'sum'): Promise<void> {
    return this.#call('allReduce', () => {
      checkArray('allReduce', 'values', values);
      checkReduction('allReduce', reduction);
      return { operation: 'allReduce', values, reduction };
    });
  }

  allGather(part: HostArray, all: HostArray, counts?: Int32Array): Promise<void> {
    return this.#call('allGather', () => {
      const parts = { part, all, counts: counts ?? new Int32Array(this.size).fill(part.length) };
      checkParts('allGather', parts, this);
      return { operation: 'allGather', ...parts };
    });
  }

  reduceScatter(
    all: HostArray,
    part: HostArray,
    counts: Int32Array,
    reduction: Reduction = 'sum',
  ): Promise<void> {
    return this.#call('reduceScatter', () => {
      checkParts('reduceScatter', { part, all, counts }, this);
      checkReduction('reduceScatter', reduction);
      return { operation: 'reduceScatter', all, part, counts, reduction };
    });
  }

  broadcast(values: HostArray, root = 0): Promise<void> {
    return this.#call('broadcast', () => {
      checkArray('broadcast', 'values', values);
      checkArgument(
        Number.isInteger(root) && root >= 0 && root < this.size,
        'broadcast',
        () => `the root must be a rank from 0 to ${this.size - 1}, not ${root}`,
      );
      return { operation: 'broadcast', values, root };
    });
  }

  allToAll(send: Uint8Array, receive: Uint8Array): Promise<void> {
    return this.#call('allToAll', () => {
      checkArgument(
        send instanceof Uint8Array && receive instanceof Uint8Array,
        'allToAll',
        () => 'takes bytes (Uint8Array)',
      );
      checkArgument(
        send.length === receive.length && send.length % this.size === 0,
        'allToAll',
        () =>
          `${send.length} bytes to send and ${receive.length} to receive must be ${this.size} equal parts each`,
      );
      checkApart('allToAll', send, receive);
      return { operation: 'allToAll', send, receive };
    });
  }

  barrier(): Promise<void> {
    return this.#call('barrier', () => ({ operation: 'barrier' }));
  }

  async close(): Promise<void> {
    await this.#call('close', () => {
      this.#isClosed = true;
      return { operation: 'close' };
    });
  }

  async #call(operation: Operation, checked: () => Call): Promise<void> {
    let call: Call;
    try {
      checkArgument(!this.#isClosed, operation, () => 'the communicator is closed');
      call = checked();
    } catch (error) {
      this.refused(error as Error);
      throw error;
    }
    if (call.operation !== 'close') {
      this.#sent[call.operation] += ringBytes(call.operation, bytesOf(call), this.size);
    }
    await this.perform(call);
  }
}
