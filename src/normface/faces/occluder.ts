import { TEMPLATE } from './camera.ts';
import type { Identity } from './identity.ts';
import type { Nuisance } from './nuisance.ts';
import { clamp, cosine, linear, sine, smoothstep } from './numeric.ts';
import { cover, type Painter } from './paint.ts';
import { valueNoise } from './value-noise.ts';

const GREY = [1, 1, 1] as const;

/** What stands between camera and face: a hand, a microphone, or something blurred at the edge of the picture. */
export function createOccluder(
  person: Identity,
  nuisance: Nuisance,
  raster: { width: number; height: number },
): Painter | null {
  const { occluder, light } = nuisance;
  if (!occluder) return null;
  const zoom = Math.max(raster.width / TEMPLATE.width, raster.height / TEMPLATE.height);
  const unit = 1 / (zoom * TEMPLATE.width);
  const aspect = TEMPLATE.height / TEMPLATE.width;
  // Raster to picture coordinates in widths, origin at the template's top left.
  const toX = (column: number) => (column - raster.width / 2) * unit + 0.5;
  const toY = (row: number) => (row - raster.height / 2) * unit + 0.5 * aspect;
  const [lx, ly, lz] = light.direction;
  const lit = (nx: number, ny: number): number => {
    const nz = Math.sqrt(Math.max(0, 1 - nx * nx - ny * ny));
    const facing = Math.max(0, (nx * lx - ny * ly + nz * lz + 0.25) / 1.25);
    return light.key[1] * facing + 0.5 * (light.sky[1] + light.ground[1]);
  };

  if (occluder.kind === 'edge') {
    const nx = cosine(occluder.angle);
    const ny = sine(occluder.angle);
    const colour = linear(occluder.colour);
    return (fragment) => {
      const { column, row } = fragment;
      const x = toX(column) - 0.5;
      const y = toY(row) - 0.5 * aspect;
      const depth = x * nx + y * ny - 0.55 + occluder.depth + 0.04 * valueNoise((x + y) * 5, 3);
      const opacity = smoothstep(-0.025, 0.025, depth);
      if (opacity > 0) {
        const level = lit(0, 0) * (0.85 + 0.2 * valueNoise(x * 3, y * 3));
        cover(fragment, colour, opacity, level);
      }
    };
  }

  if (occluder.kind === 'microphone') {
    const { x: cx, size, lean } = occluder;
    const cy = occluder.y * aspect;
    return (fragment) => {
      const { column, row } = fragment;
      const x = toX(column) - cx;
      const y = toY(row) - cy;
      const head = Math.sqrt(x * x + y * y);
      const stick = Math.abs(x - lean * y);
      if (head < size) {
        const level = lit(x / size, y / size) * (0.05 + 0.035 * valueNoise(x * 70, y * 70));
        cover(fragment, GREY, smoothstep(size, size * 0.93, head), level);
      } else if (y > 0 && stick < size * 0.5) {
        const level = 0.06 * lit((x - lean * y) / (size * 0.55), 0);
        cover(fragment, GREY, smoothstep(size * 0.5, size * 0.44, stick), level);
      }
    };
  }

  const skin = linear(person.skin.colour);
  const { side, size } = occluder;
  const cy = occluder.y * aspect;
  const radius = 0.052 * size;
  return (fragment) => {
    const { column, row } = fragment;
    // Four fingers fan out upwards and inwards from below; each is a capsule shaded like a cylinder.
    const x = (toX(column) - occluder.x) * side;
    const y = toY(row) - cy;
    let best = 1;
    let bestX = 0;
    let bestY = 0;
    for (let finger = 0; finger < 4; finger++) {
      const baseX = (finger - 1.5) * radius * 1.8;
      const tipX = baseX - 0.08 + (finger - 1.5) * 0.02;
      const tipY = -0.2 * size - 0.03 * (finger === 1 || finger === 2 ? 1 : 0);
      const dx = tipX - baseX;
      const dy = tipY - 0.5;
      const t = clamp(((x - baseX) * dx + (y - 0.5) * dy) / (dx * dx + dy * dy), 0, 1);
      const ex = (x - baseX - t * dx) / radius;
      const ey = (y - 0.5 - t * dy) / radius;
      const d = Math.sqrt(ex * ex + ey * ey);
      if (d < best) {
        best = d;
        bestX = ex * side;
        bestY = ey;
      }
    }
    if (best < 1) {
      const level = lit(bestX, bestY) * (1 - 0.45 * smoothstep(0.7, 1, best));
      cover(fragment, skin, smoothstep(1, 0.93, best), level);
    }
  };
}
