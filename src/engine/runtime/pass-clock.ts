/** When the passes of one run of a step were on the GPU, on the clock of the host. */

import { Stamps } from './stamps.ts';

/** Consecutive dispatches that were one pass. */
export interface PassTimes {
  /** Number of the first dispatch, and the number after that of the last one. */
  readonly first: number;
  readonly end: number;
  /** Milliseconds of `performance.now()`. */
  readonly began: number;
  readonly ended: number;
}

interface Encoded {
  readonly first: number;
  readonly end: number;
  /** When the host encoded it: the GPU begins later. */
  readonly encoded: number;
}

export class PassClock {
  private readonly stamps: Stamps;
  private readonly most: number;
  private readonly passes: Encoded[] = [];

  private constructor(gpu: GPUDevice, most: number) {
    this.stamps = new Stamps(gpu, most);
    this.most = most;
  }

  /** @param most passes that a run has at most; null where the adapter has no timestamps */
  static of(gpu: GPUDevice, most: number): PassClock | null {
    return gpu.features.has('timestamp-query') ? new PassClock(gpu, most) : null;
  }

  /** What makes the next pass take its stamps. */
  around(first: number, end: number): GPUComputePassDescriptor | undefined {
    if (this.passes.length === this.most) return undefined;
    this.passes.push({ first, end, encoded: performance.now() });
    return this.stamps.around(this.passes.length - 1);
  }

  /** After the last pass. */
  encodeRead(encoder: GPUCommandEncoder): void {
    this.stamps.encodeRead(encoder);
  }

  /** Waits for the submitted commands. */
  async read(): Promise<PassTimes[]> {
    const stamps = await this.stamps.readStamps();
    return onHostClock(this.passes, stamps);
  }
}

/**
 * The GPU's clock has another zero. No pass begins before the host has encoded it, and the one that begins soonest after that begins at
 * once: that one tells how far the clocks are apart.
 *
 * @param stamps begin and end of each pass in nanoseconds
 */
export function onHostClock(passes: readonly Encoded[], stamps: ArrayLike<bigint>): PassTimes[] {
  const zero = stamps[0] ?? 0n;
  const milliseconds = (index: number): number => Number(stamps[index]! - zero) / 1e6;
  const apart = Math.max(...passes.map(({ encoded }, i) => encoded - milliseconds(2 * i)));
  return passes.map(({ first, end }, i) => ({
    first,
    end,
    began: apart + milliseconds(2 * i),
    ended: apart + milliseconds(2 * i + 1),
  }));
}
