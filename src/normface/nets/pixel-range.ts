import type { PixelRange } from '../evaluation/provenance.ts';
import type { Net } from './net.ts';

/** What becomes of a byte of an image where a net does not say: (byte − 127.5)/128, as `imageBatch` does it. */
const usual = { mean: 127.5, scale: 1 / 128 };

/** (byte − mean)·scale of a net, and how many channels it sees. */
export function pixelRangeOf({ pixels, input }: Pick<Net, 'pixels' | 'input'>): PixelRange {
  return { ...usual, ...pixels, channels: input[2] };
}
