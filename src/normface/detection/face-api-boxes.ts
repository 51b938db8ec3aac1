/** At which sizes the tiny face detector looks at a photograph, and which boxes its map stands for. */

import type { ImageSize } from '../data/images/image.ts';
import type { Candidate } from './boxes.ts';
import { anchors, cellSize, perAnchor } from './face-api-nets.ts';
import type { Level, Piece } from './pyramid.ts';

/** Longest side of the smallest size at which photographs are looked at: a face that fills one is about as large as the largest anchor. */
export const leastSide = 160;

/** How much larger than it is a photograph is looked at, at most. */
const mostEnlarged = 1.5;

/** A photograph with its longest side scaled to some pixels. */
export function levelOf({ width, height }: ImageSize, side: number): Level {
  const scale = side / Math.max(width, height);
  const extent = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
  const [columns, rows] = [extent(width), extent(height)];
  return { width: columns, height: rows, scaleX: columns / width, scaleY: rows / height };
}

/** Levels of which each is twice as large as the one before. */
export function doublings(photograph: ImageSize, largestSide: number): Level[] {
  const most = Math.min(largestSide, mostEnlarged * Math.max(photograph.width, photograph.height));
  const levels = [levelOf(photograph, leastSide)];
  for (let side = 2 * leastSide; side <= most; side *= 2) levels.push(levelOf(photograph, side));
  return levels;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * What each anchor of each cell of a piece says: the middle lies in the cell at the sigmoid of x and y, the box is exp(width), exp(height) times
 * the anchor (Redmon & Farhadi, arXiv 1612.08242, section 2). Boxes that a cut of the level goes through are left to the piece on the other
 * side, which has them whole.
 *
 * @param output [rows, columns, anchors, 5] of the piece's page, of which the first row and column are passed over
 * @returns boxes in edges of the photograph
 */
export function candidatesOf(
  piece: Piece,
  output: Float32Array,
  columns: number,
  threshold: number,
): Candidate[] {
  const { level } = piece;
  const candidates: Candidate[] = [];
  for (let row = 0; row * cellSize < piece.height; row++)
    for (let column = 0; column * cellSize < piece.width; column++)
      anchors.forEach((anchor, a) => {
        const cell = (piece.pageY / cellSize + row + 1) * columns + piece.pageX / cellSize + column + 1;
        const at = (cell * anchors.length + a) * perAnchor;
        const score = sigmoid(output[at + 4]!);
        if (!(score > threshold)) return;
        const width = Math.exp(output[at + 2]!) * anchor.width * cellSize;
        const height = Math.exp(output[at + 3]!) * anchor.height * cellSize;
        const x = (column + sigmoid(output[at]!)) * cellSize - width / 2;
        const y = (row + sigmoid(output[at + 1]!)) * cellSize - height / 2;
        if (!Number.isFinite(width * height) || isCut(piece, x, y, width, height)) return;
        const box = {
          x: (piece.x + x) / level.scaleX,
          y: (piece.y + y) / level.scaleY,
          width: width / level.scaleX,
          height: height / level.scaleY,
        };
        candidates.push({ box, score });
      });
  return candidates;
}

/** Whether a box of a piece reaches over an edge that is none of the photograph. */
const isCut = (piece: Piece, x: number, y: number, width: number, height: number): boolean =>
  (x < 0 && piece.x > 0) ||
  (y < 0 && piece.y > 0) ||
  (x + width > piece.width && piece.x + piece.width < piece.level.width) ||
  (y + height > piece.height && piece.y + piece.height < piece.level.height);
