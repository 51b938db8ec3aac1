/** Parts of a photograph at other sizes, as the nets of detectors want them. */

import type { Box, RgbaImage } from './detector.ts';

/** Where in a picture of many bytes a part is written to. */
export interface Target {
  /** RGBA, rows of `stride` pixels. */
  readonly pixels: Uint8Array;
  /** Pixels from one row to the next. */
  readonly stride: number;
  /** Number of the pixel at which the part's top left lies. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A photograph together with itself at a half, a quarter, … of its size, which are made when they are first needed: so what a part costs
 * goes by the size that is asked for, not by that of the photograph. The halves take at most a third of its memory.
 */
export class ScaledImage {
  readonly width: number;
  readonly height: number;
  private readonly halves: RgbaImage[];

  constructor(image: RgbaImage) {
    this.width = image.width;
    this.height = image.height;
    this.halves = [image];
  }

  /**
   * Writes a part of the photograph at another size: averages of areas where it is made smaller, bilinear values where it is made
   * larger. What lies beyond the photograph is black.
   *
   * @param part in edges: the photograph is the box from (0, 0) of its own width and height
   */
  write(part: Box, target: Target): void {
    const shrink = Math.min(part.width / target.width, part.height / target.height);
    // Between two and four times as large as wanted: what is left for the average of fractions of pixels.
    const level = Math.max(0, Math.floor(Math.log2(shrink)) - 1);
    const image = this.half(level);
    const unit = 2 ** -level;
    const columns = tapsOf(part.x * unit, part.width * unit, target.width, image.width);
    const rows = tapsOf(part.y * unit, part.height * unit, target.height, image.height);
    combine(image, columns, rows, target);
  }

  private half(level: number): RgbaImage {
    while (this.halves.length <= level) this.halves.push(halved(this.halves.at(-1)!));
    return this.halves[level]!;
  }
}

/** Each pixel the mean of 2×2, at a border of an odd extent of those that there are. */
function halved({ width, height, data }: RgbaImage): RgbaImage {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const result = new Uint8Array(columns * rows * 4);
  for (let row = 0, to = 0; row < rows; row++) {
    const above = 2 * row * width;
    const below = Math.min(2 * row + 1, height - 1) * width;
    for (let column = 0; column < columns; column++, to += 4) {
      const left = 2 * column;
      const right = Math.min(left + 1, width - 1);
      const [a, b, c, d] = [4 * (above + left), 4 * (above + right), 4 * (below + left), 4 * (below + right)];
      for (let channel = 0; channel < 3; channel++)
        result[to + channel] =
          (data[a + channel]! + data[b + channel]! + data[c + channel]! + data[d + channel]! + 2) >> 2;
    }
  }
  return { width: columns, height: rows, data: result };
}

/** What each output along an axis is the sum of: `most` inputs from `first` on, with `weights`. Inputs lie inside the image. */
interface Taps {
  readonly most: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

/** @param from edge at which the part begins, in pixels of an axis of `limit` pixels */
function tapsOf(from: number, extent: number, outputs: number, limit: number): Taps {
  const step = extent / outputs;
  const most = Math.min(limit, step > 1 ? Math.ceil(step) + 1 : 2);
  const first = new Int32Array(outputs);
  const weights = new Float32Array(outputs * most);
  for (let o = 0; o < outputs; o++) {
    const position = step > 1 ? from + o * step : from + (o + 0.5) * step - 0.5;
    const start = Math.max(0, Math.min(Math.floor(position), limit - most));
    first[o] = start;
    for (const [index, weight] of step > 1 ? area(position, step, limit) : between(position, limit))
      weights[o * most + index - start]! += weight;
  }
  return { most, first, weights };
}

/** The share that each pixel has of the stretch of `extent` pixels from an edge; pixels beyond the image have none. */
function area(edge: number, extent: number, limit: number): [number, number][] {
  const shares: [number, number][] = [];
  const end = Math.min(limit, edge + extent);
  for (let i = Math.max(0, Math.floor(edge)); i < end; i++)
    shares.push([i, (Math.min(i + 1, end) - Math.max(i, edge)) / extent]);
  return shares;
}

/** The two pixels around a place; at a border the last one twice, beyond the image none. */
function between(place: number, limit: number): [number, number][] {
  if (place < -0.5 || place > limit - 0.5) return [];
  const before = Math.floor(place);
  const inside = (index: number): number => Math.min(limit - 1, Math.max(0, index));
  return [
    [inside(before), before + 1 - place],
    [inside(before + 1), place - before],
  ];
}

function combine({ width, data }: RgbaImage, columns: Taps, rows: Taps, target: Target): void {
  const [outWidth, outHeight] = [columns.first.length, rows.first.length];
  const top = rows.first.reduce((least, row) => Math.min(least, row), Number.POSITIVE_INFINITY);
  const bottom = rows.first.reduce((most, row) => Math.max(most, row), 0) + rows.most;
  const across = new Float32Array((bottom - top) * outWidth * 3);
  for (let row = top, to = 0; row < bottom; row++) {
    for (let o = 0; o < outWidth; o++, to += 3) {
      let [red, green, blue] = [0, 0, 0];
      let from = 4 * (row * width + columns.first[o]!);
      for (let tap = o * columns.most; tap < (o + 1) * columns.most; tap++, from += 4) {
        const weight = columns.weights[tap]!;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
      }
      across[to] = red;
      across[to + 1] = green;
      across[to + 2] = blue;
    }
  }
  for (let o = 0; o < outHeight; o++) {
    const begin = (rows.first[o]! - top) * outWidth * 3;
    let to = 4 * (target.at + o * target.stride);
    for (let i = 0; i < outWidth * 3; i++) {
      let sum = 0.5;
      for (let tap = 0; tap < rows.most; tap++)
        sum += rows.weights[o * rows.most + tap]! * across[begin + tap * outWidth * 3 + i]!;
      target.pixels[to] = sum;
      to += i % 3 === 2 ? 2 : 1;
    }
  }
}
