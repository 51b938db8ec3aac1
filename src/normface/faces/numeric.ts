/**
 * Small functions of the renderer. Only +, -, *, / and the square root are used (IEEE 754 rounds them exactly), never
 * Math.sin or Math.exp, whose last bit depends on the JavaScript engine: a face has the same bits everywhere.
 */

/** A colour, red green blue in [0, 1]; "display" colours are gamma encoded, "linear" ones are light intensities. */
export type Colour = readonly [number, number, number];

export type Vector = readonly [number, number, number];

export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}

export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

export function mixColour(a: Colour, b: Colour, t: number): Colour {
  return [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)];
}

/** Display colour to linear light; the display's gamma is taken as 2, so that the way back is an exact square root. */
export function linear(c: Colour): Colour {
  return [c[0] * c[0], c[1] * c[1], c[2] * c[2]];
}

/** Cubic step 3t²-2t³ from 0 at `from` to 1 at `to`; `from` may be the greater one for a falling step. */
export function smoothstep(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from), 0, 1);
  return t * t * (3 - 2 * t);
}

/** Bell of compact support, (1-r²)² inside the unit circle and 0 outside; takes r². */
export function bell(rSquared: number): number {
  if (rSquared >= 1) return 0;
  const k = 1 - rSquared;
  return k * k;
}

/** Sine for |x| <= 3π/2: folded to [-π/2, π/2], then the Taylor series to x⁹ (error below 4e-6). */
export function sine(x: number): number {
  if (x > Math.PI / 2) x = Math.PI - x;
  else if (x < -Math.PI / 2) x = -Math.PI - x;
  const s = x * x;
  return x * (1 - (s / 6) * (1 - (s / 20) * (1 - (s / 42) * (1 - s / 72))));
}

export function cosine(x: number): number {
  return sine(Math.PI / 2 - (x < 0 ? -x : x));
}

export function normalise(x: number, y: number, z: number): Vector {
  const k = 1 / Math.sqrt(x * x + y * y + z * z);
  return [x * k, y * k, z * k];
}

/** Cubic Hermite curve through the knots (`xs` ascending) with Catmull-Rom slopes; constant beyond the ends. */
export function spline(xs: readonly number[], ys: readonly number[], x: number): number {
  const last = xs.length - 1;
  if (x <= xs[0]!) return ys[0]!;
  if (x >= xs[last]!) return ys[last]!;
  let i = 0;
  while (x > xs[i + 1]!) i++;
  const slope = (k: number) => {
    const a = Math.max(0, k - 1);
    const b = Math.min(last, k + 1);
    return (ys[b]! - ys[a]!) / (xs[b]! - xs[a]!);
  };
  const width = xs[i + 1]! - xs[i]!;
  const t = (x - xs[i]!) / width;
  const u = 1 - t;
  return (
    ys[i]! * u * u * (1 + 2 * t) +
    ys[i + 1]! * t * t * (3 - 2 * t) +
    width * t * u * (slope(i) * u - slope(i + 1) * t)
  );
}
