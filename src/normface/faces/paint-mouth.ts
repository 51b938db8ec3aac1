import type { Face } from './expression.ts';
import type { Nuisance } from './nuisance.ts';
import { bell, type Colour, clamp, linear, mix, mixColour, smoothstep } from './numeric.ts';
import { cover, darken, type Fragment, type Painter } from './paint.ts';

const CAVITY: Colour = [0.03, 0.008, 0.008];
const TONGUE: Colour = [0.3, 0.09, 0.08];

/** Lips, and between them cavity, teeth and tongue. t runs from corner (-1) to corner (+1). */
export function createMouthPainter(face: Face, nuisance: Nuisance): Painter {
  const { mouth } = face.person;
  const gap = face.mouthGap;
  const makeUp = clamp(nuisance.grooming.makeUp, 0, 1);
  const lips = linear(mixColour(mouth.lipColour, [0.62, 0.1, 0.14], 0.6 * makeUp));
  const upperLips: Colour = [lips[0] * 0.8, lips[1] * 0.74, lips[2] * 0.76];
  const tooth = linear([mouth.teeth, mouth.teeth * 0.97, mouth.teeth * 0.88]);
  const toothHeight = Math.min(gap * 0.75, 0.03 + 0.07 * clamp(face.smile + 0.4, 0, 1));
  const inverse = 1 / mouth.halfWidth;

  return (fragment: Fragment) => {
    const { x, y } = fragment;
    if (y > mouth.y + 0.35 || y < mouth.y - 0.6) return;
    const t = x * inverse;
    const square = t * t;
    if (square > 1.7) return;
    const arc = Math.max(0, 1 - square);
    const line = mouth.y + mouth.cornerLift * (square - 0.3) - 0.012 * bell(square / 0.06);
    const root = Math.sqrt(arc);
    const top =
      line +
      mouth.upperLip *
        (0.45 * arc + 0.55 * root) *
        (1 + mouth.cupidBow * (bell((square - 0.11) ** 2 / 0.02) - bell(square / 0.05)) * 0.5);
    const gapBottom = line - gap * (0.35 * arc + 0.65 * root);
    const bottom = gapBottom - mouth.lowerLip * (0.6 * arc + 0.4 * root);

    if (arc > 0) {
      const onLips =
        smoothstep(0.018, -0.018, y - top) * smoothstep(-0.022, 0.022, y - bottom) * smoothstep(0, 0.12, arc);
      if (onLips > 0) {
        cover(fragment, y > line - gap * 0.5 ? upperLips : lips, onLips * (0.86 + 0.1 * makeUp));
        fragment.gloss = mix(fragment.gloss, y < line ? 0.75 : 0.35, onLips);
      }
      if (gap > 0.005 && y < line + 0.01 && y > gapBottom - 0.01) {
        const inside = smoothstep(0.01, -0.008, y - line) * smoothstep(-0.01, 0.008, y - gapBottom);
        cover(fragment, CAVITY, inside);
        const tongue = (y - gapBottom) / (gap * 0.6);
        cover(fragment, TONGUE, inside * 0.7 * bell(tongue * tongue) * bell(square * 1.6));
        const between = x / 0.095;
        const edge = between - Math.floor(between) - 0.5;
        const teeth = smoothstep(toothHeight, toothHeight - 0.025, line - y) * smoothstep(0.98, 0.55, square);
        cover(
          fragment,
          tooth,
          inside * teeth * (0.95 - 0.45 * square) * (1 - 0.25 * bell(((0.5 - Math.abs(edge)) / 0.1) ** 2)),
        );
        fragment.gloss *= 1 - inside * 0.8;
      }
    }
    const seam = (y - line) / 0.024;
    if (gap < 0.03)
      darken(fragment, 0.75 * (1 - gap / 0.03) * bell(seam * seam) * smoothstep(1.12, 0.9, square));
    const cx = (Math.abs(t) - 1.02) / 0.13;
    const cy = (y - mouth.y - mouth.cornerLift * 0.7) / 0.045;
    darken(fragment, 0.45 * bell(cx * cx + cy * cy));
    const below = (y - bottom + 0.045) / 0.06;
    darken(fragment, 0.2 * bell(below * below + square * 2.2));
  };
}
