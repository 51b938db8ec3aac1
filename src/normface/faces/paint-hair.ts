import type { Face } from './expression.ts';
import type { Covering } from './hairline.ts';
import type { Nuisance } from './nuisance.ts';
import { bell, clamp, linear, mixColour, smoothstep } from './numeric.ts';
import { cover, type Fragment, type Painter } from './paint.ts';
import { valueNoise } from './value-noise.ts';

/** Brows: a tapering arc of short hairs over each eye. */
export function createBrowPainter(face: Face): Painter {
  const { brows, hair } = face.person;
  const colour = linear(brows.colour);
  const offset = hair.partX * 20 + 30;
  return (fragment: Fragment) => {
    const { x, y } = fragment;
    if (y > brows.y + 0.35 || y < brows.y - 0.25) return;
    const t = ((x < 0 ? -x : x) - brows.inner) / brows.length;
    if (t < -0.12 || t > 1.1) return;
    const peak = (t - 0.62) / 0.75;
    const middle = brows.y - 0.02 + brows.slope * t + brows.arch * bell(peak * peak) - 0.05 * t * t;
    const thickness = brows.thickness * (1.1 - 0.75 * t * t) + 0.012;
    const across = (y - middle) / thickness;
    const hairs = 0.8 + 0.35 * valueNoise(x * 30 + offset, (y + t * 0.3) * 14);
    cover(
      fragment,
      colour,
      clamp(brows.density * hairs, 0, 0.97) *
        bell(across * across * 0.55) *
        smoothstep(-0.1, 0.08, t) *
        smoothstep(1.08, 0.85, t),
    );
  };
}

/** Moustache, chin beard, full beard and stubble. */
export function createBeardPainter(face: Face, nuisance: Nuisance): Painter {
  const { beard, mouth, nose, hair, head } = face.person;
  const length = nuisance.grooming.beardLength;
  const colour = linear(beard.colour);
  const offset = hair.partX * 20 + 11;
  const stubble = beard.stubble * 0.45 * length;
  const [moustache, chin, jaw] = [beard.moustache * length, beard.chin * length, beard.jaw * length];
  const chinTop = mouth.y - mouth.lowerLip - face.mouthGap - 0.04;
  const chinMiddle = (chinTop + head.chinY) / 2 - 0.04;
  const chinReach = (chinTop - head.chinY) / 2 + 0.06;
  const upperEdge = mouth.y + mouth.upperLip * 0.8;
  if (moustache + chin + jaw + stubble === 0) return () => {};
  return (fragment: Fragment) => {
    const { x, y, angle } = fragment;
    if (y > 0) return;
    const ax = x < 0 ? -x : x;
    // The cheek line sinks from the sideburn towards the corner of the mouth.
    const cheekLine =
      mouth.y -
      0.02 +
      0.75 * smoothstep(0.35, 1.0, ax) +
      0.3 * smoothstep(1, 1.35, angle < 0 ? -angle : angle);
    const onJaw =
      smoothstep(0.12, -0.1, y - cheekLine) * smoothstep(0.2, 0.42, ax + (mouth.y - 0.28 > y ? 0.3 : 0));
    const reach = ax / (mouth.halfWidth * 1.15);
    const lipMiddle = (upperEdge + nose.tipY - 0.15) / 2 - 0.09 * reach * reach;
    const across = (y - lipMiddle) / ((nose.tipY - 0.1 - upperEdge) * (0.72 - 0.3 * reach));
    const onLip = reach < 1 ? bell(across * across * 0.6) * smoothstep(1, 0.75, reach) * 1.3 : 0;
    const down = (y - chinMiddle) / chinReach;
    const onChin = Math.min(1, 2.2 * bell((ax * ax) / 0.12 + down * down));
    const full = Math.max(jaw * onJaw, moustache * onLip, chin * onChin);
    const shadow =
      stubble * Math.max(onJaw, 0.9 * onLip, onChin) * smoothstep(head.chinY - 0.1, head.chinY + 0.1, y);
    const amount = Math.max(full, shadow);
    if (amount <= 0) return;
    const hairs = 0.85 + 0.4 * valueNoise(x * 24 + offset, y * 15 + angle * 2);
    cover(fragment, colour, clamp(amount * 1.25 * hairs, 0, 0.95), 0.75 + 0.4 * hairs);
    fragment.gloss *= 1 - 0.7 * clamp(amount, 0, 1);
  };
}

/** Hair of the head and the cap. Strands run along the head's curve from the part; curls are round. */
export function createHairPainter(face: Face, nuisance: Nuisance, covering: Covering): Painter {
  const { hair } = face.person;
  const colour = mixColour([0, 0, 0], linear(hair.colour), nuisance.grooming.hairShade);
  const offset = nuisance.grooming.noiseOffset;
  const along = 2 + 7 * hair.curl;
  const cap = nuisance.cap;
  const cloth = cap ? linear(cap.colour) : colour;
  return (fragment: Fragment) => {
    const { x, y, angle, hair: amount } = fragment;
    if (amount > 0) {
      const lean = (x - hair.partX) * 2.2;
      const strand =
        valueNoise(x * 16 + angle * 4 + offset, y * along + lean) +
        0.6 * valueNoise(x * 34 + offset, y * along * 1.5 - lean);
      const light = clamp(0.85 + 0.42 * strand, 0.3, 1.7);
      cover(fragment, colour, amount, light);
      fragment.gloss += (0.35 * hair.shine * light - fragment.gloss) * amount;
    }
    if (cap && y > cap.y - 0.6) {
      const under = covering.cap(x, y);
      if (under > 0) {
        const seam = valueNoise(angle * 6, 3) * 0.1 + 0.95;
        cover(fragment, cloth, under, seam);
        fragment.gloss *= 1 - 0.8 * under;
      }
    }
  };
}
