/**
 * Pictures at the size of a net without Node's image library: scaled to cover it and cropped at the centre, never stretched, by the
 * same steps as `decode.node.ts` has libvips take. Tests compare the two.
 */

/** 8-bit pixels with some channels, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** What each output along one axis is made of: `weights[o]` of the inputs from `first[o]` on. */
interface Taps {
  readonly first: readonly number[];
  readonly weights: readonly (readonly number[])[];
}

/** Scales a picture so that it covers a size, and cuts out the centre; a picture of that very size is returned as it is. */
export function coverSize(picture: Pixels, width: number, height: number): Pixels {
  if (picture.width === width && picture.height === height) return picture;
  const shrink = Math.min(picture.width / width, picture.height / height);
  const scaled = scaleBy(picture, shrink);
  // Of an odd number of surplus rows or columns, one more goes at the start.
  return crop(scaled, (scaled.width - width + 1) >> 1, (scaled.height - height + 1) >> 1, width, height);
}

/** Rows first, then columns, each rounded to 8 bits. */
function scaleBy(picture: Pixels, shrink: number): Pixels {
  if (shrink === 1) return picture;
  const { channels } = picture;
  const height = Math.round(picture.height / shrink);
  const width = Math.round(picture.width / shrink);
  const rows = alongAxis(
    picture.data,
    { outer: 1, along: picture.height, inner: picture.width * channels },
    height,
    shrink,
  );
  const data = alongAxis(rows, { outer: height, along: picture.width, inner: channels }, width, shrink);
  return { width, height, channels, data };
}

/** An array seen as [outer, along, inner], of which the middle axis is scaled. */
interface Layout {
  readonly outer: number;
  readonly along: number;
  readonly inner: number;
}

function alongAxis(data: Pixels['data'], layout: Layout, to: number, shrink: number): Pixels['data'] {
  // Large factors: whole pixels are averaged until at least a factor of two is left for the better filter.
  const whole = Math.max(1, Math.floor(layout.along / to / 2));
  const averaged = Math.ceil(layout.along / whole);
  const boxed = whole > 1 ? combine(data, layout, boxTaps(averaged, whole)) : data;
  // What the rounded size takes more than there is, half on either side.
  const surplus = shrink > 1 ? (to * shrink - layout.along) / whole : 0;
  return combine(boxed, { ...layout, along: averaged }, cubicTaps(to, shrink / whole, surplus));
}

function boxTaps(to: number, size: number): Taps {
  const weights = new Array<number>(size).fill(1 / size);
  return {
    first: Array.from({ length: to }, (_, o) => o * size),
    weights: Array.from({ length: to }, () => weights),
  };
}

/** Keys' cubic filter with a = −1/2 (Catmull–Rom), as wide as what it takes together when it shrinks. */
function cubicTaps(to: number, shrink: number, surplus: number): Taps {
  const stretch = Math.max(1, shrink);
  const first: number[] = [];
  const weights: number[][] = [];
  for (let o = 0; o < to; o++) {
    const centre = (o + 0.5) * shrink - 0.5 - surplus / 2;
    const begin = Math.ceil(centre - 2 * stretch);
    const end = Math.floor(centre + 2 * stretch);
    const raw = Array.from({ length: end - begin + 1 }, (_, i) => cubic((begin + i - centre) / stretch));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    first.push(begin);
    weights.push(raw.map((weight) => weight / sum));
  }
  return { first, weights };
}

function cubic(x: number): number {
  const t = Math.abs(x);
  if (t <= 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
  return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
}

/** Weighted sums along the middle axis; beyond the edge the edge goes on. */
function combine(data: Pixels['data'], { outer, along, inner }: Layout, { first, weights }: Taps) {
  const to = first.length;
  const result = new Uint8ClampedArray(outer * to * inner); // rounds and clamps
  const sums = new Float64Array(inner);
  for (let block = 0; block < outer; block++) {
    for (let o = 0; o < to; o++) {
      sums.fill(0);
      const taps = weights[o];
      for (let tap = 0; tap < taps.length; tap++) {
        const weight = taps[tap];
        const row = Math.min(along - 1, Math.max(0, first[o] + tap));
        const start = (block * along + row) * inner;
        for (let i = 0; i < inner; i++) sums[i] += weight * data[start + i];
      }
      result.set(sums, (block * to + o) * inner);
    }
  }
  return result;
}

function crop(picture: Pixels, left: number, top: number, width: number, height: number): Pixels {
  const { channels } = picture;
  const data = new Uint8ClampedArray(width * height * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * picture.width + left) * channels;
    data.set(picture.data.subarray(start, start + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}
