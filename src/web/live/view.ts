/** From features to places on a drawing: the plane as it is, space seen from a direction that can be turned. */

import { lookingFrom, type Place, seen, type View } from '../../common/projection.ts';
import { cross, type Point3, unit } from '../../common/vectors.ts';

/** From a little above and beside, so that no axis points at the eye. */
export const startView: View = lookingFrom([0.45, -1, 0.4]);

/** That of Figure 6: onto the third axis, about which the two classes lie. */
export const sketchView: View = lookingFrom([0.001, -0.55, 1]);

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

/** Where vectors of two or three numbers are seen, multiplied by `factor`. */
export function placesOf(vectors: Float32Array, dimension: 2 | 3, view: View, factor: number): Place[] {
  return Array.from({ length: vectors.length / dimension }, (_, i) => {
    const x = factor * vectors[i * dimension]!;
    const y = factor * vectors[i * dimension + 1]!;
    return dimension === 2 ? { x, y, depth: 0 } : seen(view, [x, y, factor * vectors[i * 3 + 2]!]);
  });
}
