import type { Net } from './net.ts';

/** What becomes of a byte of an image where a net does not say: (byte − 127.5)/128, as `imageBatch` does it. */
const usual = { mean: 127.5, scale: 1 / 128 };

/** (byte − mean)·scale of a net. */
export function pixelRangeOf({ pixels }: Pick<Net, 'pixels'>): { mean: number; scale: number } {
  return { ...usual, ...pixels };
}
