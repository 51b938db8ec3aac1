/**
 * The peaks of an adapter, as far as they are known.
 *
 * Other load only slows a probe down, so what it reaches is a lower bound of the peak: the best of all measurements counts, and a kernel
 * that computes faster than the probe is a measurement as well. A kernel that seems to move more bytes than a copy is none: caches may
 * have spared them.
 */

import type { Device } from '../../engine/core/tensor.ts';
import { type Roofline, ratesOf, type Work } from '../profile/bound.ts';
import { measureArithmetic, measureCopying } from './roofline.ts';

/** What measures peaks, or plays doing so. */
export interface Probes {
  /** @returns GFLOP/s */
  arithmetic(): Promise<number>;
  /** @returns GB/s, read and written bytes together */
  copying(): Promise<number>;
}

/** What is asked of the peaks after kernels were timed. */
export type KnownPeaks = Pick<Peaks, 'covering'>;

const peaksOf = new WeakMap<Device, Peaks>();

/** The peaks of one adapter; the longer one works with it, the better they are known. */
export class Peaks {
  private readonly probes: Probes;
  private best: Roofline | null = null;

  constructor(probes: Probes) {
    this.probes = probes;
  }

  /** Those of a device; the same ones every time. */
  static of(device: Device): Peaks {
    const known =
      peaksOf.get(device) ??
      new Peaks({
        arithmetic: () => measureArithmetic(device),
        copying: () => measureCopying(device),
      });
    peaksOf.set(device, known);
    return known;
  }

  /** null before they were measured. */
  get known(): Roofline | null {
    return this.best;
  }

  /** Measured at the first call, with nothing else running. */
  async measured(): Promise<Roofline> {
    return this.best ?? this.measureAgain();
  }

  /** Measures both once more; the better ones are kept. */
  async measureAgain(): Promise<Roofline> {
    const gflops = await this.probes.arithmetic();
    const gigabytesPerSecond = await this.probes.copying();
    return this.keep({ gflops, gigabytesPerSecond });
  }

  /**
   * The peaks, after a look at kernels that were timed. A peak that one of them has beaten is measured again; if it still beats the
   * probe of arithmetic, its own rate is the peak.
   */
  async covering(works: readonly Work[]): Promise<Roofline> {
    const rates = works.map(ratesOf);
    const reached = Math.max(0, ...rates.map(({ gflops }) => gflops));
    const moved = Math.max(0, ...rates.map(({ gigabytesPerSecond }) => gigabytesPerSecond));
    let peaks = await this.measured();
    if (reached > peaks.gflops) peaks = this.keep({ gflops: await this.probes.arithmetic() });
    if (moved > peaks.gigabytesPerSecond)
      peaks = this.keep({ gigabytesPerSecond: await this.probes.copying() });
    return this.keep({ gflops: reached, atLeast: true });
  }

  /** Keeps what is better than what was known. */
  private keep({ gflops = 0, gigabytesPerSecond = 0, atLeast = false }: Partial<Roofline>): Roofline {
    const before = this.best ?? { gflops: 0, gigabytesPerSecond: 0, atLeast: false };
    const arithmetic = gflops > before.gflops ? { gflops, atLeast } : before;
    this.best = {
      gflops: arithmetic.gflops,
      gigabytesPerSecond: Math.max(gigabytesPerSecond, before.gigabytesPerSecond),
      ...(arithmetic.atLeast && { atLeast: true }),
    };
    return this.best;
  }
}
