import { UsageError } from '../../../common/errors.ts';
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

/** A training batch; a loader started at its `cursor` gives the batches that follow it. */
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
  /** Batches decoded ahead of the one in use (default 2). */
  readonly depth?: number;
  /** Where to begin (default: the start of epoch 0). */
  readonly cursor?: Cursor;
}

interface Pending extends Draw {
  readonly decoded: readonly Promise<Decoded>[];
}

/**
 * Endless training batches of exactly `batchSize` images. Shuffled: every epoch is a permutation of the data set that follows from
 * the seed, and a batch may reach over the end of an epoch. Balanced: see `balancedOrder`. An image that cannot be read is
 * reported once and left out. In its place its draw, the images of one person, repeats the others; where there are none, the next
 * draw of the order takes its place (after which a balanced batch may reach over the end of an epoch and hold a person twice). So
 * the batches depend on data set, seed and cursor only.
 */
export class BatchLoader implements AsyncIterable<TrainingBatch> {
  readonly #store: ImageStore;
  readonly #batchSize: number;
  readonly #ahead: number;
  readonly #drawSize: number;
  readonly #order: Order;
  readonly #batches: AsyncGenerator<TrainingBatch, never>;
  #pending: Pending[] = [];

  constructor(dataset: Dataset, options: BatchLoaderOptions) {
    const { batchSize, depth = 2, sampling = { kind: 'shuffled' } } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new UsageError(`the batch size must be a whole number of at least 1, got ${batchSize}`);
    }
    if (sampling.kind === 'balanced') checkBalanced(sampling, batchSize);
    this.#store = new ImageStore(dataset, options);
    this.#batchSize = batchSize;
    this.#drawSize = sampling.kind === 'balanced' ? sampling.images : 1;
    this.#ahead = (Math.max(1, depth) * batchSize) / this.#drawSize;
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
    for (;;) {
      const batch = allocateBatch(this.#store, this.#batchSize);
      let cursor: Cursor | undefined;
      for (let filled = 0; filled < this.#batchSize; ) {
        this.#prefetch();
        const { indices, decoded, next } = this.#pending.shift()!;
        const images = await Promise.all(decoded);
        const readable = indices.flatMap((index, i) => {
          const pixels = this.#store.accept(index, images[i]!);
          return pixels ? [{ index, pixels }] : [];
        });
        cursor = next;
        if (readable.length === 0) continue;
        for (let i = 0; i < this.#drawSize; i++) {
          const { index, pixels } = readable[i % readable.length]!;
          setImage(batch, filled++, this.#store, index, pixels);
        }
      }
      this.#prefetch();
      yield { ...batch, cursor: cursor! };
    }
  }

  /** Asks for the following samples, a batch at a time so that workers get whole messages. */
  #prefetch(): void {
    while (this.#pending.length < this.#ahead) {
      const draws = this.#batchSize / this.#drawSize;
      const upcoming = Array.from({ length: draws }, () => this.#order.next().value);
      const decoded = this.#store.fetch(upcoming.flatMap(({ indices }) => indices));
      this.#pending.push(
        ...upcoming.map((draw, i) => ({
          ...draw,
          decoded: decoded.slice(i * this.#drawSize, (i + 1) * this.#drawSize),
        })),
      );
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
