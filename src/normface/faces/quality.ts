/** How good a picture is: blur and resolution that are drawn for each, so that what a net makes of quality can be measured. */

import type { Image } from '../data/images/image.ts';
import { Draws, drawKey, STREAM } from './draws.ts';
import { clamp } from './numeric.ts';

/** What a picture has lost. */
export interface ImageQuality {
  /** Standard deviation of the blur in pixels of a face 96 pixels wide; 0 is sharp. */
  readonly blur: number;
  /** Share of its sides that it was shrunk to and enlarged from; 1 is all. */
  readonly resolution: number;
}

/** Least and largest value of each, all between equally likely. */
export type QualityRanges = Readonly<Record<keyof ImageQuality, readonly [least: number, most: number]>>;

/** Bounds of the ranges: blur up to the whole width of an eye, resolution down to a pixel or two. */
export const qualityBounds: QualityRanges = { blur: [0, 20], resolution: [0.01, 1] };

/** The quality of picture `sample` of person `identity` in the generated set `seed`; draws of its own, so that the face stays the same. */
export function drawQuality(
  seed: number,
  identity: number,
  sample: number,
  { blur, resolution }: QualityRanges,
): ImageQuality {
  const draws = new Draws(drawKey(seed, STREAM.quality, identity, sample));
  return { blur: draws.range(...blur), resolution: draws.range(...resolution) };
}

/** The picture blurred, then shrunk by means over areas and enlarged bilinearly; bytes are rounded once. The same bits everywhere. */
export function withQuality(image: Image, { blur, resolution }: ImageQuality): Image {
  const { width, height } = image;
  const lines = {
    across: lineMap(width, (blur * width) / 96, resolution),
    down: lineMap(height, (blur * width) / 96, resolution),
  };
  const half = mapRows(Float64Array.from(image.pixels), width, height, lines.across);
  const whole = transposed(
    mapRows(transposed(half, width, height), height, width, lines.down),
    height,
    width,
  );
  return { width, height, pixels: Uint8Array.from(whole, (value) => clamp(Math.round(value), 0, 255)) };
}

/** Which pixels of a line make a new one, and with what weights: `first`, and weights from there on. */
type LineMap = readonly { readonly first: number; readonly weights: readonly number[] }[];

/** Blur and resolution of lines of so many pixels, as one weighted sum for each. Past the ends the last pixel is repeated. */
function lineMap(count: number, deviation: number, resolution: number): LineMap {
  const blurred = blurWeights(deviation);
  const reach = (blurred.length - 1) / 2;
  const small = Math.max(1, Math.round(resolution * count));
  return Array.from({ length: count }, (_, at) => {
    const weights = new Float64Array(count);
    const add = (pixel: number, share: number): void => {
      blurred.forEach((weight, k) => {
        weights[clamp(pixel + k - reach, 0, count - 1)]! += share * weight;
      });
    };
    if (small === count) add(at, 1);
    else
      for (const [cell, share] of bilinear(at, count, small))
        for (let pixel = Math.floor((cell * count) / small); pixel * small < (cell + 1) * count; pixel++) {
          const covered =
            Math.min((cell + 1) * count, (pixel + 1) * small) - Math.max(cell * count, pixel * small);
          add(pixel, (share * covered) / count);
        }
    const first = weights.findIndex((weight) => weight !== 0);
    const last = weights.findLastIndex((weight) => weight !== 0);
    return { first, weights: [...weights.subarray(first, last + 1)] };
  });
}

/** The two cells of `small` around pixel `at` of `count`, with their shares. */
function bilinear(at: number, count: number, small: number): [number, number][] {
  const position = clamp(((at + 0.5) * small) / count - 0.5, 0, small - 1);
  const first = Math.floor(position);
  return [
    [first, 1 - (position - first)],
    [Math.min(first + 1, small - 1), position - first],
  ];
}

/**
 * Weights (1 − (d/3σ)²)³ for whole d: the triweight kernel, whose standard deviation is a third of its reach, near a Gaussian's and
 * without a function that systems round differently.
 */
function blurWeights(deviation: number): number[] {
  const reach = Math.max(0, Math.ceil(3 * deviation) - 1);
  if (reach === 0) return [1];
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => {
    const rest = 1 - ((k - reach) / (3 * deviation)) ** 2;
    return rest * rest * rest;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Every row of a picture of three channels by the map. */
function mapRows(picture: Float64Array, width: number, height: number, map: LineMap): Float64Array {
  const result = new Float64Array(picture.length);
  for (let row = 0; row < height; row++)
    map.forEach(({ first, weights }, column) => {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        const start = 3 * (row * width + first) + channel;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * picture[start + 3 * k]!;
        result[3 * (row * width + column) + channel] = sum;
      }
    });
  return result;
}

/** Rows as columns. */
function transposed(picture: Float64Array, width: number, height: number): Float64Array {
  const result = new Float64Array(picture.length);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let channel = 0; channel < 3; channel++)
        result[3 * (column * height + row) + channel] = picture[3 * (row * width + column) + channel]!;
  return result;
}
