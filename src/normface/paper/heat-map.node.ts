/** A matrix as an image inside a plot's axes. */

import * as Plot from '@observablehq/plot';
import sharp from 'sharp';
import type { LegendEntry } from '../../common/plot-frame.node.ts';

export interface HeatMap {
  readonly mark: Plot.Markish;
  readonly legend: LegendEntry;
}

export interface HeatMapOptions {
  /** Row-major, `rows·columns` numbers; the first row is at the top. */
  readonly values: ArrayLike<number>;
  readonly columns: number;
  /** Values with the first and the last colour; others are clamped. */
  readonly range: readonly [low: number, high: number];
  /** What the colours stand for. */
  readonly name: string;
  /** Ends of the matrix on the axes: its outer edges. */
  readonly x: readonly [left: number, right: number];
  readonly y: readonly [bottom: number, top: number];
}

const levels = 256;

/** The colours from the least to the largest value: of even steps to the eye, and so also in grey. */
const colours: readonly string[] = (() => {
  const { apply } = Plot.scale({ color: { type: 'linear', scheme: 'viridis', domain: [0, levels - 1] } });
  return Array.from({ length: levels }, (_, k) => String(apply(k)));
})();

/** @throws RangeError unless the values fill whole rows */
export async function heatMap({ values, columns, range, name, x, y }: HeatMapOptions): Promise<HeatMap> {
  const rows = values.length / columns;
  if (!Number.isInteger(rows)) throw new RangeError(`${values.length} values do not fill rows of ${columns}`);
  const [low, high] = range;
  const table = colours.map(rgb);
  const pixels = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const level = Math.round(((levels - 1) * (values[i]! - low)) / (high - low));
    pixels.set(table[Math.max(0, Math.min(levels - 1, level))]!, 3 * i);
  }
  const png = await sharp(pixels, { raw: { width: columns, height: rows, channels: 3 } })
    .png()
    .toBuffer();
  const href = `data:image/png;base64,${png.toString('base64')}`;
  return {
    mark: (_index, scales, _values, _dimensions, context) => {
      const [left, right] = x.map((value) => scales.x!(value) as number);
      const [bottom, top] = y.map((value) => scales.y!(value) as number);
      const image = context.document.createElementNS('http://www.w3.org/2000/svg', 'image') as SVGElement;
      const attributes = { x: left, y: top, width: right! - left!, height: bottom! - top!, href };
      for (const [key, value] of Object.entries(attributes)) image.setAttribute(key, String(value));
      image.setAttribute('preserveAspectRatio', 'none');
      image.setAttribute('style', 'image-rendering: pixelated');
      return image;
    },
    legend: {
      name: `${name}, ${low < 0 ? `−${-low}` : low} to ${high}`,
      color: colours[levels - 1]!,
      gradient: colours.filter((_, k) => k % 8 === 0),
    },
  };
}

/** Red, green and blue of `#rrggbb` or `rgb(r, g, b)`. */
function rgb(colour: string): [number, number, number] {
  const [r, g, b] = colour.startsWith('#')
    ? [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
    : colour.match(/\d+/g)!.map(Number);
  return [r!, g!, b!];
}
