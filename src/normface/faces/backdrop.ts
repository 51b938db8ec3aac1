import type { Face } from './expression.ts';
import type { Nuisance } from './nuisance.ts';
import { type Colour, linear, mix, mixColour, smoothstep } from './numeric.ts';
import { cover, type Painter } from './paint.ts';
import { valueNoise } from './value-noise.ts';

/** Paints what is behind the head: the room, clothes, and hair that falls free. */
export function createBackdrop(face: Face, nuisance: Nuisance): Painter {
  const { backdrop, light, grooming, pose } = nuisance;
  const { hair, head } = face.person;
  const upper = linear(backdrop.upper);
  const lower = linear(backdrop.lower);
  const other = mixColour(upper, lower, 0.9);
  const clothes = linear(backdrop.clothes);
  const level = 0.3 + 0.5 * light.sky[1] + 0.35 * light.key[1];
  const strand = linear(hair.colour);
  const fall = grooming.hairShade * 0.4 * level;
  const dark: Colour = [strand[0] * fall, strand[1] * fall, strand[2] * fall];
  const long = hair.density > 0 && hair.sideY < -0.6;
  const reach = head.cheekHalfWidth + 0.9 * hair.volume * grooming.hairVolume + 0.06;
  const turn = -0.55 * pose.yaw;

  return (fragment) => {
    const { x, y } = fragment;
    const t = smoothstep(-2, 2, y + 0.8 * valueNoise(x * 0.5 + backdrop.offset, y * 0.5));
    const blot =
      valueNoise(x * 1.6 + backdrop.offset, y * 1.3) + 0.5 * valueNoise(x * 4, y * 3.1 + backdrop.offset);
    const factor = level * Math.max(0.1, 1 + backdrop.clutter * 0.6 * blot);
    fragment.red = mix(lower[0], upper[0], t) * factor;
    fragment.green = mix(lower[1], upper[1], t) * factor;
    fragment.blue = mix(lower[2], upper[2], t) * factor;
    if (backdrop.clutter > 0.3) {
      const bar = smoothstep(0.25, 0.32, valueNoise(x * 0.9 + backdrop.offset * 2, 5));
      cover(fragment, other, 0.8 * bar);
    }
    const ax = x < 0 ? -x : x;
    const shoulder = -1.75 - 0.35 * ax;
    const onClothes = smoothstep(0.03, -0.03, y - shoulder);
    if (onClothes > 0) {
      cover(fragment, clothes, onClothes * (0.9 - 0.2 * smoothstep(1.4, 0.6, ax)), level);
    }
    if (long && y < 1.4) {
      const centre = (x - turn) * (x < turn ? -1 : 1);
      const wave = 0.1 * (0.4 + hair.curl) * valueNoise(y * 3 + grooming.noiseOffset, x > 0 ? 3 : 9);
      // Round over the ears, straight below them.
      const top = Math.max(0, y - 0.1) / 1.3;
      const side = centre - wave - reach * (Math.sqrt(Math.max(0, 1 - top * top)) - 1);
      const inside =
        smoothstep(reach + 0.05, reach - 0.07, side) *
        smoothstep(hair.sideY - 0.12, hair.sideY + 0.15, y + wave);
      const light2 = 1 + 0.4 * valueNoise(x * 14 + grooming.noiseOffset, y * 2);
      cover(fragment, dark, inside, light2);
    }
  };
}
