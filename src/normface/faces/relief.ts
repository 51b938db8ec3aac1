import type { Face } from './expression.ts';
import type { Covering } from './hairline.ts';
import { bell, clamp, spline, type Vector } from './numeric.ts';

/**
 * The surface of the head. At height y it is a flattened ellipse around a vertical axis; the angle 0 faces the camera. The
 * nose, sockets, lips and so on are bells added towards the camera, given in the face plane (x, y).
 */
export interface Relief {
  /** All that depends on the height alone. */
  slice(y: number): Slice;
  /** Writes x, y, z of the point at `angle` of the slice, with its covering of hair or cap, and its face-plane x. */
  place(slice: Slice, angle: number, sin: number, cos: number, out: Float64Array): void;
  /** Point of the bare face over (x, y). */
  over(x: number, y: number): Vector;
}

export interface Slice {
  readonly y: number;
  /** Half width of the undisplaced head. */
  readonly width: number;
  readonly middle: number;
  readonly depth: number;
  readonly bumps: readonly Bump[];
}

/** An elliptic bell of this height; one off the middle line stands on both sides. */
interface Bump {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
  readonly height: number;
}

function bump(x: number, y: number, radiusX: number, radiusY: number, height: number): Bump {
  return { x, y, radiusX, radiusY, height };
}

/** Everything on the smooth head but the ridge of the nose. */
function faceBumps(face: Face): Bump[] {
  const { head, eyes, brows, nose, mouth } = face.person;
  const gap = face.mouthGap;
  const wide = mouth.halfWidth * 1.25;
  const upper = mouth.upperLip + 0.05;
  const lower = mouth.lowerLip + 0.05;
  return [
    bump(nose.wingHalfWidth * 0.72, nose.tipY - 0.035, 0.125, 0.125, nose.wingHeight),
    bump(0, nose.tipY + 0.02, nose.tipHalfWidth * 0.8, 0.13, 0.045),
    bump(eyes.x - 0.04, 0.05, 0.34, 0.25, -head.socketDepth),
    bump(eyes.x + 0.02, -0.14, 0.3, 0.18, -0.5 * head.socketDepth),
    bump(eyes.x, -0.005, 0.24, 0.2, 0.085),
    bump(0.42, brows.y, 0.42, 0.2, 0.035 + head.browRidge),
    bump(0.3, 0.75, 0.45, 0.32, 0.035),
    bump(0, 0.33, 0.1, 0.14, -0.03 * face.frown),
    bump(0.62, -0.33, 0.36, 0.26, head.cheekbone),
    bump(0.46, -0.45, 0.26, 0.22, 0.02 + 0.05 * Math.max(0, face.smile)),
    bump(0.55, -0.85, 0.4, 0.42, head.cheekFullness),
    bump(0, mouth.y - 0.02, wide * 1.2, 0.34, 0.05),
    bump(0, mouth.y + upper * 0.45, wide, upper, 0.02 + 0.35 * mouth.upperLip),
    bump(0, mouth.y - gap - lower * 0.5, wide * 0.85, lower, 0.02 + 0.35 * mouth.lowerLip),
    bump(0, mouth.y, wide * 0.9, 0.045 + gap * 0.5, -0.045),
    bump(0, mouth.y - gap - mouth.lowerLip - 0.12, 0.34, 0.12, -0.05),
    bump(0, head.chinY + 0.25, 0.34, 0.24, 0.075),
    bump(0, head.chinY + 0.2, 0.06, 0.18, -0.05 * head.chinCleft),
    bump(0, (mouth.y + mouth.upperLip + nose.tipY) / 2 - 0.04, 0.06, 0.12, -0.025 * mouth.philtrum),
  ];
}

/** The ridge of the nose as a bump per height: it rises from bridge to tip, and falls to the lip below the tip. */
function createNose(face: Face): (y: number) => Bump | null {
  const { nose } = face.person;
  const top = 0.2;
  const bridge = nose.bridgeHalfWidth * 1.15;
  const tip = nose.tipHalfWidth * 1.2;
  return (y) => {
    if (y > top) return null;
    const along = clamp((top - y) / (top - nose.tipY), 0, 1);
    const hump = (along - 0.45) / 0.4;
    const height =
      nose.bridgeHeight * Math.min(1, along * 4) * (1 - along) +
      nose.bridgeHeight * 0.9 * along * (1 - along) +
      nose.tipHeight * along * along * (0.45 + 0.55 * along) +
      nose.hump * bell(hump * hump);
    const below = Math.max(0, nose.tipY - y) / (0.13 + nose.upturn);
    return bump(
      nose.bend * 4 * along * (1 - along),
      y,
      bridge + (tip - bridge) * along * along,
      1,
      height * bell(below * below),
    );
  };
}

export function createRelief(face: Face, covering: Covering): Relief {
  const { head, brows, mouth } = face.person;
  const jawY = (mouth.y + head.chinY) / 2 + 0.22;
  const widthKnots = [head.chinY, jawY, -0.3, 0.45, 1.1];
  const widths = [
    head.chinHalfWidth * 1.3,
    head.jawHalfWidth,
    head.cheekHalfWidth,
    head.templeHalfWidth,
    head.templeHalfWidth * 0.98,
  ];
  const profileKnots = [head.chinY, head.chinY + 0.22, mouth.y, -0.5, 0, brows.y - 0.05, 0.75, 1.2];
  const profile = [
    -0.08 + head.chinForward,
    head.chinForward,
    0.02 + mouth.forward,
    head.midface,
    0,
    0.02 + head.browRidge,
    0.03 - head.foreheadSlope,
    -0.12 - 2 * head.foreheadSlope,
  ];
  const bumps = faceBumps(face);
  const ridge = createNose(face);

  /** A quarter ellipse closes the surface at chin and crown: 0 at the pole, 1 further than `reach` from it. */
  const closing = (distance: number, reach: number): number => {
    const t = 1 - clamp(distance / reach, 0, 1);
    return Math.sqrt(1 - t * t);
  };

  const slice = (y: number): Slice => {
    const chin = closing(y - head.chinY, 0.42);
    const crown = closing(head.crownY - y, head.crownY - 0.55);
    const here: Bump[] = [];
    for (const b of bumps) {
      const v = (y - b.y) / b.radiusY;
      if (v < 1 && v > -1) here.push(b);
    }
    const nose = ridge(y);
    if (nose) here.push(nose);
    return {
      y,
      width: spline(widthKnots, widths, y) * chin * crown,
      middle: spline(profileKnots, profile, y) - 0.3 * (1 - chin) - 1.1 * (1 - crown),
      depth: head.depth * (0.35 + 0.65 * chin) * (0.1 + 0.9 * crown),
      bumps: here,
    };
  };

  const height = (at: Slice, x: number): number => {
    let sum = 0;
    for (const b of at.bumps) {
      const u = ((b.x > 0.05 && x < 0 ? -x : x) - b.x) / b.radiusX;
      if (u >= 1 || u <= -1) continue;
      const v = (at.y - b.y) / b.radiusY;
      const k = 1 - u * u - v * v;
      if (k > 0) sum += b.height * k * k;
    }
    return sum;
  };
  const surface = (at: Slice, cos: number): number =>
    at.middle + at.depth * ((1 + head.flatness) * cos - head.flatness * cos * cos - 1);

  return {
    slice,
    over(x, y) {
      const at = slice(y);
      const sin = clamp(x / at.width, -1, 1);
      return [x + head.asymmetry * y, y, surface(at, Math.sqrt(1 - sin * sin)) + height(at, x)];
    },
    place(at, angle, sin, cos, out) {
      const { y } = at;
      const x = at.width * sin;
      const facing = cos > 0 ? Math.min(1, cos * 1.6) : 0;
      const thickness = covering.thickness(x, y, angle);
      const up = clamp((y - 0.4) / 1.2, 0, 1);
      out[0] = x + head.asymmetry * y + thickness * sin * (1 - 0.5 * up);
      out[1] = y + thickness * up;
      out[2] = surface(at, cos) + height(at, x) * facing + thickness * cos * 0.8 + covering.brim(x, y);
      out[3] = x;
    },
  };
}
