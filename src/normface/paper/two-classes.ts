/** Two overlapping classes on the unit sphere: the sketch data of figures 6 and 7. */

import { type Point3, unit } from '../../common/vectors.ts';
import { normal01 } from '../../engine/core/random.ts';

export const samplesPerClass = 100;

/**
 * 100 points for each class from a normal distribution around (−offset, 0, 0.3) and (offset, 0, 0.3), normalised; the defaults are those of
 * draw/figure6/create_figure3.m of happynear/NormFace.
 * @param deviation of each coordinate
 */
export function twoClasses({
  seed,
  offset = 0.3,
  deviation = 0.25,
}: {
  seed: number;
  offset?: number;
  deviation?: number;
}) {
  const labels = Array.from({ length: 2 * samplesPerClass }, (_, i) => Math.floor(i / samplesPerClass));
  const features = labels.map((label, i): Point3 => {
    const noise = (axis: number) => deviation * normal01(seed, axis, i);
    return unit([(label === 0 ? -offset : offset) + noise(0), noise(1), 0.3 + noise(2)]);
  });
  return { features, labels };
}

/** The normalised mean of points. */
export function meanDirection(points: readonly Point3[]): Point3 {
  const sum = [0, 1, 2].map((axis) => points.reduce((total, point) => total + point[axis]!, 0));
  return unit([sum[0]!, sum[1]!, sum[2]!]);
}
