import type { Nuisance } from './nuisance.ts';
import { cosine, sine, type Vector } from './numeric.ts';

/** Size of the template in its own units; every position in a picture is computed in them. */
export const TEMPLATE = { width: 96, height: 112 } as const;

/** Eyes, nose tip and mouth corners where a 96 x 112 aligned crop has them (docs/reference.md#aligned-crops). */
const LANDMARKS: readonly (readonly [number, number])[] = [
  [30.2946, 51.6963],
  [65.5318, 51.5014],
  [48.0252, 71.7366],
  [33.5493, 92.3655],
  [62.7299, 92.2041],
];
/** The generated faces are a little smaller than the template, so that jaw and hairline stay in the picture. */
const LOOSENESS = 0.93;
const CENTRE = [48, 58] as const;

export interface Camera {
  /** Turns the head coordinates in point[0..2] into camera coordinates, in place. */
  turn(point: Float64Array): void;
  /** Replaces the camera coordinates in point[0..1] by raster column and row. */
  project(point: Float64Array): void;
  /** Raster samples per head unit. */
  readonly samplesPerUnit: number;
  /** Replaces raster column and row in point[0..1] by x and y (up) of the aligned head plane: `project` undone at depth 0. */
  toPlane(point: Float64Array): void;
}

/**
 * Looks at the head from `pose`, then does what a face aligner does: the similarity transform that takes the five
 * landmarks, as projected, nearest to the template (least squares), disturbed by the sample's misalignment.
 * `raster` is the size in samples; a raster of another aspect than 6:7 shows the middle of the template.
 */
export function createCamera(
  { pose, alignment }: Nuisance,
  landmarks: readonly Vector[],
  raster: { width: number; height: number },
): Camera {
  const cy = cosine(pose.yaw);
  const sy = sine(pose.yaw);
  const cp = cosine(pose.pitch);
  const sp = sine(pose.pitch);
  const pivot = -0.9;
  const turn = (point: Float64Array): void => {
    const [x, y] = point;
    const depth = point[2]! - pivot;
    const turned = depth * cy - x! * sy;
    point[0] = x! * cy + depth * sy;
    point[1] = y! * cp - turned * sp;
    point[2] = y! * sp + turned * cp + pivot;
  };

  const seen = landmarks.map((landmark) => {
    const point = new Float64Array(landmark);
    turn(point);
    const nearer = pose.distance / (pose.distance - point[2]!);
    return [point[0]! * nearer, -point[1]! * nearer];
  });
  const aim = LANDMARKS.map(([x, y]) => [
    CENTRE[0] + (x - CENTRE[0]) * LOOSENESS,
    CENTRE[1] + (y - CENTRE[1]) * LOOSENESS,
  ]);
  const mean = (points: readonly (readonly number[])[], k: number) =>
    points.reduce((sum, p) => sum + p[k]!, 0) / points.length;
  const [mx, my, tx, ty] = [mean(seen, 0), mean(seen, 1), mean(aim, 0), mean(aim, 1)];
  let along = 0;
  let across = 0;
  let norm = 0;
  for (let i = 0; i < seen.length; i++) {
    const [x, y] = [seen[i]![0]! - mx, seen[i]![1]! - my];
    const [u, v] = [aim[i]![0]! - tx, aim[i]![1]! - ty];
    along += x * u + y * v;
    across += x * v - y * u;
    norm += x * x + y * y;
  }
  const cr = cosine(alignment.roll);
  const sr = sine(alignment.roll);
  const zoom = Math.max(raster.width / TEMPLATE.width, raster.height / TEMPLATE.height);
  const k = (zoom * alignment.scale) / norm;
  const a = k * (along * cr - across * sr);
  const b = k * (across * cr + along * sr);
  const originX = raster.width / 2 + zoom * (tx - TEMPLATE.width / 2 + alignment.shiftX * TEMPLATE.width);
  const originY = raster.height / 2 + zoom * (ty - TEMPLATE.height / 2 + alignment.shiftY * TEMPLATE.width);
  const square = a * a + b * b;
  return {
    turn,
    project(point) {
      const nearer = pose.distance / (pose.distance - point[2]!);
      const x = point[0]! * nearer - mx;
      const y = -point[1]! * nearer - my;
      point[0] = originX + a * x - b * y;
      point[1] = originY + b * x + a * y;
    },
    samplesPerUnit: Math.sqrt(square),
    toPlane(point) {
      const x = point[0]! - originX;
      const y = point[1]! - originY;
      point[0] = (a * x + b * y) / square + mx;
      point[1] = -((a * y - b * x) / square + my);
    },
  };
}
