import { UsageError, UserError } from '../../../common/errors.ts';
import type { RowRange } from '../../../engine/distributed/range.ts';
import type { Dataset } from '../dataset.ts';
import { ImageStore, type ImageStoreOptions } from '../images/image-store.node.ts';
import type { Decoded } from '../images/worker-pool.node.ts';
import { balancedOrder } from './balanced-order.ts';
import { type Cursor, type Draw, type Order, shuffledOrder } from './order.ts';

/** Images of a data set: `pixels` is RGBA, [N, height, width, 4], alpha 255; `labels` are classes, `indices` sample indices. */
export interface ImageBatch {
  readonly pixels: Uint8Array;
  readonly labels: Uint32Array;
  readonly indices: Uint32Array;
}

/** A training batch, or its rows; a loader started at its `cursor` gives the batches that follow it. */
export interface TrainingBatch extends ImageBatch {
  readonly cursor: Cursor;
}

/** Every image once an epoch, or batches of so many people with so many images each. */
export type Sampling =
  | { readonly kind: 'shuffled' }
  | { readonly kind: 'balanced'; readonly people: number; readonly images: number };

/** Size, order and preparation of the batches of a training. */
export interface BatchLoaderOptions extends ImageStoreOptions {
  readonly batchSize: number;
  /** How batches are made (default shuffled); with balanced ones people × images must be the batch size. */
  readonly sampling?: Sampling;
  /** Decides the order of the samples in every epoch. */
  readonly seed: number;
  /** Only these rows of every batch are read, decoded and given (default: all). */
  readonly rows?: RowRange;
  /** Batches decoded ahead of the one in use (default 2). */
  readonly depth?: number;
  /** Where to begin (default: the start of epoch 0). */
  readonly cursor?: Cursor;
}

/** Samples on their way. */
interface Fetched {
  readonly indices: readonly number[];
  readonly decoded: readonly Promise<Decoded>[];
}

/** A batch on its way: its draws that have wanted rows. */
interface Pending {
  readonly draws: readonly (Fetched & { readonly draw: Draw; readonly firstRow: number })[];
  readonly cursor: Cursor;
}

/** An image that can be read. */
interface Readable {
  readonly index: number;
  readonly pixels: Uint8Array;
}

/**
 * Endless training batches of exactly `batchSize` images. Shuffled: every epoch is a permutation of the data set that follows from
 * the seed, and a batch may reach over the end of an epoch. Balanced: see `balancedOrder`. An image that cannot be read is
 * reported once and left out. In its place its draw, the images of one person, repeats the others; where there are none, another
 * draw of the epoch takes its place, which then comes twice: see {@link Draw.substitutes}. So a draw depends on data set, seed and
 * cursor only, not on which images of other draws can be read, and where some rows are wanted only their draws are read.
 */
export class BatchLoader implements AsyncIterable<TrainingBatch> {
  readonly #store: ImageStore;
  readonly #batchSize: number;
  readonly #rows: RowRange;
  readonly #depth: number;
  readonly #drawSize: number;
  readonly #order: Order;
  readonly #batches: AsyncGenerator<TrainingBatch, never>;
  #pending: Pending[] = [];

  constructor(dataset: Dataset, options: BatchLoaderOptions) {
    const { batchSize, depth = 2, sampling = { kind: 'shuffled' } } = options;
    const { rows = { first: 0, count: batchSize } } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new UsageError(`the batch size must be a whole number of at least 1, got ${batchSize}`);
    }
    if (sampling.kind === 'balanced') checkBalanced(sampling, batchSize);
    if (rows.first < 0 || rows.first + rows.count > batchSize)
      throw new UsageError(`a batch of ${batchSize} has no rows ${rows.first} to ${rows.first + rows.count}`);
    this.#store = new ImageStore(dataset, options);
    this.#batchSize = batchSize;
    this.#rows = rows;
    this.#depth = Math.max(1, depth);
    this.#drawSize = sampling.kind === 'balanced' ? sampling.images : 1;
    this.#order = orderOf(dataset, sampling, options);
    this.#batches = this.#generate();
  }

  /** The next batch. @throws UserError as ImageStore.accept. */
  async next(): Promise<TrainingBatch> {
    const { value } = await this.#batches.next();
    if (!value) throw new Error('the batch loader has ended');
    return value;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingBatch, never> {
    for (;;) yield await this.next();
  }

  /** Ends the decoding threads; `next` must not be called afterwards. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async *#generate(): AsyncGenerator<TrainingBatch, never> {
    const { first, count } = this.#rows;
    for (;;) {
      this.#prefetch();
      const { draws, cursor } = this.#pending.shift()!;
      this.#prefetch();
      const batch = allocateBatch(this.#store, count);
      for (const { firstRow, ...fetched } of draws) {
        const own = await this.#readable(fetched);
        const readable = own.length > 0 ? own : await this.#substitute(fetched.draw);
        for (let i = 0; i < this.#drawSize; i++) {
          const at = firstRow + i - first;
          const { index, pixels } = readable[i % readable.length]!;
          if (at >= 0 && at < count) setImage(batch, at, this.#store, index, pixels);
        }
      }
      yield { ...batch, cursor };
    }
  }

  /** Asks for the following samples, a batch at a time so that workers get whole messages. */
  #prefetch(): void {
    const { first, count } = this.#rows;
    while (this.#pending.length < this.#depth) {
      const all = Array.from({ length: this.#perBatch }, (_, i) => ({
        draw: this.#order.next().value,
        firstRow: i * this.#drawSize,
      }));
      const wanted = all.filter(
        ({ firstRow }) => firstRow < first + count && firstRow + this.#drawSize > first,
      );
      const fetched = this.#fetch(wanted.map(({ draw }) => draw.indices));
      this.#pending.push({
        draws: wanted.map((one, i) => ({ ...one, ...fetched[i]! })),
        cursor: all.at(-1)!.draw.next,
      });
    }
  }

  get #perBatch(): number {
    return this.#batchSize / this.#drawSize;
  }

  /** Asks for the images of some draws. */
  #fetch(draws: readonly (readonly number[])[]): Fetched[] {
    const decoded = this.#store.fetch(draws.flat());
    return draws.map((indices, i) => ({
      indices,
      decoded: decoded.slice(i * this.#drawSize, (i + 1) * this.#drawSize),
    }));
  }

  /** Those images of a draw that can be read. */
  async #readable({ indices, decoded }: Fetched): Promise<Readable[]> {
    const images = await Promise.all(decoded);
    return indices.flatMap((index, i) => {
      const pixels = this.#store.accept(index, images[i]!);
      return pixels ? [{ index, pixels }] : [];
    });
  }

  /** The images of the first draw that can take another one's place. */
  async #substitute(draw: Draw): Promise<Readable[]> {
    const others = draw.substitutes(this.#perBatch);
    // Ever more at once: usually the first one will do, and where all are of no use that is found out by all threads.
    for (let count = 1; ; count = Math.min(2 * count, this.#perBatch)) {
      const group = Array.from({ length: count }, () => others.next().value ?? []).filter(
        ({ length }) => length > 0,
      );
      if (group.length === 0)
        throw new UserError(`${this.#store.dataset.name}: none of the images of an epoch can be read`);
      for (const fetched of this.#fetch(group)) {
        const readable = await this.#readable(fetched);
        if (readable.length > 0) return readable;
      }
    }
  }
}

function orderOf(dataset: Dataset, sampling: Sampling, { seed, cursor }: BatchLoaderOptions): Order {
  const start = cursor ?? { epoch: 0, position: 0 };
  return sampling.kind === 'balanced'
    ? balancedOrder(dataset, sampling, seed, start)
    : shuffledOrder(dataset.samples.length, seed, start);
}

function checkBalanced({ people, images }: { people: number; images: number }, batchSize: number): void {
  const areCounts = [people, images].every((count) => Number.isInteger(count) && count >= 1);
  if (!areCounts || people * images !== batchSize) {
    throw new UsageError(
      `balanced sampling of ${people} people with ${images} images each does not make a batch of ${batchSize} images`,
    );
  }
}

/**
 * The samples `indices` of a store's data set in that order, for embedding and evaluation. The last batch is smaller when they do
 * not divide evenly; images that cannot be read are reported and missing from the batches. @throws UserError as ImageStore.accept.
 */
export async function* loadImages(
  store: ImageStore,
  indices: ArrayLike<number>,
  batchSize = 64,
): AsyncGenerator<ImageBatch, void> {
  const pending: { index: number; decoded: Promise<Decoded> }[] = [];
  let asked = 0;
  const prefetch = () => {
    while (asked < indices.length && pending.length < 2 * batchSize) {
      const count = Math.min(batchSize, indices.length - asked);
      const upcoming = Array.from({ length: count }, () => indices[asked++]!);
      const decoded = store.fetch(upcoming);
      pending.push(...upcoming.map((index, i) => ({ index, decoded: decoded[i]! })));
    }
  };
  for (prefetch(); pending.length > 0; ) {
    const batch = allocateBatch(store, batchSize);
    let filled = 0;
    for (; filled < batchSize && pending.length > 0; prefetch()) {
      const { index, decoded } = pending.shift()!;
      const pixels = store.accept(index, await decoded);
      if (pixels) setImage(batch, filled++, store, index, pixels);
    }
    if (filled > 0) yield firstImages(batch, filled, store);
  }
}

function allocateBatch(store: ImageStore, count: number): ImageBatch {
  return {
    pixels: new Uint8Array(count * store.bytesPerImage),
    labels: new Uint32Array(count),
    indices: new Uint32Array(count),
  };
}

function setImage(batch: ImageBatch, at: number, store: ImageStore, index: number, pixels: Uint8Array): void {
  batch.pixels.set(pixels, at * store.bytesPerImage);
  batch.labels[at] = store.dataset.samples[index]!.identity;
  batch.indices[at] = index;
}

function firstImages(batch: ImageBatch, count: number, store: ImageStore): ImageBatch {
  return {
    pixels: batch.pixels.subarray(0, count * store.bytesPerImage),
    labels: batch.labels.subarray(0, count),
    indices: batch.indices.subarray(0, count),
  };
}
