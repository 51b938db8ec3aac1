import type { Tensor } from '../core/tensor.ts';
import type { RandomSource } from './runtime.ts';

/** Seed, step and first row of the batch of every random operator of one device. */
export class RandomState implements RandomSource {
  private readonly make: (state: readonly number[]) => Tensor;
  /** What operators read: one for each part of a batch, by the row that it begins at. */
  private readonly states = new Map<number, Tensor>();
  private seed = 0;
  private step = 0;
  private firstRow = 0;
  /** The row at which the part that is being computed begins. */
  private skipped = 0;
  private streams = 0;
  private pictureStreams = 0;

  /** @param make uploads u32 */
  constructor(make: (state: readonly number[]) => Tensor) {
    this.make = make;
  }

  get tensor(): Tensor {
    const known = this.states.get(this.skipped);
    if (known) return known;
    const state = this.make(this.stateAt(this.skipped));
    this.states.set(this.skipped, state);
    return state;
  }

  set(seed: number, step: number, firstRow: number): void {
    Object.assign(this, { seed, step, firstRow });
    for (const [row, state] of this.states) state.write(this.stateAt(row));
  }

  private stateAt(row: number): number[] {
    return [this.seed, this.step, this.firstRow + row].map((word) => word >>> 0);
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

  inParts<T>(count: number, rows: number, body: (part: number) => T): T[] {
    const [first, pictures, before] = [this.streams, this.pictureStreams, this.skipped];
    try {
      return Array.from({ length: count }, (_, part) => {
        this.streams = first;
        this.pictureStreams = pictures;
        this.skipped = before + part * rows;
        return body(part);
      });
    } finally {
      this.skipped = before;
    }
  }
}
