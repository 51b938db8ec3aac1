/** What colours are to readers with a colour deficiency, and how far apart two colours are. */

import { converter, differenceCiede2000, wcagContrast } from 'culori';

export type Deficiency = 'protanopia' | 'deuteranopia' | 'tritanopia';

export const deficiencies: readonly Deficiency[] = ['protanopia', 'deuteranopia', 'tritanopia'];

/**
 * The matrices of severity 1 of Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
 * Deficiency", IEEE TVCG 15 (6), 2009, in rows; they apply to linear red, green and blue.
 */
const matrices: Record<Deficiency, readonly (readonly [number, number, number])[]> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const linear = converter('lrgb');
const ciede2000 = differenceCiede2000();

/** A colour as somebody with the deficiency sees it, or as it is without one. @param hex `#rrggbb` */
function seen(hex: string, deficiency: Deficiency | undefined) {
  const { r, g, b } = linear(hex)!;
  if (deficiency === undefined) return { mode: 'lrgb' as const, r, g, b };
  const [red, green, blue] = matrices[deficiency].map((row) =>
    Math.min(1, Math.max(0, row[0] * r + row[1] * g + row[2] * b)),
  );
  return { mode: 'lrgb' as const, r: red!, g: green!, b: blue! };
}

/** CIEDE2000 of two colours for a reader with the deficiency, or without one. */
export function difference(a: string, b: string, deficiency?: Deficiency): number {
  return ciede2000(seen(a, deficiency), seen(b, deficiency));
}

/** The two colours of a list that such a reader can least tell apart. */
export function closest(colours: readonly string[], deficiency?: Deficiency) {
  const pairs = colours.flatMap((a, i) =>
    colours.slice(i + 1).map((b) => ({ a, b, difference: difference(a, b, deficiency) })),
  );
  return pairs.reduce((least, pair) => (pair.difference < least.difference ? pair : least));
}

/** Contrast of two colours by WCAG 2, 1 to 21. */
export function contrast(a: string, b: string): number {
  return wcagContrast(a, b);
}
