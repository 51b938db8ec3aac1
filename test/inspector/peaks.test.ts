import { describe, expect, test } from 'vitest';
import { boundOf, boundOfAll } from '../../src/inspector/profile/bound.ts';
import { Peaks } from '../../src/inspector/timing/peaks.ts';

/** Probes that reach these rates, one measurement after the other. */
function scripted(arithmetic: number[], copying: number[]) {
  const left = { arithmetic: [...arithmetic], copying: [...copying] };
  const take = (of: number[]) => async (): Promise<number> => {
    const next = of.shift();
    if (next === undefined) throw new Error('measured too often');
    return next;
  };
  const peaks = new Peaks({ arithmetic: take(left.arithmetic), copying: take(left.copying) });
  return { peaks, left };
}

/** 1 GFLOP or 1 GB in so many milliseconds. */
const computing = (milliseconds: number) => ({ flops: 1e9, bytes: 0, microseconds: 1000 * milliseconds });
const moving = (milliseconds: number) => ({ flops: 0, bytes: 1e9, microseconds: 1000 * milliseconds });

describe('peaks', () => {
  test('are measured once, and the better of two measurements is kept', async () => {
    const { peaks } = scripted([40, 30, 50], [8, 10, 9]);
    expect(peaks.known).toBeNull();
    expect(await peaks.measured()).toEqual({ gflops: 40, gigabytesPerSecond: 8 });
    expect(await peaks.measured()).toEqual({ gflops: 40, gigabytesPerSecond: 8 });
    expect(await peaks.measureAgain()).toEqual({ gflops: 40, gigabytesPerSecond: 10 });
    expect(await peaks.measureAgain()).toEqual({ gflops: 50, gigabytesPerSecond: 10 });
    expect(peaks.known).toEqual({ gflops: 50, gigabytesPerSecond: 10 });
  });

  test('are left alone by kernels below them', async () => {
    const { peaks, left } = scripted([50], [10]);
    expect(await peaks.covering([computing(25), moving(101)])).toEqual({
      gflops: 50,
      gigabytesPerSecond: 10,
    });
    expect(left).toEqual({ arithmetic: [], copying: [] });
    expect(await peaks.covering([])).toEqual({ gflops: 50, gigabytesPerSecond: 10 });
  });

  test('a kernel that beats a probe which was disturbed: the probe is measured again', async () => {
    // The first measurement while the machine was busy; 25 ms are 40 GFLOP/s, 340 % of it.
    const { peaks, left } = scripted([11.8, 55], [10]);
    const roofline = await peaks.covering([computing(25)]);
    expect(roofline).toEqual({ gflops: 55, gigabytesPerSecond: 10 });
    expect(boundOf(computing(25), roofline).share).toBeCloseTo(40 / 55);
    expect(left.arithmetic).toEqual([]);
  });

  test('a kernel that still beats it is the peak, which is at least that, until a probe is better', async () => {
    const { peaks } = scripted([11.8, 12, 55], [10, 9]);
    const roofline = await peaks.covering([computing(50), computing(25)]);
    expect(roofline).toEqual({ gflops: 40, gigabytesPerSecond: 10, atLeast: true });
    expect(boundOf(computing(25), roofline).share).toBeCloseTo(1, 12);
    // Slower kernels that come later are compared with it.
    expect(await peaks.covering([computing(50)])).toEqual(roofline);
    expect(await peaks.measureAgain()).toEqual({ gflops: 55, gigabytesPerSecond: 10 });
  });

  test('caches explain bytes beyond a copy, once copies were measured again', async () => {
    const { peaks } = scripted([50], [3, 10]);
    const roofline = await peaks.covering([moving(50)]);
    expect(roofline).toEqual({ gflops: 50, gigabytesPerSecond: 10 });
    expect(boundOf(moving(50), roofline)).toMatchObject({
      by: 'memory',
      share: 2,
      leastMicroseconds: 50_000,
    });
  });

  test('no step is faster than the roofline allows', async () => {
    const { peaks } = scripted([2, 2], [0.5, 0.5]);
    const step = [computing(4), computing(60), moving(7), moving(2000)];
    const { leastMicroseconds, microseconds, share } = boundOfAll(step, await peaks.covering(step));
    expect(leastMicroseconds).toBeLessThanOrEqual(microseconds);
    expect(share).toBeLessThanOrEqual(1);
  });
});
