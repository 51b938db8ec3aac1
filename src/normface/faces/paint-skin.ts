import type { Face } from './expression.ts';
import type { Nuisance } from './nuisance.ts';
import { bell, clamp, linear, smoothstep } from './numeric.ts';
import { cover, darken, type Fragment, type Painter } from './paint.ts';
import { valueNoise } from './value-noise.ts';

/** Distance from (x, y) to the segment a-b. */
function segmentDistance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const t = clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1);
  const ex = x - ax - t * dx;
  const ey = y - ay - t * dy;
  return Math.sqrt(ex * ex + ey * ey);
}

/** Bare skin: tone, blush, blotches, freckles, moles, folds, wrinkles and nostrils. */
export function createSkinPainter(face: Face, nuisance: Nuisance): Painter {
  const { skin, nose, mouth, age, brows } = face.person;
  const base = linear(skin.colour);
  const offset = skin.textureOffset;
  const blush = clamp(0.16 * (skin.ruddiness + nuisance.grooming.redness), -0.1, 0.4);
  const fold = clamp(0.5 * skin.nasolabial + 0.35 * Math.max(0, face.smile), 0, 1) * 0.42;
  const lines = clamp(skin.wrinkles + 0.5 * Math.max(0, nuisance.expression.browRaise) - 0.15, 0, 1) * 0.3;
  const freckle: readonly [number, number, number] = [base[0] * 0.6, base[1] * 0.45, base[2] * 0.38];
  const mole: readonly [number, number, number] = [base[0] * 0.3, base[1] * 0.2, base[2] * 0.18];
  const foldTop = nose.tipY + 0.02;

  return (fragment: Fragment) => {
    const { x, y } = fragment;
    const ax = x < 0 ? -x : x;
    const blotch = valueNoise(x * 3 + offset, y * 3) * 0.6 + valueNoise(x * 9, y * 9 + offset) * 0.4;
    const light = 1 + 0.09 * skin.blotches * blotch;
    fragment.red = base[0] * light;
    fragment.green = base[1] * light;
    fragment.blue = base[2] * light;
    fragment.gloss = skin.gloss * (0.55 + 0.6 * bell((x * x) / 0.09 + ((y + 0.1) / 0.75) ** 2));

    const u = (ax - 0.52) / 0.42;
    const v = (y + 0.5) / 0.36;
    const warm = blush * (bell(u * u + v * v) + 0.8 * bell((x * x) / 0.08 + ((y - nose.tipY) / 0.24) ** 2));
    fragment.red *= 1 + 0.25 * warm;
    fragment.green *= 1 - warm;
    fragment.blue *= 1 - 0.85 * warm;

    if (skin.freckles > 0 && y < 0.1 && y > -0.9) {
      const spots = valueNoise(x * 26 + offset, y * 26) - 0.35;
      if (spots > 0)
        cover(fragment, freckle, clamp(spots * 2.2, 0, 1) * skin.freckles * bell((y + 0.35) ** 2 / 0.5));
    }
    for (const m of skin.moles) {
      const dx = x - m.x;
      const dy = y - m.y;
      if (dx < 0.05 && dx > -0.05 && dy < 0.05 && dy > -0.05) {
        cover(fragment, mole, smoothstep(m.radius, m.radius * 0.5, Math.sqrt(dx * dx + dy * dy)));
      }
    }
    if (lines > 0 && y > brows.y + 0.1 && y < 0.95) {
      const wave = (y + 0.05 * x * x + 0.02 * valueNoise(x * 4 + offset, 7)) * 7.5;
      const t = (wave - Math.floor(wave) - 0.5) / 0.3;
      darken(fragment, lines * bell(t * t) * smoothstep(0.75, 0.35, ax) * smoothstep(0.95, 0.8, y));
    }
    if (fold > 0 && y < foldTop + 0.1 && y > mouth.y - 0.2 && ax > 0.15 && ax < 0.7) {
      const d = segmentDistance(
        ax,
        y,
        nose.wingHalfWidth + 0.03,
        foldTop,
        mouth.halfWidth + 0.1,
        mouth.y + 0.02,
      );
      darken(fragment, fold * bell((d / 0.075) ** 2));
    }
    if (age > 0.5 && ax > 0.62 && ax < 0.95 && y > -0.3 && y < 0.2) {
      const ray = ((y + 0.05) / (ax - 0.45)) * 5.5;
      const t = (ray - Math.floor(ray) - 0.5) / 0.3;
      darken(
        fragment,
        0.25 * (age - 0.5) * bell(t * t) * smoothstep(0.6, 0.7, ax) * smoothstep(0.95, 0.8, ax),
      );
    }
    if (y < nose.tipY + 0.15 && y > nose.tipY - 0.25 && ax < 0.5) {
      const hole = (ax - nose.wingHalfWidth * 0.5) / (nose.wingHalfWidth * 0.36);
      const low = (y - nose.tipY + 0.095) / 0.055;
      darken(fragment, 0.85 * clamp(nose.nostril, 0, 1) * Math.min(1, 1.6 * bell(hole * hole + low * low)));
      const crease = (ax - nose.wingHalfWidth - 0.035) / 0.05;
      const side = (y - nose.tipY + 0.03) / 0.14;
      darken(fragment, 0.4 * bell(crease * crease + side * side));
      const under = (y - nose.tipY + 0.15) / 0.06;
      darken(fragment, 0.25 * bell(under * under + (x * x) / (nose.wingHalfWidth * nose.wingHalfWidth)));
    }
  };
}

/** Ears are redder than the face and darker towards their root. */
export function createEarPainter(face: Face): Painter {
  const base = linear(face.person.skin.colour);
  return (fragment) => {
    fragment.red = base[0];
    fragment.green = base[1] * 0.88;
    fragment.blue = base[2] * 0.85;
    fragment.gloss = 0.15;
    fragment.openness *= 0.65 + 0.35 * fragment.x;
  };
}

/** The neck lies in the shadow of the chin and ends in the collar. */
export function createNeckPainter(face: Face, nuisance: Nuisance): Painter {
  const base = linear(face.person.skin.colour);
  const cloth = linear(nuisance.backdrop.clothes);
  const { chinY } = face.person.head;
  return (fragment) => {
    cover(fragment, base, 1);
    cover(fragment, cloth, smoothstep(-2.0, -2.06, fragment.y));
    fragment.gloss = 0.15;
    fragment.openness *= 1 - 0.6 * smoothstep(chinY - 0.45, chinY + 0.1, fragment.y);
  };
}
