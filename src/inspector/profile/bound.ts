/**
 * What bounds a piece of work, by the roofline model (Williams, Waterman & Patterson 2009): it cannot take less time than its
 * arithmetic at the adapter's best rate, nor than its compulsory memory traffic at the adapter's best bandwidth.
 */

import { significant } from '../../common/format.ts';

/** Arithmetic, traffic and time of a dispatch. */
export interface Work {
  readonly flops: number;
  readonly bytes: number;
  readonly microseconds: number;
}

/** What the adapter does at most, as far as is known. */
export interface Roofline {
  readonly gflops: number;
  /** Bytes read and bytes written, together. */
  readonly gigabytesPerSecond: number;
  /** Whether the probe stayed below `gflops` and a kernel reached it: then the adapter does at least that. */
  readonly atLeast?: boolean;
}

export interface Bound {
  /** FLOP per byte; infinite where no bytes are moved. */
  readonly intensity: number;
  /** What takes longer at best: null where there is neither arithmetic nor traffic to speak of. */
  readonly by: 'arithmetic' | 'memory' | null;
  /** The time that it would take at the roofline; never more than it took, also where caches spared traffic. */
  readonly leastMicroseconds: number;
  /** Share of the roofline that is reached. Above 1 only by traffic that caches spared. */
  readonly share: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
}

/** Compares one dispatch with the roofline. */
export function boundOf(work: Work, roofline: Roofline): Bound {
  const { flops, bytes, microseconds } = work;
  // A GFLOP/s is 10³ FLOP per µs.
  const arithmetic = flops / (1e3 * roofline.gflops);
  const memory = bytes / (1e3 * roofline.gigabytesPerSecond);
  const least = Math.max(arithmetic, memory);
  return {
    intensity: bytes > 0 ? flops / bytes : flops > 0 ? Number.POSITIVE_INFINITY : 0,
    by: least === 0 ? null : arithmetic >= memory ? 'arithmetic' : 'memory',
    leastMicroseconds: Math.min(least, microseconds),
    share: ratio(least, microseconds),
    ...ratesOf(work),
  };
}

/**
 * Compares dispatches that run one after the other: their least times add up, so a sum never looks better than its parts. What
 * bounds most of that time is said to bound the whole.
 */
export function boundOfAll(works: readonly Work[], roofline: Roofline): Bound & Work {
  const total = { flops: 0, bytes: 0, microseconds: 0 };
  const least = { arithmetic: 0, memory: 0 };
  for (const work of works) {
    total.flops += work.flops;
    total.bytes += work.bytes;
    total.microseconds += work.microseconds;
    const { by, leastMicroseconds } = boundOf(work, roofline);
    if (by) least[by] += leastMicroseconds;
  }
  const sum = least.arithmetic + least.memory;
  return {
    ...total,
    ...ratesOf(total),
    intensity: boundOf(total, roofline).intensity,
    by: sum === 0 ? null : least.arithmetic >= least.memory ? 'arithmetic' : 'memory',
    leastMicroseconds: sum,
    share: ratio(sum, total.microseconds),
  };
}

/** Rates that were reached. */
export function ratesOf({ flops, bytes, microseconds }: Work): Pick<Bound, 'gflops' | 'gigabytesPerSecond'> {
  return {
    gflops: ratio(flops, 1e3 * microseconds),
    gigabytesPerSecond: ratio(bytes, 1e3 * microseconds),
  };
}

/** A time that the clock could not tell from nothing gives no rate. */
function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

/** `57.8 GFLOP/s`, or `at least 57.8 GFLOP/s` where only a kernel has reached it. */
export function peakText({ gflops, atLeast = false }: Roofline): string {
  return `${atLeast ? 'at least ' : ''}${significant(gflops)} GFLOP/s`;
}

/** `57.8 GFLOP/s, 6.64 GB/s` */
export function rooflineText(roofline: Roofline): string {
  return `${peakText(roofline)}, ${significant(roofline.gigabytesPerSecond)} GB/s`;
}
