/** From features to places on a drawing: the plane as it is, space seen from a direction that can be turned. */

import { cross, dot, type Point3, unit } from '../../normface/experiments/vectors.ts';

/** A point of a drawing: x to the right and y up, with `depth` towards the eye (0 in the plane). */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

/** Parallel projection of space along a direction: three unit vectors at right angles. */
export interface View {
  readonly right: Point3;
  readonly up: Point3;
  readonly towards: Point3;
}

/** From a little above and beside, so that no axis points at the eye. */
export const startView: View = lookingFrom([0.45, -1, 0.4]);

/** The view from a direction; the third axis points up. */
export function lookingFrom(direction: Point3): View {
  const towards = unit(direction);
  const right = unit([-towards[1], towards[0], 0]);
  return { right, up: cross(towards, right), towards };
}

/**
 * Turns what is seen, as by moving its front to the right and up.
 *
 * @param rightwards radians about the upward axis of the drawing
 * @param upwards radians about its axis to the right
 */
export function turned({ right, up, towards }: View, rightwards: number, upwards: number): View {
  const across = mixed(right, towards, rightwards);
  const depth = mixed(towards, right, -rightwards);
  return orthonormal(across, mixed(depth, up, -upwards));
}

/** The first of two perpendicular unit vectors, turned towards the second. */
function mixed(a: Point3, b: Point3, angle: number): Point3 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c * a[0] + s * b[0], c * a[1] + s * b[1], c * a[2] + s * b[2]];
}

/** The view with this depth and nearly this direction to the right: rounding must not add up over a thousand turns. */
function orthonormal(right: Point3, towards: Point3): View {
  const depth = unit(towards);
  const up = unit(cross(depth, right));
  return { right: cross(up, depth), up, towards: depth };
}

/** Where a point of space is seen. */
export function seen({ right, up, towards }: View, point: Point3): Place {
  return { x: dot(point, right), y: dot(point, up), depth: dot(point, towards) };
}

/** Where vectors of two or three numbers are seen, multiplied by `factor`. */
export function placesOf(vectors: Float32Array, dimension: 2 | 3, view: View, factor: number): Place[] {
  return Array.from({ length: vectors.length / dimension }, (_, i) => {
    const x = factor * vectors[i * dimension]!;
    const y = factor * vectors[i * dimension + 1]!;
    return dimension === 2 ? { x, y, depth: 0 } : seen(view, [x, y, factor * vectors[i * 3 + 2]!]);
  });
}

/** Meridians and circles of latitude of the unit sphere, every 30 degrees, in short lines. */
export function sphereGrid(): Point3[][] {
  const angles = Array.from({ length: 73 }, (_, k) => (k * Math.PI) / 36);
  const at = (latitude: number, longitude: number): Point3 => [
    Math.cos(latitude) * Math.cos(longitude),
    Math.cos(latitude) * Math.sin(longitude),
    Math.sin(latitude),
  ];
  const steps = Array.from({ length: 6 }, (_, k) => (k * Math.PI) / 6);
  return [
    ...steps.map((longitude) => angles.map((latitude) => at(latitude, longitude))),
    ...steps.slice(1).map((latitude) => angles.map((longitude) => at(latitude - Math.PI / 2, longitude))),
  ];
}
