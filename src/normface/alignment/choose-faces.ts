/** Which of the faces of a photograph are cut out. */

import type { ImageSize } from '../data/images/image.ts';
import type { Point } from '../detection/detector.ts';
import type { LocatedFace } from './landmark-list.ts';

/** `centre`: the one nearest to the middle of the photograph, as in sets of portraits, where others stand behind. */
export type FaceChoice = 'all' | 'largest' | 'centre';

/** Why a face outside of its photograph is no crop: it would show nothing. */
export const outsideReason = 'the points lie outside the photograph';

/** Whether all five points, or their centre, lie outside of the photograph: a list of other photographs, or of other sizes of them. */
export function isOutside(points: readonly Point[], { width, height }: ImageSize): boolean {
  // Pixels are squares around their centres, which have whole coordinates.
  const lies = ({ x, y }: Point) => x >= -0.5 && y >= -0.5 && x <= width - 0.5 && y <= height - 0.5;
  return !points.some(lies) || !lies(meanOf(points));
}

/** The faces that are wanted, in the order in which they were found. */
export function chooseFaces(
  faces: readonly LocatedFace[],
  choice: FaceChoice,
  { width, height }: ImageSize,
): readonly LocatedFace[] {
  if (choice === 'all' || faces.length < 2) return faces;
  const middle = { x: (width - 1) / 2, y: (height - 1) / 2 };
  const rank =
    choice === 'largest'
      ? (face: LocatedFace) => -spreadOf(face.points)
      : (face: LocatedFace) => {
          const { x, y } = meanOf(face.points);
          return Math.hypot(x - middle.x, y - middle.y);
        };
  const ranks = faces.map(rank);
  return [faces[ranks.indexOf(Math.min(...ranks))]!];
}

/** Sum of squared distances of points from their mean: what makes a face large, whoever found its points. */
function spreadOf(points: readonly Point[]): number {
  const mean = meanOf(points);
  return points.reduce((sum, { x, y }) => sum + (x - mean.x) ** 2 + (y - mean.y) ** 2, 0);
}

function meanOf(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
