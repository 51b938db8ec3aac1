/** Whether a picture is a photograph, in which faces are looked for, or a crop that is aligned already. */

import { isCropSize } from '../../normface/alignment/template.ts';
import { hasShapeOf, isAsLargeAsPhotograph } from './likeness.ts';
import type { Size } from './pictures.ts';

/** What a picture is. */
export type PictureKind = 'photograph' | 'aligned';

/** How that is known: by the sizes of the pictures, or because somebody says so. */
export type PictureMode = 'size' | PictureKind;

/** In the order in which they are shown. */
export const pictureModes: Readonly<Record<PictureMode, string>> = {
  size: 'by size',
  photograph: 'photographs',
  aligned: 'aligned',
};

/** Aligned sets for square nets keep some margin, as 160 pixels for nets of 112; squares straight from other programs are larger. */
const largestMargin = 1.5;

/**
 * A picture of the net's own size is aligned. So is one of its proportions, if it is not as large as a whole photograph; but of squares only
 * those that crops have (multiples of 56 pixels) or that are a little larger than the net's, since photographs are square too: the 250 × 250
 * pixels of the faces in the wild are no crop.
 *
 * @param net size of the net's images; undefined while there is none
 */
export function kindOf(original: Size, net: Size | undefined, mode: PictureMode): PictureKind {
  if (mode !== 'size') return mode;
  return looksAligned(original, net) ? 'aligned' : 'photograph';
}

/** Sizes of crops for nets that are not known yet. */
const usualSizes: readonly Size[] = [
  { width: 96, height: 112 },
  { width: 112, height: 112 },
];

function looksAligned(original: Size, net: Size | undefined): boolean {
  if (!net) return usualSizes.some((usual) => looksAligned(original, usual));
  if (original.width === net.width && original.height === net.height) return true;
  if (isAsLargeAsPhotograph(original, net) || !hasShapeOf(original, net)) return false;
  return net.width !== net.height || original.width <= largestMargin * net.width || isCropSize(original);
}
