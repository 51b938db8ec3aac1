import { FIELDS, type Patch } from './mesh.ts';

/** Raster samples per pixel side; those on the diagonal of a pixel are shaded. */
export const SAMPLING = 2;

/** Depth farther than any surface. */
export const EMPTY = -1e9;

/** What the camera sees at every sample: depth, part and the interpolated fields of the nearest surface. */
export interface Visible {
  readonly width: number;
  readonly height: number;
  readonly depth: Float32Array;
  readonly part: Uint8Array;
  /** FIELDS numbers per sample, valid on the pixels' diagonals where depth is not EMPTY. */
  readonly fields: Float32Array;
}

/** Depth-buffered rasterisation of the patches' front-facing triangles with barycentric interpolation. */
export function rasterise(patches: readonly Patch[], width: number, height: number): Visible {
  const visible: Visible = {
    width,
    height,
    depth: new Float32Array(width * height).fill(EMPTY),
    part: new Uint8Array(width * height),
    fields: new Float32Array(width * height * FIELDS),
  };
  for (const patch of patches) {
    const { rows, columns } = patch;
    for (let r = 0; r + 1 < rows; r++) {
      for (let c = 0; c + 1 < columns; c++) {
        const v = r * columns + c;
        triangle(visible, patch, v, v + 1, v + columns);
        triangle(visible, patch, v + 1, v + columns + 1, v + columns);
      }
    }
  }
  return visible;
}

function triangle(visible: Visible, patch: Patch, i: number, j: number, k: number): void {
  const { width, height, depth, part, fields } = visible;
  const p = patch.position;
  const x0 = p[3 * i]!;
  const y0 = p[3 * i + 1]!;
  const x1 = p[3 * j]!;
  const y1 = p[3 * j + 1]!;
  const x2 = p[3 * k]!;
  const y2 = p[3 * k + 1]!;
  const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
  if (area * patch.winding <= 0) return;
  const left = Math.max(0, Math.ceil(Math.min(x0, x1, x2) - 0.5));
  const right = Math.min(width - 1, Math.floor(Math.max(x0, x1, x2) - 0.5));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1, y2) - 0.5));
  const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1, y2) - 0.5));
  if (left > right || top > bottom) return;
  const inverse = 1 / area;
  const z0 = p[3 * i + 2]!;
  const z1 = p[3 * j + 2]!;
  const z2 = p[3 * k + 2]!;
  const f = patch.fields;
  for (let row = top; row <= bottom; row++) {
    const y = row + 0.5;
    for (let column = left; column <= right; column++) {
      const x = column + 0.5;
      const w1 = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) * inverse;
      const w2 = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) * inverse;
      const w0 = 1 - w1 - w2;
      if (w0 < -1e-6 || w1 < -1e-6 || w2 < -1e-6) continue;
      const z = w0 * z0 + w1 * z1 + w2 * z2;
      const at = row * width + column;
      if (z <= depth[at]!) continue;
      depth[at] = z;
      if ((row - column) % SAMPLING !== 0) continue;
      part[at] = patch.part;
      for (let n = 0; n < FIELDS; n++) {
        fields[at * FIELDS + n] = w0 * f[i * FIELDS + n]! + w1 * f[j * FIELDS + n]! + w2 * f[k * FIELDS + n]!;
      }
    }
  }
}
