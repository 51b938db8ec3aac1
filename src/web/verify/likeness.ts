/** Whether images are like those that a net was trained on: of others it knows nothing, and its cosines mean nothing. */

import type { Picture } from './pictures.ts';

/** A face as far as it matters here. */
export interface JudgedFace {
  readonly picture: Pick<Picture, 'width' | 'height' | 'original'>;
  /** Whether the generator drew it. */
  readonly isSample: boolean;
}

/** Shares by which shapes may differ without a part of the face being cut off that matters. */
const shapeTolerance = 0.06;
/** An aligned crop is not much larger than a net's images; a photograph straight from a camera is. */
const largestShrink = 8;
/** Smaller ones have little that a net could see. */
const largestEnlargement = 2;

/** What makes an image unlike the aligned crops of a net, in the middle of a sentence; undefined where nothing does. */
export function oddity({ picture: { width, height, original } }: JudgedFace): string | undefined {
  const stretch = original.width / original.height / (width / height);
  const shrink = Math.min(original.width / width, original.height / height);
  if (shrink > largestShrink) return 'is as large as a whole photograph';
  if (Math.abs(Math.log(stretch)) > shapeTolerance)
    return `had its ${stretch > 1 ? 'sides' : 'top and bottom'} cut off to get the shape of the net's images`;
  if (shrink < 1 / largestEnlargement) return 'is so small that it was enlarged';
  return undefined;
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
    const { original, width, height } = face.picture;
    if (what)
      cautions.push(
        `Image ${face.number} (${original.width} × ${original.height}) ${what}. Is its face aligned like those of ${width} × ${height} that the net was trained on?`,
      );
  }
  return cautions;
}
