/**
 * How much work goes to a GPU in one submission. Systems end what keeps a GPU busy for too long, and the device is lost with it:
 * Windows after 2 s (Timeout Detection and Recovery, TdrDelay,
 * https://learn.microsoft.com/windows-hardware/drivers/display/tdr-registry-keys). A step of a large batch can take a small GPU
 * that long, so it is submitted in parts. A submission takes the host some tens of microseconds, and a part keeps even a GPU of
 * 20 TFLOP/s busy for 5 ms: that costs less than a hundredth, so parts are cut on every GPU and not only on those that are slow.
 */

import type { AdapterReport } from './adapter.ts';
import type { Cost } from './kernel.ts';

/** Floating-point operations in a submission, 100 GFLOP: a fifth of a second on a GPU that reaches 0.5 TFLOP/s. */
const usualWork = 100e9;

/** Operations that take as long as moving a byte, on such a GPU with memory of 50 GB/s. */
const operationsPerByte = 10;

/** Work of a dispatch in operations, memory traffic included. */
export function workOf({ flops, bytes }: Cost): number {
  return flops + operationsPerByte * bytes;
}

/** Most work in a submission, in operations. Nothing watches over software drivers. */
export function usualWorkPerSubmission({ software }: Pick<AdapterReport, 'software'>): number {
  return software ? Number.POSITIVE_INFINITY : usualWork;
}

/**
 * Cuts a row of dispatches into parts of at most so much work; a dispatch with more is a part of its own.
 *
 * @returns where each part ends: the number of its last dispatch plus 1. One part, if an empty one, there always is.
 */
export function cutIntoParts(costs: readonly Cost[], limit: number): number[] {
  const ends: number[] = [];
  let work = 0;
  costs.forEach((cost, index) => {
    const more = workOf(cost);
    if (work > 0 && work + more > limit) {
      ends.push(index);
      work = 0;
    }
    work += more;
  });
  return [...ends, costs.length];
}
