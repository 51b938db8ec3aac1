import type { Face } from './expression.ts';
import type { Nuisance } from './nuisance.ts';
import { bell, clamp, linear, mix, mixColour, smoothstep } from './numeric.ts';
import { cover, darken, type Fragment, type Painter, shade } from './paint.ts';

const SCLERA = linear([0.9, 0.87, 0.85]);
const CARUNCLE = linear([0.75, 0.45, 0.42]);
const GLINT = linear([0.97, 0.97, 0.97]);
const LASH = linear([0.1, 0.07, 0.06]);

/**
 * Both eyes. In the eye's own frame t runs from the inner (-1) to the outer corner (+1) and heights are in half widths; the
 * lids are parabolas whose highest point the skew moves.
 */
export function createEyePainter(face: Face, nuisance: Nuisance): Painter {
  const { eyes, age } = face.person;
  const iris = linear(eyes.iris);
  const limbus = mixColour(iris, [0.01, 0.01, 0.01], 0.75);
  const makeUp = nuisance.grooming.makeUp;
  const lash = eyes.lash * (1 + 0.5 * makeUp);
  const radius = eyes.irisRadius;
  const glintX = 0.13 * nuisance.light.direction[0];
  const inverse = 1 / eyes.halfWidth;

  return (fragment: Fragment) => {
    const { x, y } = fragment;
    if (y > eyes.y + 0.3 || y < eyes.y - 0.42) return;
    const side = x < 0 ? -1 : 1;
    const t = (x * side - eyes.x) * inverse;
    if (t < -1.6 || t > 1.7) return;
    const h = (y - eyes.y) * inverse - eyes.cant * t;
    const arc = 1 - t * t;
    const lowerLid = -eyes.lower * arc * (1 + 0.25 * t);
    const opened = eyes.upper * arc * (1 + eyes.skew * t);
    const upperLid = mix(opened, lowerLid, face.lidClosure * 0.97);

    if (arc > -0.6) {
      const bag = (h + eyes.lower + 0.42) / 0.32;
      darken(fragment, (0.1 + 0.3 * eyes.bags) * bell(bag * bag) * bell(t * t * 0.55));
      const crease = h - opened - eyes.creaseHeight;
      darken(fragment, 0.42 * eyes.crease * bell((crease / 0.13) ** 2) * clamp(arc + 0.45, 0, 1));
      if (crease < 0.2 && h > upperLid)
        darken(
          fragment,
          (0.13 + 0.3 * makeUp + 0.06 * age) * smoothstep(0.25, -0.1, crease) * clamp(arc + 0.3, 0, 1),
        );
    }
    if (arc > 0) {
      const inside = smoothstep(-0.03, 0.05, upperLid - h) * smoothstep(-0.05, 0.04, h - lowerLid);
      if (inside > 0) {
        cover(fragment, SCLERA, inside);
        const dx = t - side * face.gazeX * radius;
        const dy = h - 0.07 - face.gazeY * radius;
        const r = Math.sqrt(dx * dx + dy * dy) / radius;
        if (r < 1.1) {
          const disc = inside * smoothstep(1.06, 0.94, r);
          cover(fragment, iris, disc);
          cover(fragment, limbus, disc * smoothstep(0.72, 0.98, r) * 0.8);
          cover(fragment, LASH, disc * smoothstep(0.46, 0.36, r));
        }
        // The ball turns away at the corners and the upper lid throws a shadow on it.
        const depth = smoothstep(0.28, 0, upperLid - h);
        shade(fragment, 1 - inside * (0.3 * t * t + 0.5 * depth));
        fragment.gloss = mix(fragment.gloss, 0.25, inside);
        const gx = t - glintX;
        const gy = h - 0.2;
        cover(fragment, GLINT, inside * 0.9 * bell((gx * gx + gy * gy) / 0.016));
      }
      if (t < -0.75 && inside > 0) cover(fragment, CARUNCLE, 0.4 * inside * smoothstep(-0.75, -0.95, t));
    }
    if (arc > -0.25) {
      const thick = 0.09 + 0.055 * lash * (0.6 + 0.4 * t);
      const line = (h - upperLid - 0.03) / thick;
      cover(
        fragment,
        LASH,
        clamp(0.5 + 0.42 * lash, 0, 0.95) * bell(line * line) * smoothstep(-0.2, 0.1, arc),
      );
      const lower = (h - lowerLid + 0.03) / 0.09;
      cover(fragment, LASH, 0.3 * clamp(lash, 0.3, 1.2) * bell(lower * lower) * smoothstep(-0.1, 0.2, arc));
    }
  };
}
