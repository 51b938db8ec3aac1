import type { Nuisance } from './nuisance.ts';
import { normalise } from './numeric.ts';
import type { Painter } from './paint.ts';
import type { Visible } from './rasterise.ts';

/** Skin scatters light into the shadow side, red the farthest: wrap of the diffuse term per channel. */
const WRAP = [0.34, 0.2, 0.16] as const;
const SHADOW_STEPS = 6;
/** Length of the shadow march, head units. */
const SHADOW_REACH = 0.75;

/**
 * A key light with shadows cast on the visible surface (a march through the depth buffer towards the light), light from the
 * sky and the ground weighted with the openness, and a highlight.
 */
export function createLight(nuisance: Nuisance, visible: Visible, samplesPerUnit: number): Painter {
  const { direction, key, sky, ground } = nuisance.light;
  const [lx, ly, lz] = direction;
  const gain = WRAP.map((wrap) => 1 / (1 + wrap));
  const half = normalise(lx, ly, lz + 1);
  const { depth, width } = visible;
  const horizontal = Math.sqrt(lx * lx + ly * ly) + 1e-6;
  // The march's offsets in samples and the height of the ray over each.
  const columns: number[] = [];
  const rows: number[] = [];
  const rise: number[] = [];
  for (let k = 0; k < SHADOW_STEPS; k++) {
    const run = ((k + 0.6) / SHADOW_STEPS) * SHADOW_REACH;
    columns.push(Math.round((lx / horizontal) * run * samplesPerUnit));
    rows.push(Math.round((-ly / horizontal) * run * samplesPerUnit));
    rise.push((Math.max(0.05, lz) / horizontal) * run + 0.035);
  }

  const shadow = (index: number): number => {
    const column = index % width;
    const own = depth[index]!;
    let blocked = 0;
    for (let k = 0; k < SHADOW_STEPS; k++) {
      const c = column + columns[k]!;
      const there = index + columns[k]! + rows[k]! * width;
      if (c < 0 || c >= width || there < 0 || there >= depth.length) break;
      const over = depth[there]! - own - rise[k]!;
      if (over > blocked) blocked = over;
    }
    return Math.min(0.85, blocked * 11);
  };

  return (fragment) => {
    const { normalX, normalY, openness } = fragment;
    const normalZ = Math.sqrt(Math.max(0, 1 - normalX * normalX - normalY * normalY));
    const facing = normalX * lx + normalY * ly + normalZ * lz;
    const sun = facing > -0.3 ? 1 - shadow(fragment.index) : 0;
    const up = 0.5 + 0.5 * normalY;
    const shine = Math.max(0, normalX * half[0] + normalY * half[1] + normalZ * half[2]);
    const shine2 = shine * shine;
    const shine8 = shine2 * shine2 * shine2 * shine2;
    const highlight =
      facing > 0 ? fragment.gloss * sun * (0.1 * shine8 + 0.22 * shine8 * shine8 * shine8) : 0;
    const ambient = openness * (0.75 + 0.25 * normalZ);
    const direct = sun * (0.6 + 0.4 * openness);
    const red = key[0] * direct * Math.max(0, facing + WRAP[0]) * gain[0]!;
    const green = key[1] * direct * Math.max(0, facing + WRAP[1]) * gain[1]!;
    const blue = key[2] * direct * Math.max(0, facing + WRAP[2]) * gain[2]!;
    fragment.red =
      fragment.red * (red + ambient * (ground[0] + (sky[0] - ground[0]) * up)) + highlight * key[0];
    fragment.green =
      fragment.green * (green + ambient * (ground[1] + (sky[1] - ground[1]) * up)) + highlight * key[1];
    fragment.blue =
      fragment.blue * (blue + ambient * (ground[2] + (sky[2] - ground[2]) * up)) + highlight * key[2];
  };
}
