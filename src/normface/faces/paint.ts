import type { Colour } from './numeric.ts';

/**
 * A fragment: one raster sample on its way from material to light. Painters change it in place, one after another; a
 * shared record instead of arguments keeps the inner loop free of allocation.
 */
export interface Fragment {
  /** Centre in the raster. */
  column: number;
  row: number;
  /** Index in the raster. */
  index: number;
  /** Place on the face plane (or, behind the head, on the aligned head plane) in head units. */
  x: number;
  y: number;
  /** Angle around the head, 0 towards the front. */
  angle: number;
  normalX: number;
  normalY: number;
  openness: number;
  /** Share covered by hair. */
  hair: number;
  /** Linear reflectance, after lighting linear light. */
  red: number;
  green: number;
  blue: number;
  /** Strength of the mirror-like highlight. */
  gloss: number;
}

export type Painter = (fragment: Fragment) => void;

export function createFragment(): Fragment {
  // Fractions, so that the engine stores every field as a double from the start.
  const at = 0.5;
  return {
    column: at,
    row: at,
    index: 0,
    x: at,
    y: at,
    angle: at,
    normalX: at,
    normalY: at,
    openness: at,
    hair: at,
    red: at,
    green: at,
    blue: at,
    gloss: at,
  };
}

/** Covers the paint with a linear colour, itself multiplied by `level`. */
export function cover(fragment: Fragment, colour: Colour, opacity: number, level = 1): void {
  fragment.red += (colour[0] * level - fragment.red) * opacity;
  fragment.green += (colour[1] * level - fragment.green) * opacity;
  fragment.blue += (colour[2] * level - fragment.blue) * opacity;
}

/** Darkens the paint as a fold or shadow does on skin: blue and green more than red. */
export function darken(fragment: Fragment, amount: number): void {
  fragment.red *= 1 - 0.8 * amount;
  fragment.green *= 1 - amount;
  fragment.blue *= 1 - amount;
}

/** Multiplies the colour. */
export function shade(fragment: Fragment, factor: number): void {
  fragment.red *= factor;
  fragment.green *= factor;
  fragment.blue *= factor;
}
