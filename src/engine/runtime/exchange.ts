import { type StoredData, type TensorData, toTensorData } from '../core/data-type.ts';
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
  /** With memory. */
  readonly placed: PlacedExchange;
}

/** The moments of exchanges, in order: every exchange begins before it ends, and those at the same dispatch come as they were asked for. */
export function momentsOf(placed: readonly PlacedExchange[]): Moment[] {
  return placed
    .flatMap((asked, number) => {
      const placed = { ...asked, exchange: planned(asked.exchange) };
      return [
        { at: asked.begin, kind: 'begin' as const, placed, number },
        { at: asked.end, kind: 'end' as const, placed, number },
      ];
    })
    .sort((a, b) => a.at - b.at || a.number - b.number)
    .map(({ at, kind, placed }) => ({ at, kind, placed }));
}

/** Whether two ranges of memory have bytes in common, placed or not. */
export function overlap(a: Storage, b: Storage): boolean {
  if (a.root !== b.root && (a.buffer === null || a.buffer !== b.buffer)) return false;
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

/** What the host did for one exchange of one run, in milliseconds of `performance.now()`. */
export interface ExchangeTimes {
  readonly name: string;
  /** Its place: see {@link PlacedExchange}. */
  readonly begin: number;
  readonly end: number;
  /** Bytes that were read and written. */
  readonly bytes: number;
  /**
   * The GPU was told to run up to it; what it reads had arrived; the exchanges before it had done their work, and so its own began; that was
   * done.
   */
  readonly begun: number;
  readonly read: number;
  readonly started: number;
  readonly done: number;
  /** The step came to where it is needed; the GPU had done all that lies before that, and had to wait; what was made is on its way there. */
  readonly needed: number;
  readonly idle: number;
  readonly written: number;
}

/** The exchanges of one run: each begins after the one before has done its work, in the same order in every process. */
export class RunningExchanges {
  private readonly upload: (storage: Storage, data: StoredData) => void;
  private readonly running = new Map<PlacedExchange, Running>();
  private latest: Promise<unknown> = Promise.resolve();

  constructor(upload: (storage: Storage, data: StoredData) => void) {
    this.upload = upload;
  }

  /** @param contents promise of what it reads */
  begin(placed: PlacedExchange, contents: Promise<TensorData[]>): void {
    const { exchange } = placed;
    const times = { begun: performance.now(), read: 0, started: 0, done: 0 };
    const before = this.latest;
    const result = (async () => {
      const read = await contents;
      times.read = performance.now();
      await before;
      times.started = performance.now();
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
    this.running.set(placed, { result, times });
  }

  /** Waits for an exchange and writes what it made. @returns all but when the GPU had to wait */
  async end(placed: PlacedExchange): Promise<Omit<ExchangeTimes, 'idle'>> {
    const { exchange, begin, end } = placed;
    const { result, times } = this.running.get(placed)!;
    const needed = performance.now();
    const made = await result;
    exchange.writes.forEach(({ storage, dtype }, i) => {
      // What nobody uses has no memory.
      if (storage.buffer) this.upload(storage, toTensorData(made[i]!, dtype, `exchange ${exchange.name}`));
    });
    const bytes = [...exchange.reads, ...exchange.writes].reduce((sum, tensor) => sum + tensor.bytes, 0);
    return { name: exchange.name, begin, end, bytes, ...times, needed, written: performance.now() };
  }
}

interface Running {
  readonly result: Promise<readonly TensorData[]>;
  readonly times: Pick<ExchangeTimes, 'begun' | 'read' | 'started' | 'done'>;
}
