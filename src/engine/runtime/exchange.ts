import type { TensorData } from '../core/data-type.ts';
import { DeviceError } from '../core/errors.ts';
import type { KernelArgument } from './kernel.ts';
import { Storage } from './memory.ts';

/**
 * What the host does in the middle of a captured step, such as talking to other processes: it gets what some tensors hold, and what it
 * makes of it is written to others. It begins as soon as the tensors are complete, while later dispatches run, and is waited for where it
 * was asked for.
 */
export interface Exchange {
  /** For messages and traces. */
  readonly name: string;
  readonly reads: readonly KernelArgument[];
  /** May be those that are read. */
  readonly writes: readonly KernelArgument[];
  /**
   * @param contents of the tensors that are read; the arrays may be changed and given back
   * @returns contents of the tensors that are written, in their order
   */
  readonly work: (contents: TensorData[]) => Promise<readonly TensorData[]>;
}

/** An exchange with its place among the dispatches of a step. */
export interface PlacedExchange {
  readonly exchange: Exchange;
  /** Number of the dispatch before which it begins: those before it make what is read. */
  readonly begin: number;
  /** Number of the first dispatch that may use what it writes. */
  readonly end: number;
}

/** The exchange once memory is planned: intermediates are nobody else's to read or write. */
function planned(exchange: Exchange): Exchange {
  const inMemory = (tensor: KernelArgument): KernelArgument => {
    const { shape, dtype, size, bytes, device, storage } = tensor;
    const { buffer, offset } = storage;
    return {
      shape,
      dtype,
      size,
      bytes,
      device,
      isDisposed: false,
      storage: new Storage(bytes, buffer, offset),
    };
  };
  return { ...exchange, reads: exchange.reads.map(inMemory), writes: exchange.writes.map(inMemory) };
}

/** A moment of a step at which the host does something. */
export interface Moment {
  readonly at: number;
  readonly kind: 'begin' | 'end';
  readonly exchange: Exchange;
}

/** The moments of exchanges, in order: every exchange begins before it ends, and those at the same dispatch come as they were asked for. */
export function momentsOf(placed: readonly PlacedExchange[]): Moment[] {
  return placed
    .flatMap(({ exchange: asked, begin, end }, number) => {
      const exchange = planned(asked);
      return [
        { at: begin, kind: 'begin' as const, exchange, number },
        { at: end, kind: 'end' as const, exchange, number },
      ];
    })
    .sort((a, b) => a.at - b.at || a.number - b.number)
    .map(({ at, kind, exchange }) => ({ at, kind, exchange }));
}

/** Whether two ranges of memory have bytes in common, placed or not. */
export function overlap(a: Storage, b: Storage): boolean {
  if (a.root !== b.root && (a.buffer === null || a.buffer !== b.buffer)) return false;
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

/** What the host did for one exchange of one run, in milliseconds of `performance.now()`. */
export interface ExchangeTimes {
  readonly name: string;
  /** The GPU was told to run up to it; what it reads had arrived; its work was done; the step came to where it is needed. */
  readonly begun: number;
  readonly read: number;
  readonly done: number;
  readonly needed: number;
  readonly written: number;
}

/** The exchanges of one run: each begins after the one before has done its work, in the same order in every process. */
export class RunningExchanges {
  private readonly upload: (storage: Storage, data: TensorData) => void;
  private readonly running = new Map<Exchange, { result: Promise<readonly TensorData[]>; times: Times }>();
  private latest: Promise<unknown> = Promise.resolve();

  constructor(upload: (storage: Storage, data: TensorData) => void) {
    this.upload = upload;
  }

  /** @param contents promise of what it reads */
  begin(exchange: Exchange, contents: Promise<TensorData[]>): void {
    const times: Times = { begun: performance.now(), read: 0, done: 0 };
    const before = this.latest;
    const result = (async () => {
      const read = await contents;
      times.read = performance.now();
      await before;
      const made = await exchange.work(read);
      times.done = performance.now();
      if (made.length !== exchange.writes.length)
        throw new DeviceError(
          `exchange ${exchange.name}: made ${made.length} arrays for ${exchange.writes.length} tensors`,
        );
      return made;
    })();
    // Failures are those of whoever waits for the end.
    result.catch(() => {});
    contents.catch(() => {});
    this.latest = result;
    this.running.set(exchange, { result, times });
  }

  /** Waits for an exchange and writes what it made. */
  async end(exchange: Exchange): Promise<ExchangeTimes> {
    const { result, times } = this.running.get(exchange)!;
    const needed = performance.now();
    const made = await result;
    exchange.writes.forEach(({ storage }, i) => {
      // What nobody uses has no memory.
      if (storage.buffer) this.upload(storage, made[i]!);
    });
    return { name: exchange.name, ...times, needed, written: performance.now() };
  }
}

interface Times {
  begun: number;
  read: number;
  done: number;
}
