import { Draws, drawKey, STREAM } from './draws.ts';
import type { PictureQuality } from './render.ts';

/** Least and largest value of each, all whole numbers between them equally likely; what is missing is left to the picture. */
export type QualityRanges = {
  readonly [key in keyof PictureQuality]?: readonly [least: number, most: number];
};

/** The quality of picture `sample` of person `identity` in the generated set `seed`; draws of its own, so that the face stays the same. */
export function drawQuality(
  seed: number,
  identity: number,
  sample: number,
  { blur, detail }: QualityRanges,
): PictureQuality {
  const draws = new Draws(drawKey(seed, STREAM.quality, identity, sample));
  const drawn = ([least, most]: readonly [number, number]): number =>
    least + Math.floor((most - least + 1) * draws.uniform());
  // Both are drawn in any case: what one becomes does not depend on the other.
  const values = { blur: drawn(blur ?? [0, 0]), detail: drawn(detail ?? [0, 0]) };
  return { ...(blur && { blur: values.blur }), ...(detail && { detail: values.detail }) };
}
