import type { Camera } from './camera.ts';
import type { Face } from './expression.ts';
import { clamp, cosine, sine } from './numeric.ts';
import type { Relief } from './relief.ts';

/** What a vertex belongs to. */
export const PART = { head: 0, ear: 1, neck: 2 } as const;

/** Values that the rasteriser interpolates, in this order. */
export const FIELD = { x: 0, y: 1, angle: 2, normalX: 3, normalY: 4, openness: 5 } as const;
export const FIELDS = 6;

/** A grid of vertices in camera space. */
export interface Patch {
  readonly part: number;
  readonly rows: number;
  readonly columns: number;
  /** Sign of a front-facing triangle's area in the raster. */
  readonly winding: number;
  /** x, y, z per vertex: raster column, raster row, and depth towards the camera in head units. */
  readonly position: Float32Array;
  /** FIELDS numbers per vertex: face-plane x and y, angle around the head, unit normal, openness to the sky. */
  readonly fields: Float32Array;
}

/** Writes into `out` the head coordinates x, y, z, then the face-plane x and y and the angle of grid point (u, v). */
type Place = (u: number, v: number, out: Float64Array) => void;

/** Samples `place` on a rows x columns grid over [0, 1]², normals by differences of neighbours, through the camera. */
function buildPatch(
  part: number,
  rows: number,
  columns: number,
  camera: Camera,
  flip: number,
  place: Place,
): Patch {
  const count = rows * columns;
  const space = new Float32Array(count * 3);
  const position = new Float32Array(count * 3);
  const fields = new Float32Array(count * FIELDS);
  const point = new Float64Array(6);
  for (let r = 0, v = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, v++) {
      place(c / (columns - 1), r / (rows - 1), point);
      fields[v * FIELDS + FIELD.x] = point[3]!;
      fields[v * FIELDS + FIELD.y] = point[4]!;
      fields[v * FIELDS + FIELD.angle] = point[5]!;
      camera.turn(point);
      for (let k = 0; k < 3; k++) space[v * 3 + k] = point[k]!;
      camera.project(point);
      for (let k = 0; k < 3; k++) position[v * 3 + k] = point[k]!;
    }
  }
  for (let r = 0, v = 0; r < rows; r++) {
    const above = r > 0 ? -columns : 0;
    const below = r < rows - 1 ? columns : 0;
    const reachUp = (r > 1 ? 2 : r) * columns;
    const reachDown = (r < rows - 2 ? 2 : rows - 1 - r) * columns;
    for (let c = 0; c < columns; c++, v++) {
      const left = (v - (c > 0 ? 1 : 0)) * 3;
      const right = (v + (c < columns - 1 ? 1 : 0)) * 3;
      const up = (v + above) * 3;
      const down = (v + below) * 3;
      const ax = space[right]! - space[left]!;
      const ay = space[right + 1]! - space[left + 1]!;
      const az = space[right + 2]! - space[left + 2]!;
      const bx = space[up]! - space[down]!;
      const by = space[up + 1]! - space[down + 1]!;
      const bz = space[up + 2]! - space[down + 2]!;
      const nx = ay * bz - az * by;
      const ny = az * bx - ax * bz;
      const nz = ax * by - ay * bx;
      const inverse = flip / Math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12);
      fields[v * FIELDS + FIELD.normalX] = nx * inverse;
      fields[v * FIELDS + FIELD.normalY] = ny * inverse;
      // Openness: how far the neighbourhood rises over the tangent plane; hollows see less of the sky.
      const west = (v - Math.min(2, c)) * 3;
      const east = (v + Math.min(2, columns - 1 - c)) * 3;
      const north = (v - reachUp) * 3;
      const south = (v + reachDown) * 3;
      let rise = 0;
      for (let k = 0; k < 3; k++) {
        const mean = (space[west + k]! + space[east + k]! + space[north + k]! + space[south + k]!) / 4;
        rise += (mean - space[v * 3 + k]!) * (k === 0 ? nx : k === 1 ? ny : nz) * inverse;
      }
      fields[v * FIELDS + FIELD.openness] = clamp(1 - 6.5 * rise, 0.4, 1.15);
    }
  }
  return { part, winding: flip, rows, columns, position, fields };
}

const HEAD_ROWS = 66;
const HEAD_COLUMNS = 45;
const HALF_TURN = 1.85;

/** Angle, sine and cosine of each column of the head's grid, denser in the middle of the face. */
const HEAD_ANGLES = new Float64Array(HEAD_COLUMNS).map((_, c) => {
  const s = (2 * c) / (HEAD_COLUMNS - 1) - 1;
  return HALF_TURN * s * (0.62 + 0.38 * s * s);
});
const HEAD_SINES = HEAD_ANGLES.map(sine);
const HEAD_COSINES = HEAD_ANGLES.map(cosine);

/** Head, ears and neck of the face as seen by the camera. */
export function buildPatches(face: Face, relief: Relief, camera: Camera): Patch[] {
  return [
    neckPatch(face, camera),
    earPatch(face, relief, camera, -1),
    earPatch(face, relief, camera, 1),
    headPatch(face, relief, camera),
  ];
}

function headPatch(face: Face, relief: Relief, camera: Camera): Patch {
  const { head } = face.person;
  const height = head.crownY - head.chinY;
  let slice = relief.slice(head.crownY);
  return buildPatch(PART.head, HEAD_ROWS, HEAD_COLUMNS, camera, 1, (u, v, out) => {
    if (u === 0) {
      const t = 2 * v - 1;
      slice = relief.slice(head.crownY - height * (0.5 + 0.5 * t * (0.8 + 0.2 * t * t)));
    }
    const column = Math.round(u * (HEAD_COLUMNS - 1));
    relief.place(slice, HEAD_ANGLES[column]!, HEAD_SINES[column]!, HEAD_COSINES[column]!, out);
    out[4] = slice.y;
    out[5] = HEAD_ANGLES[column]!;
  });
}

/** An ear is a shell that stands off the head at `spread`; its x runs from the root (0) to the rim (1). */
function earPatch(face: Face, relief: Relief, camera: Camera, side: number): Patch {
  const { ears, head } = face.person;
  const rootX = relief.slice(ears.y).width * 0.99;
  return buildPatch(PART.ear, 9, 7, camera, side, (u, v, out) => {
    const q = 2 * v - 1;
    const reach = u * Math.sqrt(Math.max(0, 1 - q * q)) * (0.78 - 0.22 * q) * ears.size;
    out[0] = side * (rootX + reach * 0.62 * (0.25 + ears.spread) + 0.2 * u * u * (1 - u));
    out[1] = ears.y - q * ears.size;
    out[2] = -head.depth - reach * 0.5 + 0.05 * (1 - u) - 0.02;
    out[3] = u;
    out[4] = q;
    out[5] = side * 1.6;
  });
}

function neckPatch(face: Face, camera: Camera): Patch {
  const { head, masculinity } = face.person;
  return buildPatch(PART.neck, 6, 13, camera, 1, (u, v, out) => {
    const angle = 1.7 * (2 * u - 1);
    const radius = 0.55 + 0.12 * masculinity + 0.25 * v * v * v;
    out[0] = radius * sine(angle);
    out[1] = head.chinY + 0.45 - 1.9 * v;
    out[2] = -0.95 - 0.15 * v + radius * 0.8 * cosine(angle);
    out[3] = out[0];
    out[4] = out[1];
    out[5] = angle;
  });
}
