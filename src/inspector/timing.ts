/** How long dispatches of a captured step take. */

import type { Device } from '../engine/device.ts';
import type { CapturedStep } from '../engine/step.ts';

/** How times are taken: by the adapter, or by waiting for it. */
export type Timer = 'timestamp queries' | 'wall clock';

export interface Timing {
  readonly timer: Timer;
  /** Microseconds of one run, of every round. */
  readonly microseconds: readonly number[];
}

/** Consecutive dispatches of a step. */
export interface Work {
  readonly step: CapturedStep<unknown>;
  /** Number of the first dispatch. */
  readonly first: number;
  /** Number after that of the last one. */
  readonly end: number;
}

export interface TimingOptions {
  /** Default 15. */
  readonly rounds?: number;
  /** Short work is repeated until a round takes so long, in milliseconds; default 20. */
  readonly roundMs?: number;
  /** Looked at between rounds. */
  readonly signal?: AbortSignal | undefined;
}

const bytesPerStamp = 8;

/** Dispatches that a query set has room for: two stamps each, of the 4,096 that WebGPU allows. */
const passesPerSet = 2048;

/** Takes times on one device. */
export class Stopwatch {
  readonly timer: Timer;
  private readonly device: Device;

  constructor(device: Device) {
    this.device = device;
    this.timer = device.gpu.features.has('timestamp-query') ? 'timestamp queries' : 'wall clock';
  }

  /**
   * Times pieces of work over and over, one after the other in every round, so that what disturbs one disturbs all. What they compute
   * from is whatever the memory holds; run the steps before, so that these are real numbers.
   */
  async time(
    works: readonly Work[],
    { rounds = 15, roundMs = 20, signal }: TimingOptions = {},
  ): Promise<Timing[]> {
    const contestants: { work: Work; repeats: number; microseconds: number[] }[] = [];
    for (const work of works) {
      await this.round(work, 1);
      await this.device.synchronize();
      const once = await this.round(work, 1);
      const repeats = Math.min(2000, Math.max(1, Math.ceil((roundMs * 1000) / Math.max(1, once))));
      contestants.push({ work, repeats, microseconds: [] });
    }
    for (let i = 0; i < rounds; i++) {
      for (const { work, repeats, microseconds } of contestants) {
        signal?.throwIfAborted();
        microseconds.push((await this.round(work, repeats)) / repeats);
      }
    }
    return contestants.map(({ microseconds }) => ({ timer: this.timer, microseconds }));
  }

  /**
   * Times every dispatch of one run of the whole step, each in a pass of its own; null where there are no timestamps.
   * @returns microseconds
   */
  async dispatches(step: CapturedStep<unknown>): Promise<Float64Array | null> {
    if (this.timer === 'wall clock') return null;
    const count = step.dispatches.length;
    const times = new Float64Array(count);
    for (let start = 0; start < count; start += passesPerSet) {
      const end = Math.min(count, start + passesPerSet);
      const stamps = await this.stamped(step, end - start, (begin, encoder) => {
        for (let i = start; i < end; i++) {
          const pass = begin(encoder, i - start);
          step.encode(pass, i, i + 1);
          pass.end();
        }
      });
      for (let i = start; i < end; i++) times[i] = elapsed(stamps, i - start);
    }
    return times;
  }

  /** Microseconds of so many repetitions in one pass. */
  private async round({ step, first, end }: Work, repeats: number): Promise<number> {
    if (this.timer === 'timestamp queries') {
      const stamps = await this.stamped(step, 1, (begin, encoder) => {
        const pass = begin(encoder, 0);
        for (let i = 0; i < repeats; i++) step.encode(pass, first, end);
        pass.end();
      });
      return elapsed(stamps, 0);
    }
    step.prepare();
    const { gpu } = this.device;
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < repeats; i++) step.encode(pass, first, end);
    pass.end();
    const commands = encoder.finish();
    await gpu.queue.onSubmittedWorkDone();
    const started = performance.now();
    gpu.queue.submit([commands]);
    await gpu.queue.onSubmittedWorkDone();
    return 1000 * (performance.now() - started);
  }

  /** Encodes passes with a stamp before and after each, submits them, and reads the stamps in nanoseconds. */
  private async stamped(
    step: CapturedStep<unknown>,
    passes: number,
    encode: (
      begin: (encoder: GPUCommandEncoder, pass: number) => GPUComputePassEncoder,
      encoder: GPUCommandEncoder,
    ) => void,
  ): Promise<BigUint64Array> {
    step.prepare();
    const { gpu } = this.device;
    const count = 2 * passes;
    const querySet = gpu.createQuerySet({ type: 'timestamp', count });
    const size = count * bytesPerStamp;
    const resolved = gpu.createBuffer({
      size,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const readable = gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    try {
      const encoder = gpu.createCommandEncoder();
      encode(
        (encoder, pass) =>
          encoder.beginComputePass({
            timestampWrites: {
              querySet,
              beginningOfPassWriteIndex: 2 * pass,
              endOfPassWriteIndex: 2 * pass + 1,
            },
          }),
        encoder,
      );
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
      gpu.queue.submit([encoder.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      return new BigUint64Array(readable.getMappedRange().slice(0));
    } finally {
      readable.destroy();
      resolved.destroy();
      querySet.destroy();
    }
  }
}

/** Microseconds between the two stamps of a pass. */
const elapsed = (stamps: BigUint64Array, pass: number): number =>
  Number(stamps[2 * pass + 1]! - stamps[2 * pass]!) / 1000;

/** Linear interpolation between the two nearest values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
