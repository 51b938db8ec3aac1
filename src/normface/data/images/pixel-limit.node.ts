/** How large a picture may be. A file of a few kilobytes can claim any size, so what is decoded is bounded before it is. */

import { UsageError } from '../../../common/errors.ts';

/** More than any camera of today takes: 100 megapixels. */
const usual = 100e6;

/** Where the limit is kept: threads that decode get a copy of the environment when they start. */
const variable = 'NORMFACE_MAX_PIXELS';

/** Pixels that a picture may have. */
export function mostPixels(): number {
  const given = Number(process.env[variable]);
  return Number.isSafeInteger(given) && given > 0 ? given : usual;
}

/** Sets {@link mostPixels} for this process and the threads that it starts from now on. @throws UsageError unless it is a positive whole number */
export function setMostPixels(pixels = usual): void {
  if (!Number.isSafeInteger(pixels) || pixels < 1)
    throw new UsageError(`--max-pixels must be a positive whole number, not ${pixels}`);
  process.env[variable] = String(pixels);
}

/** The sentence about a picture that is larger. */
export function tooManyPixels(size = ''): string {
  return `it has ${size ? `${size} pixels, ` : ''}more than ${mostPixels() / 1e6} megapixels; --max-pixels allows more`;
}
