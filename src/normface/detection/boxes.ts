/** Arithmetic of boxes: how much two overlap, which of many are kept, and how a net moves one. */

import type { Box } from './detector.ts';

/** A box that a net holds for a face, with how sure it is; `box` is in edges: pixel (0, 0) is the square from 0 to 1. */
export interface Candidate {
  readonly box: Box;
  readonly score: number;
}

/** What of two boxes their common area is divided by: their union (Jaccard's index), or the smaller of the two. */
export type OverlapMeasure = 'union' | 'minimum';

/** How much of two boxes is common to both: 0 apart, 1 where they are the same, or with `minimum` where one lies in the other. */
export function overlap(a: Box, b: Box, measure: OverlapMeasure = 'union'): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (!(width > 0 && height > 0)) return 0;
  const common = width * height;
  const [first, second] = [a.width * a.height, b.width * b.height];
  return common / (measure === 'union' ? first + second - common : Math.min(first, second));
}

/**
 * Non-maximum suppression: from the surest on, each candidate is kept unless it overlaps one that is kept by more than `most`.
 *
 * @returns the kept ones, surest first; of equally sure ones the earlier of the list comes first
 */
export function suppress<C extends Candidate>(
  candidates: readonly C[],
  most: number,
  measure: OverlapMeasure = 'union',
): C[] {
  const kept: C[] = [];
  for (const candidate of surestFirst(candidates))
    if (!kept.some(({ box }) => overlap(box, candidate.box, measure) > most)) kept.push(candidate);
  return kept;
}

/** Sorted by score; equal ones stay in their order. */
export function surestFirst<C extends Candidate>(candidates: readonly C[]): C[] {
  return [...candidates].sort((a, b) => b.score - a.score);
}

/** A box whose left, top, right and bottom edge move by fractions of its width (left, right) and height (top, bottom). */
export function moved(
  { x, y, width, height }: Box,
  [left, top, right, bottom]: ArrayLike<number> & Iterable<number>,
): Box {
  const [l = 0, t = 0, r = 0, b = 0] = [left, top, right, bottom];
  return { x: x + l * width, y: y + t * height, width: width * (1 + r - l), height: height * (1 + b - t) };
}

/** The square around the middle of a box whose side is the longer one of the box. */
export function squared({ x, y, width, height }: Box): Box {
  const side = Math.max(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}
