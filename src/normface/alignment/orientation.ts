/** How a photograph is stored and how it is seen: the eight orientations of EXIF (Exif 2.3, CIPA DC-008-2012, tag 274, Orientation). */

import type { ImageSize } from '../data/images/image.ts';
import type { RgbaImage } from '../detection/detector.ts';

/** A rectangle of pixels. */
export interface Region extends ImageSize {
  readonly left: number;
  readonly top: number;
}

/** From the orientation 5 on rows are stored as columns. */
const isTransposed = (orientation: number): boolean => orientation >= 5;

/** Whether what is seen from left to right, and from top to bottom, is stored from the end. */
const isReversed = (orientation: number): { readonly right: boolean; readonly down: boolean } => ({
  right: [2, 3, 6, 7].includes(orientation),
  down: [3, 4, 7, 8].includes(orientation),
});

/**
 * Where a region of an upright picture is stored.
 * @param stored size of the picture as it is stored
 */
export function storedRegion(region: Region, stored: ImageSize, orientation: number): Region {
  const transposed = isTransposed(orientation);
  const { right, down } = isReversed(orientation);
  const width = transposed ? stored.height : stored.width;
  const height = transposed ? stored.width : stored.height;
  const left = right ? width - region.left - region.width : region.left;
  const top = down ? height - region.top - region.height : region.top;
  return transposed
    ? { left: top, top: left, width: region.height, height: region.width }
    : { left, top, width: region.width, height: region.height };
}

/** A picture, or a part of one, as it is seen. */
export function turnedUpright(image: RgbaImage, orientation: number): RgbaImage {
  if (!(orientation > 1 && orientation <= 8)) return image;
  const transposed = isTransposed(orientation);
  const { right, down } = isReversed(orientation);
  const width = transposed ? image.height : image.width;
  const height = transposed ? image.width : image.height;
  const from = pixelsOf(image);
  const to = new Uint32Array(width * height);
  // From one pixel that is seen to the next on its right, and to the one below.
  const [alongRow, alongColumn] = transposed ? [image.width, 1] : [1, image.width];
  const first = (right ? (width - 1) * alongRow : 0) + (down ? (height - 1) * alongColumn : 0);
  for (let y = 0, at = 0; y < height; y++) {
    let stored = first + (down ? -y : y) * alongColumn;
    for (let x = 0; x < width; x++, stored += right ? -alongRow : alongRow) to[at++] = from[stored]!;
  }
  return { width, height, data: new Uint8Array(to.buffer) };
}

/** Four bytes as one number. */
function pixelsOf({ width, height, data }: RgbaImage): Uint32Array {
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, width * height);
}
