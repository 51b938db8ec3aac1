import { UsageError } from '../errors.ts';
import type { Dataset } from './dataset.ts';
import { ImageStore, type ImageStoreOptions } from './image-store.node.ts';
import { type Cursor, sampleOrder } from './order.ts';
import type { Decoded } from './worker-pool.node.ts';

/** Images of a data set: `pixels` is RGBA, [N, height, width, 4], alpha 255; `labels` are classes, `indices` sample indices. */
export interface ImageBatch {
  readonly pixels: Uint8Array;
  readonly labels: Uint32Array;
  readonly indices: Uint32Array;
}

/** A training batch; a loader started at its `cursor` gives the batches that follow it. */
export interface TrainingBatch extends ImageBatch {
  readonly cursor: Cursor;
}

export interface BatchLoaderOptions extends ImageStoreOptions {
  readonly batchSize: number;
  /** Decides the order of the samples in every epoch. */
  readonly seed: number;
  /** Batches decoded ahead of the one in use (default 2). */
  readonly depth?: number;
  /** Where to begin (default: the start of epoch 0). */
  readonly cursor?: Cursor;
}

interface Pending {
  readonly index: number;
  readonly next: Cursor;
  readonly decoded: Promise<Decoded>;
}

/**
 * Endless training batches of exactly `batchSize` images: every epoch is a permutation of the data set that follows from the
 * seed, and a batch may reach over the end of an epoch. An image that cannot be read is reported once and left out; the next
 * one of the order takes its place, so the batches depend on data set, seed and cursor only.
 */
export class BatchLoader implements AsyncIterable<TrainingBatch> {
  readonly #store: ImageStore;
  readonly #batchSize: number;
  readonly #ahead: number;
  readonly #order: ReturnType<typeof sampleOrder>;
  readonly #batches: AsyncGenerator<TrainingBatch, never>;
  #pending: Pending[] = [];

  constructor(dataset: Dataset, options: BatchLoaderOptions) {
    const { batchSize, depth = 2, seed, cursor } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new UsageError(`the batch size must be a whole number of at least 1, got ${batchSize}`);
    }
    this.#store = new ImageStore(dataset, options);
    this.#batchSize = batchSize;
    this.#ahead = Math.max(1, depth) * batchSize;
    this.#order = sampleOrder(dataset.samples.length, seed, cursor);
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
    for (;;) {
      const batch = allocateBatch(this.#store, this.#batchSize);
      let cursor: Cursor | undefined;
      for (let filled = 0; filled < this.#batchSize; ) {
        this.#prefetch();
        const { index, decoded, next } = this.#pending.shift()!;
        const pixels = this.#store.accept(index, await decoded);
        cursor = next;
        if (pixels) setImage(batch, filled++, this.#store, index, pixels);
      }
      this.#prefetch();
      yield { ...batch, cursor: cursor! };
    }
  }

  /** Asks for the following samples, a batch at a time so that workers get whole messages. */
  #prefetch(): void {
    while (this.#pending.length < this.#ahead) {
      const upcoming = Array.from({ length: this.#batchSize }, () => this.#order.next().value);
      const decoded = this.#store.fetch(upcoming.map(({ index }) => index));
      this.#pending.push(...upcoming.map(({ index, next }, i) => ({ index, next, decoded: decoded[i] })));
    }
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
      const upcoming = Array.from({ length: count }, () => indices[asked++]);
      const decoded = store.fetch(upcoming);
      pending.push(...upcoming.map((index, i) => ({ index, decoded: decoded[i] })));
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
  batch.labels[at] = store.dataset.samples[index].identity;
  batch.indices[at] = index;
}

function firstImages(batch: ImageBatch, count: number, store: ImageStore): ImageBatch {
  return {
    pixels: batch.pixels.subarray(0, count * store.bytesPerImage),
    labels: batch.labels.subarray(0, count),
    indices: batch.indices.subarray(0, count),
  };
}
