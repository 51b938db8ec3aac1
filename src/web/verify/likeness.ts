/** Whether images are like those that a net was trained on: of others it knows nothing, and its cosines mean nothing. */

import { farError } from '../../normface/alignment/judge-crops.ts';
import type { Picture, Size } from './pictures.ts';

/** A face as far as it matters here. */
export interface JudgedFace {
  readonly picture: Pick<Picture, 'width' | 'height' | 'original' | 'aligned'>;
  /** Whether the generator drew it. */
  readonly isSample: boolean;
}

/** Shares by which shapes may differ without a part of the face being cut off that matters. */
const shapeTolerance = 0.06;
/** An aligned crop is not much larger than a net's images; a photograph straight from a camera is. */
const largestShrink = 8;
/** Smaller ones have little that a net could see. */
const largestEnlargement = 2;

/** How much wider a picture is than a net's images of the same height. */
const stretchOf = (original: Size, net: Size): number =>
  original.width / original.height / (net.width / net.height);

/** How often the picture is as large as the net's images. */
const shrinkOf = (original: Size, net: Size): number =>
  Math.min(original.width / net.width, original.height / net.height);

/** Whether next to nothing has to be cut off a picture to give it the shape of a net's images. */
export const hasShapeOf = (original: Size, net: Size): boolean =>
  Math.abs(Math.log(stretchOf(original, net))) <= shapeTolerance;

export const isAsLargeAsPhotograph = (original: Size, net: Size): boolean =>
  shrinkOf(original, net) > largestShrink;

/** What makes an image unlike the aligned crops of a net, in the middle of a sentence; undefined where nothing does. */
export function oddity({ picture }: JudgedFace): string | undefined {
  const { original, aligned } = picture;
  const isEnlarged = shrinkOf(original, picture) < 1 / largestEnlargement;
  if (aligned && aligned.error > farError) return 'is turned far aside, or its points are wrong';
  if (!aligned && isAsLargeAsPhotograph(original, picture)) return 'is as large as a whole photograph';
  if (!aligned && !hasShapeOf(original, picture))
    return `had its ${stretchOf(original, picture) > 1 ? 'sides' : 'top and bottom'} cut off to get the shape of the net's images`;
  return isEnlarged ? 'is so small that it was enlarged' : undefined;
}

/** Whether the name of a data set is one of the generator of faces. */
export function isDrawn(trainedOn: string | undefined): boolean {
  return trainedOn !== undefined && /^generated\b/.test(trainedOn);
}

/** What speaks against believing what a net says of two faces, one sentence each. */
export function cautionsOf(
  faces: readonly (JudgedFace & { readonly number: number })[],
  trainedOn: string | undefined,
): string[] {
  const cautions: string[] = [];
  if (isDrawn(trainedOn) && faces.some(({ isSample }) => !isSample))
    cautions.push('This net has only learnt from drawn faces: what it says of photographs means little.');
  for (const face of faces) {
    const what = oddity(face);
    const { original, width, height, aligned } = face.picture;
    if (what && aligned) cautions.push(`Face ${face.number} ${what}: the net knows little of such faces.`);
    else if (what)
      cautions.push(
        `Image ${face.number} (${original.width} × ${original.height}) ${what}. Is its face aligned like those of ${width} × ${height} that the net was trained on?`,
      );
  }
  return cautions;
}
