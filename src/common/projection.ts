/** Space as it is seen from a direction, for drawings of the sphere. */

import { cross, dot, type Point3, unit } from './vectors.ts';

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

/** The view from a direction; the third axis points up. */
export function lookingFrom(direction: Point3): View {
  const towards = unit(direction);
  const right = unit([-towards[1], towards[0], 0]);
  return { right, up: cross(towards, right), towards };
}

/** Where a point of space is seen. */
export function seen({ right, up, towards }: View, point: Point3): Place {
  return { x: dot(point, right), y: dot(point, up), depth: dot(point, towards) };
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
