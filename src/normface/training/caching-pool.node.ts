import type { Source } from '../data/dataset.ts';
import type { ImageSize } from '../data/images/image.ts';
import { type Decoded, DecodePool } from '../data/images/worker-pool.node.ts';

/** Decoding threads that remember every image: several runs on the same images decode or render each of them once. */
export class CachingPool extends DecodePool {
  private readonly known = new Map<string, Promise<Decoded>>();

  override async decode(sources: readonly Source[], size: ImageSize, resize: boolean): Promise<Decoded[]> {
    // Pixels that are in memory already make poor keys, and little work.
    if (sources.some(({ kind }) => kind === 'grey')) return super.decode(sources, size, resize);
    const keys = sources.map((source) => JSON.stringify([source, size.width, size.height, resize]));
    const missing = sources.map((_, i) => i).filter((i) => !this.known.has(keys[i]!));
    if (missing.length > 0) {
      const job = super.decode(
        missing.map((i) => sources[i]!),
        size,
        resize,
      );
      missing.forEach((i, index) => {
        const decoded = job.then((images) => images[index]!);
        // Whoever awaits the image sees the failure.
        decoded.catch(() => {});
        this.known.set(keys[i]!, decoded);
      });
    }
    return Promise.all(keys.map((key) => this.known.get(key)!));
  }
}
