import { UsageError, UserError } from '../../../common/errors.ts';
import { type Dataset, imageName } from '../dataset.ts';
import type { ImageSize } from './image.ts';
import { type Decoded, DecodePool } from './worker-pool.node.ts';

/** How the images of a data set are decoded and kept. */
export interface ImageStoreOptions extends ImageSize {
  /** Scale images of another size (default) or stop at the first one. */
  readonly resize?: boolean;
  /** Bytes of decoded pixels kept in memory (default 1 GiB). */
  readonly cacheBytes?: number;
  /** Stop at the first image that cannot be read instead of reporting and skipping it. */
  readonly strict?: boolean;
  /** Called once for every image that cannot be read. */
  readonly onCorrupt?: (name: string, reason: string) => void;
  /** Called once for every image that is damaged and used as far as it can be read. Without it nobody looks for such damage. */
  readonly onDamaged?: (name: string, reason: string) => void;
  /** Threads shared with others; by default the store starts and ends its own. */
  readonly pool?: DecodePool;
}

/** Images per message to a worker: enough to hide the cost of the message, few enough to share a batch among workers. */
const imagesPerJob = 8;

/**
 * The decoded images of a data set. They are kept until `cacheBytes` are full and none is ever dropped: with a new random order
 * every epoch, dropping the oldest would only lower the share of hits.
 */
export class ImageStore {
  readonly dataset: Dataset;
  readonly bytesPerImage: number;
  readonly #options: ImageStoreOptions;
  readonly #pool: DecodePool;
  readonly #cache = new Map<number, Promise<Decoded>>();
  readonly #corrupt = new Map<number, string>();
  /** Samples that were looked into for damage: the first time that they are decoded. */
  readonly #inspected: Uint8Array;
  readonly #damaged = new Set<number>();

  constructor(dataset: Dataset, options: ImageStoreOptions) {
    const { width, height } = options;
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
      throw new UsageError(`the image size must be whole numbers of at least 1, got ${width} × ${height}`);
    }
    if (dataset.samples.length === 0) throw new UserError(`${dataset.name} holds no images`);
    this.dataset = dataset;
    this.bytesPerImage = width * height * 4;
    this.#options = options;
    this.#inspected = new Uint8Array(options.onDamaged ? dataset.samples.length : 0);
    this.#pool = options.pool ?? new DecodePool();
  }

  /** Starts decoding the samples that are not in memory; the results come in the order of `indices`. */
  fetch(indices: readonly number[]): Promise<Decoded>[] {
    const { cacheBytes = 2 ** 30, resize = true } = this.#options;
    const fetched = new Map<number, Promise<Decoded>>();
    const missing = [...new Set(indices)].filter((index) => !this.#cache.has(index));
    for (let start = 0; start < missing.length; start += imagesPerJob) {
      const chunk = missing.slice(start, start + imagesPerJob);
      const sources = chunk.map((index) => this.dataset.samples[index]!.source);
      const inspect = chunk.map((index) => this.#options.onDamaged !== undefined && this.#isNew(index));
      const job = this.#pool.decode(sources, this.#options, resize, inspect);
      chunk.forEach((index, i) => {
        const decoded = job.then((images) => images[i]!);
        // The caller who awaits it sees the failure; a batch that is never asked for must not end the process.
        decoded.catch(() => {});
        fetched.set(index, decoded);
        if ((this.#cache.size + 1) * this.bytesPerImage <= cacheBytes) this.#cache.set(index, decoded);
      });
    }
    return indices.map((index) => fetched.get(index) ?? this.#cache.get(index)!);
  }

  /** Whether a sample has not been looked into before. */
  #isNew(index: number): boolean {
    const isNew = this.#inspected[index] === 0;
    this.#inspected[index] = 1;
    return isNew;
  }

  /**
   * The pixels of a fetched sample, or undefined when it cannot be read, which is reported once.
   * @throws UserError for an image of another size, in strict mode for any other problem, and when no image can be read.
   */
  accept(index: number, decoded: Decoded): Uint8Array | undefined {
    if (decoded instanceof Uint8Array) return decoded;
    const name = imageName(this.dataset.samples[index]!);
    if (decoded.kind === 'damaged') {
      this.#reportDamage(index, name, decoded.reason);
      return decoded.pixels;
    }
    if (decoded.kind === 'size') throw new UserError(`${this.dataset.name}: image ${name} ${decoded.reason}`);
    if (this.#options.strict) {
      throw new UserError(`${this.dataset.name}: cannot read the image ${name}: ${decoded.reason}`);
    }
    if (!this.#corrupt.has(index)) {
      this.#corrupt.set(index, decoded.reason);
      this.#options.onCorrupt?.(name, decoded.reason);
    }
    if (this.#corrupt.size === this.dataset.samples.length) {
      throw new UserError(
        `${this.dataset.name}: none of its ${this.#corrupt.size} images can be read (${name}: ${decoded.reason})`,
      );
    }
    return undefined;
  }

  #reportDamage(index: number, name: string, reason: string): void {
    if (this.#damaged.has(index)) return;
    this.#damaged.add(index);
    this.#options.onDamaged?.(name, reason);
  }

  /** Ends the threads, unless they are shared. */
  async close(): Promise<void> {
    if (!this.#options.pool) await this.#pool.close();
  }
}
