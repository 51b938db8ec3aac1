/** Nets by loops in float64, written from the publications: what the detectors' nets are compared with. */

import { hash32 } from '../../../src/engine/core/random.ts';
import type { ModelTensor } from '../../../src/normface/models/model-file.ts';

/** [height][width][channels] */
export type Maps = number[][][];

export const maps = (height: number, width: number, at: (y: number, x: number) => number[]): Maps =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => at(y, x)));

/** Numbers between −scale and scale, as a file would hold them. */
export const randomTensor = (
  name: string,
  shape: readonly number[],
  seed: number,
  scale: number,
): ModelTensor => {
  const length = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length }, (_, i) => scale * (hash32(seed, i) / 2 ** 31 - 1));
  return { name, shape, values: () => values };
};

export interface LoopOptions {
  readonly stride?: number;
  /** Rows and columns of zeros before the first and after the last. */
  readonly before?: number;
  readonly after?: number;
}

/** Σ weight(y, x, in, out) · x over a window of `kernel`, plus bias. */
export function convolved(
  x: Maps,
  kernel: number,
  outputs: number,
  weight: (y: number, x: number, input: number, output: number) => number,
  bias: ArrayLike<number> | null,
  { stride = 1, before = 0, after = 0 }: LoopOptions = {},
): Maps {
  const extent = (size: number) => Math.floor((size + before + after - kernel) / stride) + 1;
  return maps(extent(x.length), extent(x[0]!.length), (row, column) =>
    Array.from({ length: outputs }, (_, o) => {
      let sum = bias?.[o] ?? 0;
      for (let v = 0; v < kernel; v++)
        for (let u = 0; u < kernel; u++)
          x[row * stride + v - before]?.[column * stride + u - before]?.forEach((value, i) => {
            sum += weight(v, u, i, o) * value;
          });
      return sum;
    }),
  );
}

/** Each channel by itself. */
export function depthwise(
  x: Maps,
  weight: (y: number, x: number, channel: number) => number,
  { stride = 1, before = 1, after = 1 }: LoopOptions = {},
): Maps {
  const extent = (size: number) => Math.floor((size + before + after - 3) / stride) + 1;
  return maps(extent(x.length), extent(x[0]!.length), (row, column) =>
    x[0]![0]!.map((_, c) => {
      let sum = 0;
      for (let v = 0; v < 3; v++)
        for (let u = 0; u < 3; u++)
          sum += weight(v, u, c) * (x[row * stride + v - before]?.[column * stride + u - before]?.[c] ?? 0);
      return sum;
    }),
  );
}

/** Maximum over windows, of which the last may hang over the border. */
export function pooled(x: Maps, kernel: number, stride: number, overhang = false): Maps {
  const extent = (size: number) => Math[overhang ? 'ceil' : 'floor']((size - kernel) / stride) + 1;
  return maps(extent(x.length), extent(x[0]!.length), (row, column) =>
    x[0]![0]!.map((_, c) => {
      let most = Number.NEGATIVE_INFINITY;
      for (let v = 0; v < kernel; v++)
        for (let u = 0; u < kernel; u++)
          most = Math.max(most, x[row * stride + v]?.[column * stride + u]?.[c] ?? Number.NEGATIVE_INFINITY);
      return most;
    }),
  );
}

/** A function of each number and its channel. */
export const mapped = (x: Maps, f: (value: number, channel: number) => number): Maps =>
  x.map((row) => row.map((pixel) => pixel.map(f)));

export const added = (a: Maps, b: Maps): Maps =>
  a.map((row, y) => row.map((pixel, x) => pixel.map((value, c) => value + b[y]![x]![c]!)));

/** RGBA bytes and the maps that they are. */
export function randomPicture(
  height: number,
  width: number,
  seed: number,
  of: (byte: number, channel: number) => number,
) {
  const pixels = Uint8Array.from({ length: height * width * 4 }, (_, i) => hash32(seed, i) % 256);
  const input = maps(height, width, (y, x) => [0, 1, 2].map((c) => of(pixels[4 * (y * width + x) + c]!, c)));
  return { pixels, input };
}
