/**
 * The part of a photograph that a crop is made of, in a square that is the same for all: one kernel for photographs of every size, and
 * no more of them on the GPU than is needed.
 */

import type { ImageSize } from '../data/images/image.ts';
import type { RgbaImage } from '../detection/detector.ts';
import type { Similarity } from './similarity.ts';

/**
 * Side of the square for crops of a size. A crop pixel is never worth two pixels of the tile, so that the bounding box of the crop in it,
 * however it is turned, is shorter than twice the crop's diagonal; then neighbours.
 */
export function tileSide({ width, height }: ImageSize): number {
  return Math.ceil((2 * Math.hypot(width - 1, height - 1) + 4) / 16) * 16;
}

/** Where in a photograph a tile lies: its first pixel, and how many of the photograph along an axis are one of the tile. */
export interface TilePlace {
  readonly left: number;
  readonly top: number;
  readonly block: number;
}

/** The place of the tile for a crop. @param crop size of the crop in pixels */
export function tilePlace({ matrix: [a, b, c, d, e, f], step }: Similarity, crop: ImageSize): TilePlace {
  const block = Math.max(1, Math.floor(step));
  const startOf = (alongRow: number, alongColumn: number, shift: number): number =>
    Math.floor(
      shift + Math.min(0, alongRow * (crop.width - 1)) + Math.min(0, alongColumn * (crop.height - 1)),
    ) - (block > 1 ? block : 0);
  return { left: startOf(a, b, c), top: startOf(d, e, f), block };
}

/**
 * Cuts out what a crop needs. Where a crop pixel is worth several pixels of the photograph, so many are first averaged along both axes:
 * bilinear interpolation would take four of them and miss the others. What is outside of the photograph stays black.
 *
 * @param crop size of the crop in pixels
 * @param tile zeros, rgba of a square of `side`
 * @returns the matrix from the crop's pixels to the tile's, as {@link Similarity.matrix}
 */
export function cutTile(
  image: RgbaImage,
  similarity: Similarity,
  crop: ImageSize,
  tile: Uint8Array,
  side: number,
): readonly number[] {
  const [a, b, c, d, e, f] = similarity.matrix;
  const { left, top, block } = tilePlace(similarity, crop);
  if (block === 1) copy(image, left, top, tile, side);
  else average(image, left, top, block, tile, side);
  // The centre of the first block lies (block − 1)/2 pixels after its first pixel.
  const middle = (block - 1) / 2;
  return [
    a / block,
    b / block,
    (c - left - middle) / block,
    d / block,
    e / block,
    (f - top - middle) / block,
  ];
}

function copy(
  { width, height, data }: RgbaImage,
  left: number,
  top: number,
  tile: Uint8Array,
  side: number,
): void {
  const first = Math.max(0, left);
  const end = Math.min(width, left + side);
  if (first >= end) return;
  for (let row = Math.max(0, top); row < Math.min(height, top + side); row++) {
    const start = 4 * (row * width + first);
    tile.set(data.subarray(start, start + 4 * (end - first)), 4 * ((row - top) * side + first - left));
  }
}

function average(
  { width, height, data }: RgbaImage,
  left: number,
  top: number,
  block: number,
  tile: Uint8Array,
  side: number,
): void {
  const area = block * block;
  for (let r = 0; r < side; r++) {
    const rows = [Math.max(0, top + r * block), Math.min(height, top + (r + 1) * block)] as const;
    if (rows[0] >= rows[1]) continue;
    for (let q = 0; q < side; q++) {
      const columns = [Math.max(0, left + q * block), Math.min(width, left + (q + 1) * block)] as const;
      let [red, green, blue] = [0, 0, 0];
      for (let row = rows[0]; row < rows[1]; row++) {
        for (let i = 4 * (row * width + columns[0]); i < 4 * (row * width + columns[1]); i += 4) {
          red += data[i]!;
          green += data[i + 1]!;
          blue += data[i + 2]!;
        }
      }
      const to = 4 * (r * side + q);
      tile[to] = Math.round(red / area);
      tile[to + 1] = Math.round(green / area);
      tile[to + 2] = Math.round(blue / area);
    }
  }
}
