/** Communicator on MPI: each operation is a blocking function of MPI on another thread, so that Node and the GPU go on meanwhile. */

import { AbortedError } from '../aborted.ts';
import { type Call, type CallOf, typeName } from '../calls.ts';
import { CheckedCommunicator, type Place } from '../checked.ts';
import type { HostArray } from '../communicator.ts';
import { startsOf } from '../in-memory.ts';
import type { ElementType, Flavour, Handle } from './abi.ts';
import { type Binding, MpiError } from './binding.node.ts';
import { type Guard, statuses } from './guard.node.ts';

export class MpiCommunicator extends CheckedCommunicator {
  readonly backend: string;
  /** File and kind of the library. */
  readonly library: { readonly file: string; readonly flavour: Flavour };
  private readonly binding: Binding;
  private readonly guard: Guard;
  private readonly elementsPerCall: number;
  /** The end of the operations so far: there is one queue in the process, since all ranks must call in the same order. */
  private last: Promise<void> = Promise.resolve();

  /** @param elementsPerCall that a function of MPI is given at once */
  constructor(place: Place, binding: Binding, guard: Guard, elementsPerCall: number) {
    super(place);
    this.binding = binding;
    this.guard = guard;
    this.elementsPerCall = elementsPerCall;
    this.backend = binding.version;
    this.library = { file: binding.file, flavour: binding.abi.flavour };
  }

  abort(status: number, reason: string): never {
    this.guard.fatal(status, new AbortedError(status, reason));
  }

  protected perform(call: Call): Promise<void> {
    this.last = this.last.then(() => this.run(call)).catch((error) => this.fail(error));
    return this.last;
  }

  /** After an error of MPI nothing is known of the other ranks. */
  private fail(error: unknown): never {
    this.guard.fatal(
      statuses.uncaught,
      error instanceof MpiError ? new AbortedError(statuses.uncaught, error.message) : error,
    );
  }

  private async run(call: Call): Promise<void> {
    switch (call.operation) {
      case 'allReduce':
        return this.runAllReduce(call);
      case 'allGather':
        return this.runAllGather(call);
      case 'reduceScatter':
        return this.runReduceScatter(call);
      case 'broadcast':
        return this.broadcastFrom(call.root, call.values);
      case 'allToAll':
        return this.runAllToAll(call);
      case 'barrier':
        return this.binding.start('MPI_Barrier', this.world);
      case 'close':
        await this.binding.start('MPI_Barrier', this.world);
        this.guard.withAlarm(() => this.binding.call('MPI_Finalize'));
        this.guard.release();
    }
  }

  private async runAllReduce({ values, reduction }: CallOf<'allReduce'>): Promise<void> {
    const { inPlace, reductions } = this.binding.abi;
    for (const piece of this.pieces(values)) {
      const type = this.typeOf(piece);
      await this.binding.start(
        'MPI_Allreduce',
        inPlace,
        piece,
        piece.length,
        type,
        reductions[reduction],
        this.world,
      );
    }
  }

  private async broadcastFrom(root: number, values: HostArray): Promise<void> {
    for (const piece of this.pieces(values)) {
      await this.binding.start('MPI_Bcast', piece, piece.length, this.typeOf(piece), root, this.world);
    }
  }

  private async runAllGather({ part, all, counts }: CallOf<'allGather'>): Promise<void> {
    if (all.length === 0) return;
    const starts = startsOf(counts);
    if (all.length > this.elementsPerCall) {
      // Places in the array of all do not fit the numbers of a gather.
      all.set(part, starts[this.rank]!);
      for (const [rank, start] of starts.entries()) {
        await this.broadcastFrom(rank, all.subarray(start, start + counts[rank]!));
      }
      return;
    }
    const type = this.typeOf(part);
    if (counts.every((count) => count === part.length)) {
      await this.binding.start('MPI_Allgather', part, part.length, type, all, part.length, type, this.world);
      return;
    }
    const places = Int32Array.from(starts);
    await this.binding.start(
      'MPI_Allgatherv',
      part,
      part.length,
      type,
      all,
      counts,
      places,
      type,
      this.world,
    );
  }

  private async runReduceScatter({ all, part, counts, reduction }: CallOf<'reduceScatter'>): Promise<void> {
    if (all.length === 0) return;
    const type = this.typeOf(all);
    const operation = this.binding.abi.reductions[reduction];
    if (all.length <= this.elementsPerCall) {
      await this.binding.start('MPI_Reduce_scatter', all, part, counts, type, operation, this.world);
      return;
    }
    for (const [rank, start] of startsOf(counts).entries()) {
      let done = 0;
      for (const piece of this.pieces(all.subarray(start, start + counts[rank]!))) {
        const result = rank === this.rank ? part.subarray(done, done + piece.length) : null;
        await this.binding.start(
          'MPI_Reduce',
          piece,
          result,
          piece.length,
          type,
          operation,
          rank,
          this.world,
        );
        done += piece.length;
      }
    }
  }

  /** Parts that are too long for one call are sent a piece of each at a time. */
  private async runAllToAll({ send, receive }: CallOf<'allToAll'>): Promise<void> {
    const type = this.typeOf(send);
    const exchange = (from: Uint8Array, to: Uint8Array) => {
      const each = from.length / this.size;
      return this.binding.start('MPI_Alltoall', from, each, type, to, each, type, this.world);
    };
    if (send.length === 0) return;
    if (send.length <= this.elementsPerCall) return exchange(send, receive);
    const bytes = send.length / this.size;
    const most = Math.max(1, Math.floor(this.elementsPerCall / this.size));
    for (let first = 0; first < bytes; first += most) {
      const length = Math.min(most, bytes - first);
      const from = new Uint8Array(length * this.size);
      const to = new Uint8Array(length * this.size);
      for (let rank = 0; rank < this.size; rank++) {
        const start = rank * bytes + first;
        from.set(send.subarray(start, start + length), rank * length);
      }
      await exchange(from, to);
      for (let rank = 0; rank < this.size; rank++) {
        receive.set(to.subarray(rank * length, (rank + 1) * length), rank * bytes + first);
      }
    }
  }

  /** Views of an array that a call can take. */
  private *pieces(values: HostArray): Generator<HostArray> {
    for (let first = 0; first < values.length; first += this.elementsPerCall) {
      yield values.subarray(first, first + this.elementsPerCall);
    }
  }

  private get world(): Handle {
    return this.binding.abi.world;
  }

  private typeOf(values: HostArray): Handle {
    return this.binding.abi.types[typeName(values) as ElementType];
  }
}
