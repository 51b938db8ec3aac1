/** The similarity between a template and the five points of a face: rotation, one scale and a shift, never a reflection. */

import type { FivePoints, Point } from '../detection/detector.ts';
import type { Fit, Template } from './template.ts';

/** Points that no face has: they lie on one another or in a line, are no numbers, or the template cannot be found in them. */
export class DegeneratePointsError extends Error {
  override name = 'DegeneratePointsError';
}

/** Where a crop lies in its photograph. */
export interface Similarity {
  /** Rows (a, b, c) and (d, e, f): the crop's pixel (u, v) shows the photograph at (a·u + b·v + c, d·u + e·v + f). */
  readonly matrix: readonly [number, number, number, number, number, number];
  /** Pixels of the photograph for one of the crop: the scale. */
  readonly step: number;
  /** Root mean square distance of the points from the template, in pixels of the crop. */
  readonly error: number;
}

/** Photographs have fewer pixels in a row; what is farther away is no place in one. */
const farthest = 1e6;

/** Pixels of the photograph for one of the crop, at least: of a smaller face nothing would be seen. */
const leastStep = 0.02;

/** Share of the points' spread that the template explains, at least. Photographed faces have more than nine tenths. */
const leastAgreement = 0.01;

/** How far points must be from a line: a hundredth of the variance across it. Faces from the side have a tenth, from the front a third or more. */
const leastWidth = 0.01;

/**
 * Fits a template to the points of a face with the least sum of squared distances. With points as complex numbers, centred, t of the
 * template and p of the photograph, p ≈ z·t: in the photograph z = Σ conj(t)·p / Σ|t|², in the crop 1/z = Σ conj(p)·t / Σ|p|². Being
 * linear in one complex number, neither can reflect (Umeyama, IEEE PAMI 13(4), 1991, section II, has the general case).
 *
 * @param points in pixels of the photograph, the centre of the top left one (0, 0)
 * @param fit default that of the template's program
 * @throws DegeneratePointsError
 */
export function similarityTo(points: FivePoints, template: Template, fit: Fit = template.fit): Similarity {
  if (points.some(({ x, y }) => !(Math.abs(x) <= farthest && Math.abs(y) <= farthest)))
    throw new DegeneratePointsError('its points are no places in a photograph');
  const from = centred(template.points);
  const to = centred(points);
  if (!(to.width > leastWidth * to.spread ** 2))
    throw new DegeneratePointsError('its five points lie on one another or in one line, as those of no face');
  // Σ conj(t)·p
  let [real, imaginary] = [0, 0];
  from.offsets.forEach((t, k) => {
    const p = to.offsets[k]!;
    real += t.x * p.x + t.y * p.y;
    imaginary += t.x * p.y - t.y * p.x;
  });
  const product = Math.hypot(real, imaginary);
  const scale = fit === 'image' ? product / from.spread : to.spread / product;
  if (!(product ** 2 > leastAgreement * from.spread * to.spread) || scale < leastStep)
    throw new DegeneratePointsError('its five points do not lie like those of a face');
  const [a, d] = [(scale * real) / product, (scale * imaginary) / product];
  const c = to.mean.x - (a * from.mean.x - d * from.mean.y);
  const f = to.mean.y - (d * from.mean.x + a * from.mean.y);
  const squares = template.points.map(({ x, y }, k) => {
    const point = points[k]!;
    return (a * x - d * y + c - point.x) ** 2 + (d * x + a * y + f - point.y) ** 2;
  });
  const error = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length) / scale;
  return { matrix: [a, -d, c, d, a, f], step: scale, error };
}

/**
 * Points from their mean, the sum of their squared distances from it, and `width`: the determinant of the sums of their products, which
 * is 0 on a line and a quarter of the square of `spread` in all directions alike.
 */
function centred(points: readonly Point[]) {
  const mean = { x: 0, y: 0 };
  for (const { x, y } of points) {
    mean.x += x / points.length;
    mean.y += y / points.length;
  }
  const offsets = points.map(({ x, y }) => ({ x: x - mean.x, y: y - mean.y }));
  let [xx, xy, yy] = [0, 0, 0];
  for (const { x, y } of offsets) {
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return { mean, offsets, spread: xx + yy, width: xx * yy - xy * xy };
}
