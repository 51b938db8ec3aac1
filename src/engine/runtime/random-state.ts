import type { Tensor } from '../core/tensor.ts';
import type { RandomSource } from './runtime.ts';

/** Seed, step and first row of the batch of every random operator of one device. */
export class RandomState implements RandomSource {
  private readonly make: () => Tensor;
  private state: Tensor | null = null;
  private streams = 0;
  private pictureStreams = 0;

  /** @param make uploads [0, 0, 0] as u32 */
  constructor(make: () => Tensor) {
    this.make = make;
  }

  get tensor(): Tensor {
    this.state ??= this.make();
    return this.state;
  }

  set(seed: number, step: number, firstRow: number): void {
    this.tensor.write([seed >>> 0, step >>> 0, firstRow >>> 0]);
  }

  nextStream(): number {
    return this.streams++;
  }

  nextPictureStream(): number {
    return 2 ** 32 - ++this.pictureStreams;
  }

  /** The next stream is the first one again. */
  restart(): void {
    this.streams = 0;
    this.pictureStreams = 0;
  }
}
