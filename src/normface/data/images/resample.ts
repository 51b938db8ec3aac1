/**
 * Pictures at the size of a net without Node's image library: scaled to cover it and cropped at the centre, never stretched. The
 * steps and their fixed-point arithmetic are those of libvips, with which `decode.node.ts` does the same, so that a face has the
 * same features in a browser as in Node; tests compare the two bit by bit.
 */

/** 8-bit pixels with some channels, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** What each output along one axis is made of: `weights[o]` of the inputs from `first[o]` on, and how their sum becomes a level. */
interface Stage {
  readonly first: readonly number[];
  readonly weights: readonly (readonly number[])[];
  readonly level: (sum: number) => number;
}

/** An array seen as [outer, along, inner], of which the middle axis is scaled. */
interface Layout {
  readonly outer: number;
  readonly along: number;
  readonly inner: number;
}

type Levels = Uint8Array | Uint8ClampedArray | Int32Array;

/** Scales a picture so that it covers a size, and cuts out the centre; a picture of that very size is returned as it is. */
export function coverSize(picture: Pixels, width: number, height: number): Pixels {
  if (picture.width === width && picture.height === height) return picture;
  const shrink = Math.min(picture.width / width, picture.height / height);
  const scaled = scaleBy(picture, shrink);
  // Of an odd number of surplus rows or columns, one more goes at the start.
  return crop(scaled, (scaled.width - width + 1) >> 1, (scaled.height - height + 1) >> 1, width, height);
}

function scaleBy(picture: Pixels, shrink: number): Pixels {
  if (shrink === 1) return picture;
  const { channels, data } = picture;
  const from = { width: picture.width, height: picture.height };
  const to = { width: Math.round(from.width / shrink), height: Math.round(from.height / shrink) };
  const clamped = (size: number) => new Uint8ClampedArray(size);
  if (shrink > 1) {
    const rows = reduce(
      data,
      { outer: 1, along: from.height, inner: from.width * channels },
      to.height,
      shrink,
    );
    const all = reduce(rows, { outer: to.height, along: from.width, inner: channels }, to.width, shrink);
    return { ...to, channels, data: all as Uint8ClampedArray };
  }
  // Enlarging, levels are cut to 0…255 only at the end.
  const rowLayout = { outer: from.height, along: from.width, inner: channels };
  const rows = combine(data, rowLayout, enlarging(to.width, shrink), (size) => new Int32Array(size));
  const columnLayout = { outer: 1, along: from.height, inner: to.width * channels };
  const all = combine(rows, columnLayout, enlarging(to.height, shrink), clamped);
  return { ...to, channels, data: all as Uint8ClampedArray };
}

/** One axis made smaller: whole pixels are averaged as long as a factor of two is left for the better filter. */
function reduce(data: Levels, layout: Layout, to: number, shrink: number): Levels {
  const clamped = (size: number) => new Uint8ClampedArray(size);
  const whole = Math.max(1, Math.floor(layout.along / to / 2));
  const along = Math.ceil(layout.along / whole);
  const averaged = whole > 1 ? combine(data, layout, averaging(along, whole), clamped) : data;
  // The rounded size takes a little more than there is, or less: half of that on either side.
  const surplus = (to * shrink - layout.along) / whole;
  return combine(averaged, { ...layout, along }, reducing(to, shrink / whole, surplus), clamped);
}

function averaging(to: number, size: number): Stage {
  const ones = new Array<number>(size).fill(1);
  const multiplier = Math.floor(2 ** 24 / size);
  return {
    first: Array.from({ length: to }, (_, o) => o * size),
    weights: Array.from({ length: to }, () => ones),
    level: (sum) => Math.floor(((sum + (size >> 1)) * multiplier) / 2 ** 24),
  };
}

/** The cubic filter, as wide as what it takes together. */
function reducing(to: number, shrink: number, surplus: number): Stage {
  const taps = 2 * roundHalfEven(2 * shrink) + 1;
  const before = (taps - 1) / 2;
  return cubicStage(to, (o) => (o + 0.5) * shrink - surplus / 2, {
    taps,
    before,
    centre: taps / 2 - 1,
    shrink,
  });
}

/** The cubic filter between four pixels. */
function enlarging(to: number, shrink: number): Stage {
  return cubicStage(to, (o) => o * shrink - 0.5, { taps: 4, before: 1, centre: 1, shrink: 1 });
}

interface CubicTaps {
  readonly taps: number;
  /** Taps before the pixel that holds the position. */
  readonly before: number;
  /** Tap at which the filter's middle is when the position is at the start of its pixel. */
  readonly centre: number;
  readonly shrink: number;
}

/** Fractions of a pixel are rounded to 64ths, weights towards zero to 4096ths. */
function cubicStage(to: number, positionOf: (output: number) => number, kind: CubicTaps): Stage {
  const { taps, before, centre, shrink } = kind;
  const first: number[] = [];
  const weights: number[][] = [];
  for (let o = 0; o < to; o++) {
    const position = positionOf(o);
    const pixel = Math.floor(position);
    const fraction = ((Math.floor((position - pixel) * 128) + 1) >> 1) / 64;
    const raw = Array.from({ length: taps }, (_, i) => cubic((i - centre - fraction) / shrink));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    first.push(pixel - before);
    weights.push(raw.map((weight) => Math.trunc((4096 * weight) / sum)));
  }
  return { first, weights, level: (sum) => (sum + 2048) >> 12 };
}

/** Keys' cubic convolution with a = −1/2, which is Catmull and Rom's spline. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t <= 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
  return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** Weighted sums along the middle axis; beyond the edge the edge goes on. */
function combine(
  data: Levels,
  { outer, along, inner }: Layout,
  { first, weights, level }: Stage,
  create: (size: number) => Levels,
): Levels {
  const to = first.length;
  const result = create(outer * to * inner);
  const sums = new Int32Array(inner);
  for (let block = 0; block < outer; block++) {
    for (let o = 0; o < to; o++) {
      sums.fill(0);
      const taps = weights[o]!;
      for (let tap = 0; tap < taps.length; tap++) {
        const weight = taps[tap]!;
        const row = Math.min(along - 1, Math.max(0, first[o]! + tap));
        const start = (block * along + row) * inner;
        for (let i = 0; i < inner; i++) sums[i]! += weight * data[start + i]!;
      }
      const start = (block * to + o) * inner;
      for (let i = 0; i < inner; i++) result[start + i] = level(sums[i]!);
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
