/** Photographs, small, with the points of their faces drawn on them. */

import type { Source } from '../data/dataset.ts';
import { decodeWithin } from '../data/images/decode.node.ts';
import type { Image, ImageSize } from '../data/images/image.ts';
import type { FaceRecord } from './landmark-file.node.ts';

/** Left eye, right eye, nose, left and right corner of the mouth: colours that people with any colour vision tell apart (Okabe and Ito). */
const colours = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [86, 180, 233],
  [213, 94, 0],
] as const;

const ring = [255, 255, 255] as const;

/**
 * A photograph scaled to lie within a size, with dots at the points of its faces.
 * @param natural size of the upright photograph, whose pixels the points are in
 * @throws Error with the reason in a few words when it cannot be read
 */
export async function photographWithPoints(
  source: Source,
  natural: ImageSize,
  faces: readonly FaceRecord[],
  within: ImageSize,
): Promise<Image> {
  const image = await decodeWithin(source, within);
  const drawn = { ...image, pixels: Uint8Array.from(image.pixels) };
  const scale = image.width / natural.width;
  const radius = Math.max(1.5, image.height / 70);
  for (const { points } of faces)
    points.forEach(([x, y], k) => {
      const [column, row] = [(x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5];
      dot(drawn, column, row, radius + 1, ring);
      dot(drawn, column, row, radius, colours[k]!);
    });
  return drawn;
}

function dot(
  { width, height, pixels }: Image,
  column: number,
  row: number,
  radius: number,
  colour: readonly [number, number, number],
): void {
  const rows = [
    Math.max(0, Math.ceil(row - radius)),
    Math.min(height - 1, Math.floor(row + radius)),
  ] as const;
  const columns = [
    Math.max(0, Math.ceil(column - radius)),
    Math.min(width - 1, Math.floor(column + radius)),
  ] as const;
  for (let r = rows[0]; r <= rows[1]; r++)
    for (let q = columns[0]; q <= columns[1]; q++)
      if (Math.hypot(r - row, q - column) <= radius) pixels.set(colour, 3 * (r * width + q));
}
