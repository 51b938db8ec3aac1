import { expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import type { Box, RgbaImage } from '../../../src/normface/detection/detector.ts';
import { ScaledImage } from '../../../src/normface/detection/scaled.ts';

const noise = (width: number, height: number): RgbaImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 4 }, (_, i) => hash32(5, i) % 256),
});

/** A part at a size: red, green and blue of each pixel. */
function scaled(image: RgbaImage, part: Box, width: number, height: number): number[][] {
  const pixels = new Uint8Array(width * height * 4);
  new ScaledImage(image).write(part, { pixels, stride: width, at: 0, width, height });
  return Array.from({ length: width * height }, (_, i) => [...pixels.subarray(4 * i, 4 * i + 3)]);
}

/** Mean of an area whose edges may lie within pixels, in float64; black beyond the image. */
function meanOf({ width, height, data }: RgbaImage, { x, y, width: w, height: h }: Box): number[] {
  const share = (i: number, from: number, extent: number): number =>
    Math.max(0, Math.min(i + 1, from + extent) - Math.max(i, from)) / extent;
  const mean = [0, 0, 0];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let c = 0; c < 3; c++)
        mean[c]! += share(column, x, w) * share(row, y, h) * data[4 * (row * width + column) + c]!;
  return mean;
}

test('at its own size a part keeps its bytes, and is written where it is wanted', () => {
  const image = noise(9, 7);
  const pixels = new Uint8Array(6 * 5 * 4).fill(7);
  const target = { pixels, stride: 6, at: 1 * 6 + 2, width: 3, height: 2 };
  new ScaledImage(image).write({ x: 4, y: 3, width: 3, height: 2 }, target);
  for (let row = 0; row < 5; row++)
    for (let column = 0; column < 6; column++) {
      const written = pixels.subarray(4 * (row * 6 + column), 4 * (row * 6 + column) + 3);
      const inside = row >= 1 && row < 3 && column >= 2 && column < 5;
      const from = 4 * ((row - 1 + 3) * 9 + column - 2 + 4);
      expect([...written]).toEqual(inside ? [...image.data.subarray(from, from + 3)] : [7, 7, 7]);
    }
});

test('made smaller, pixels are means of areas, with black beyond the photograph', () => {
  const image = noise(23, 19);
  const part = { x: -3.3, y: 2.4, width: 21.7, height: 20.9 };
  const result = scaled(image, part, 9, 8);
  result.forEach((pixel, i) => {
    const [w, h] = [part.width / 9, part.height / 8];
    const area = { x: part.x + (i % 9) * w, y: part.y + Math.floor(i / 9) * h, width: w, height: h };
    meanOf(image, area).forEach((mean, c) => {
      expect(Math.abs(pixel[c]! - mean)).toBeLessThan(0.51);
    });
  });
});

test('made much smaller, halves of the photograph give the same means', () => {
  const image = noise(160, 96);
  const result = scaled(image, { x: 0, y: 0, width: 160, height: 96 }, 10, 6);
  result.forEach((pixel, i) => {
    const mean = meanOf(image, { x: 16 * (i % 10), y: 16 * Math.floor(i / 10), width: 16, height: 16 });
    // Bytes are rounded once for each half.
    mean.forEach((value, c) => {
      expect(Math.abs(pixel[c]! - value)).toBeLessThan(2);
    });
  });
});

test('made larger, pixels lie between their neighbours', () => {
  const data = Uint8Array.from([0, 40, 80, 0, 100, 60, 80, 0]);
  const result = scaled({ width: 2, height: 1, data }, { x: 0, y: 0, width: 2, height: 1 }, 4, 2);
  // Centres at −1/4, 1/4, 3/4 and 5/4 between those of the two pixels.
  const row = [
    [0, 40, 80],
    [25, 45, 80],
    [75, 55, 80],
    [100, 60, 80],
  ];
  expect(result).toEqual([...row, ...row]);
});

test('a part far beyond the photograph is black', () => {
  const far = { x: 1e6, y: -1e6, width: 50, height: 3 };
  expect(scaled(noise(5, 5), far, 2, 2)).toEqual(new Array(4).fill([0, 0, 0]));
});
