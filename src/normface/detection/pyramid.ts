/**
 * A photograph at many sizes, cut up and laid out on pages of one size. A net without padding computes each output from the pixels of its
 * own window alone, so its outputs on a piece are those on the whole, wherever the piece lies; and kernels, which are compiled for a
 * shape, are compiled once instead of once for each size of each photograph.
 */

import type { ImageSize } from '../data/images/image.ts';
import type { Box } from './detector.ts';
import type { Target } from './scaled.ts';

/** Windows that a net looks at faces through: their extent, and from one to the next, in pixels of a level. */
export interface Windows {
  readonly size: number;
  readonly stride: number;
}

/** A photograph at one size. */
export interface Level extends ImageSize {
  /** Pixels of the level for a pixel of the photograph. */
  readonly scaleX: number;
  readonly scaleY: number;
}

export interface PyramidOptions {
  /** Side of the smallest faces that are looked for, in pixels of the photograph; they fill a window of the first level. */
  readonly minFace: number;
  /** From the side of a level to that of the next. */
  readonly factor: number;
  /** Pixels of the first level; where it would have more, it is made smaller, and the smallest faces are not looked for. */
  readonly mostPixels: number;
}

/**
 * Levels from the largest to the last that a window fits on. Extents are multiples of the windows' stride, rounded up, so that windows
 * reach every border (Zhang et al., arXiv 1604.02878, section 2.1, has the pyramid).
 */
export function pyramid(
  { width, height }: ImageSize,
  { size, stride }: Windows,
  options: PyramidOptions,
): Level[] {
  const levels: Level[] = [];
  let scale = Math.min(size / options.minFace, Math.sqrt(options.mostPixels / (width * height)));
  for (; Math.min(width, height) * scale >= size; scale *= options.factor) {
    // A hair less, so that an extent that should be whole does not become one more.
    const extent = (pixels: number): number => stride * Math.ceil((pixels * scale) / stride - 1e-9);
    const [columns, rows] = [extent(width), extent(height)];
    levels.push({ width: columns, height: rows, scaleX: columns / width, scaleY: rows / height });
  }
  return levels;
}

/** A part of a level, and where it lies on which page. */
export interface Piece extends ImageSize {
  readonly level: Level;
  /** Of its top left in the level. */
  readonly x: number;
  readonly y: number;
  readonly page: number;
  readonly pageX: number;
  readonly pageY: number;
}

/**
 * Cuts levels into pieces whose windows are, together, all windows of the level, each once, and lays them out on as few pages as come of it.
 *
 * @param page extents are multiples of the windows' stride
 * @param gap pixels that are left free between pieces, for nets that see beyond their windows
 */
export function paginate(levels: readonly Level[], windows: Windows, page: ImageSize, gap = 0): Piece[] {
  const pieces = levels.flatMap((level) =>
    cuts(level.height, page.height, windows).flatMap(([y, height]) =>
      cuts(level.width, page.width, windows).map(([x, width]) => ({ level, x, y, width, height })),
    ),
  );
  return layOut(pieces, page, (extent) => Math.ceil((extent + gap) / windows.stride) * windows.stride);
}

/** [from, extent] of the parts of an axis. */
function cuts(extent: number, most: number, { size, stride }: Windows): [number, number][] {
  const parts: [number, number][] = [];
  for (let from = 0; ; from += most - size + stride) {
    const part = Math.min(most, extent - from);
    parts.push([from, part]);
    if (from + part === extent) return parts;
  }
}

/** Pieces of one page beside each other, as high as the first. */
interface Shelf {
  readonly page: number;
  readonly y: number;
  readonly height: number;
  filled: number;
}

/**
 * The highest first, each on the first shelf with room for it, else on a new shelf on the first page with room for that.
 *
 * @param taking what an extent takes up before the next piece can begin
 */
function layOut(
  pieces: readonly Omit<Piece, 'page' | 'pageX' | 'pageY'>[],
  page: ImageSize,
  taking: (extent: number) => number,
): Piece[] {
  const shelves: Shelf[] = [];
  /** Rows of each page that shelves take. */
  const taken: number[] = [];
  return [...pieces]
    .sort((a, b) => b.height - a.height || b.width - a.width)
    .map((piece) => {
      let shelf = shelves.find(
        ({ height, filled }) => height >= piece.height && page.width - filled >= piece.width,
      );
      if (!shelf) {
        let number = taken.findIndex((rows) => page.height - rows >= piece.height);
        if (number < 0) number = taken.push(0) - 1;
        shelf = { page: number, y: taken[number]!, height: piece.height, filled: 0 };
        taken[number]! += taking(piece.height);
        shelves.push(shelf);
      }
      const placed = { ...piece, page: shelf.page, pageX: shelf.filled, pageY: shelf.y };
      shelf.filled += taking(piece.width);
      return placed;
    });
}

/** The pieces of each page. */
export function onPages(pieces: readonly Piece[]): Piece[][] {
  const count = pieces.reduce((most, piece) => Math.max(most, piece.page + 1), 0);
  return Array.from({ length: count }, (_, number) => pieces.filter((piece) => piece.page === number));
}

/** What of the photograph a piece shows, in edges. */
export const partOf = ({ x, y, width, height, level: { scaleX, scaleY } }: Piece): Box => ({
  x: x / scaleX,
  y: y / scaleY,
  width: width / scaleX,
  height: height / scaleY,
});

/** Where a piece is written to, when its page begins at pixel `at`. */
export const placeOf = (
  { pageX, pageY, width, height }: Piece,
  page: ImageSize,
  pixels: Uint8Array,
  at: number,
): Target => ({
  pixels,
  stride: page.width,
  at: at + pageY * page.width + pageX,
  width,
  height,
});
