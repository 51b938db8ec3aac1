import type { Pool2dOptions } from './pool_geometry.ts';

/** A window along one direction: the pixels start ≤ p < end of the image, and its extent counted with padding. */
export interface PoolWindow {
  readonly start: number;
  readonly end: number;
  readonly extent: number;
}

/** The windows along direction 0 (vertical) or 1 (horizontal), found by walking instead of by a formula. */
export function poolWindows(extent: number, direction: 0 | 1, options: Pool2dOptions): PoolWindow[] {
  const pick = (value: number | readonly [number, number]): number =>
    typeof value === 'number' ? value : value[direction];
  const kernel = pick(options.kernel);
  const stride = pick(options.stride ?? options.kernel);
  const padding = pick(options.padding ?? 0);
  const limit = extent + padding;
  const windows: PoolWindow[] = [];
  for (let start = -padding; start < extent; start += stride) {
    const whole = start + kernel <= limit;
    // With ceil mode one window may hang over: the first that reaches past what the whole ones cover.
    const covered = start - stride + kernel >= limit;
    if (!whole && (!options.ceilMode || covered)) break;
    windows.push({
      start: Math.max(start, 0),
      end: Math.min(start + kernel, extent),
      extent: Math.min(start + kernel, limit) - start,
    });
  }
  return windows;
}
