/** Crops from the GPU against bilinear interpolation of the whole photograph in float64. */

import { expect, test } from 'vitest';
import { Aligner } from '../../../src/normface/alignment/aligner.ts';
import type { Similarity } from '../../../src/normface/alignment/similarity.ts';
import { templates } from '../../../src/normface/alignment/template.ts';
import type { RgbaImage } from '../../../src/normface/detection/detector.ts';
import { testDevice } from '../../engine/open.ts';
import { picture } from '../data/fixtures.ts';

const device = await testDevice();
const template = templates['112x112'];

function photograph(width: number, height: number, seed: number): RgbaImage {
  const { pixels } = picture(width, height, seed);
  const data = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) data.set(pixels.subarray(3 * i, 3 * i + 3), 4 * i);
  return { width, height, data };
}

function similarity(step: number, angle: number, x: number, y: number): Similarity {
  const [a, d] = [step * Math.cos(angle), step * Math.sin(angle)];
  return { matrix: [a, -d, x, d, a, y], step, error: 0 };
}

/** The level of a channel of a crop: bilinear, outside black. */
function levelAt(image: RgbaImage, { matrix }: Similarity, u: number, v: number, channel: number): number {
  const [a, b, c, d, e, f] = matrix;
  const [x, y] = [a * u + b * v + c, d * u + e * v + f];
  const pixel = (row: number, column: number) =>
    row < 0 || column < 0 || row >= image.height || column >= image.width
      ? 0
      : image.data[4 * (row * image.width + column) + channel]!;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  let sum = 0;
  for (const i of [0, 1])
    for (const j of [0, 1])
      sum += (i ? y - top : 1 - y + top) * (j ? x - left : 1 - x + left) * pixel(top + i, left + j);
  return sum;
}

const faces = [
  { image: photograph(250, 250, 1), similarity: similarity(1.2, 0.1, 60, 50) },
  { image: photograph(90, 70, 2), similarity: similarity(0.7, -2.4, 80, 70) },
  { image: photograph(301, 199, 3), similarity: similarity(1.99, Math.PI / 4, 100, -30) },
  // Outside altogether.
  { image: photograph(40, 40, 4), similarity: similarity(1, 0, 5000, -3000) },
];

test('crops of photographs of several sizes, more of them than fit into a batch', async () => {
  const aligner = new Aligner(device, template, 3);
  try {
    const crops = await aligner.crops(faces);
    expect(crops.map(({ width, height }) => [width, height])).toEqual(faces.map(() => [112, 112]));
    faces.forEach(({ image, similarity: transform }, k) => {
      let [farthest, sum] = [0, 0];
      for (let v = 0; v < 112; v++)
        for (let u = 0; u < 112; u++)
          for (const channel of [0, 1, 2]) {
            const level = crops[k]!.data[4 * (v * 112 + u) + channel]!;
            sum += level;
            farthest = Math.max(farthest, Math.abs(level - levelAt(image, transform, u, v, channel)));
          }
      // Half a level of rounding, and positions in f32.
      expect(farthest).toBeLessThan(0.52);
      expect(sum > 0).toBe(k < 3);
    });
    expect(await aligner.crops([])).toEqual([]);
    const [again] = await aligner.crops([faces[1]!]);
    expect(again!.data).toEqual(crops[1]!.data);
  } finally {
    aligner.dispose();
  }
});

test('a face of many pixels is averaged, not picked from', async () => {
  const aligner = new Aligner(device, template, 1);
  try {
    // Columns of black and white, which are grey from far away.
    const [width, height] = [1000, 900];
    const data = Uint8Array.from({ length: 4 * width * height }, (_, i) => 255 * (Math.floor(i / 4) % 2));
    const stripes = await aligner.crops([
      { image: { width, height, data }, similarity: similarity(8, 0.3, 400, 100) },
    ]);
    const inside = 4 * (30 * 112 + 30);
    expect(
      [...stripes[0]!.data.subarray(inside, inside + 3)].every((level) => Math.abs(level - 127.5) < 2),
    ).toBe(true);
    // Of a slope, whose means are its levels in the middle, it is the same place and no shift.
    const slope = Uint8Array.from({ length: 4 * 700 * 500 }, (_, i) => {
      const [row, column] = [Math.floor(i / 4 / 700), Math.floor(i / 4) % 700];
      return Math.round(20 + 0.2 * column + 0.15 * row);
    });
    const transform = similarity(3.4, -0.2, 150, 100);
    const [crop] = await aligner.crops([
      { image: { width: 700, height: 500, data: slope }, similarity: transform },
    ]);
    const [a, b, c, d, e, f] = transform.matrix;
    let mean = 0;
    for (let v = 0; v < 90; v++)
      for (let u = 0; u < 100; u++) {
        const expected = 20 + 0.2 * (a * u + b * v + c) + 0.15 * (d * u + e * v + f);
        mean += (crop!.data[4 * (v * 112 + u)]! - expected) / 9000;
      }
    // A shift of half a pixel would be 0.17.
    expect(Math.abs(mean)).toBeLessThan(0.03);
  } finally {
    aligner.dispose();
  }
});

test('points that no photograph has cost no more than the photograph', async () => {
  const aligner = new Aligner(device, template, 1);
  try {
    const [crop] = await aligner.crops([
      { image: photograph(30, 20, 1), similarity: similarity(9e3, 1, -1e6, 1e6) },
    ]);
    expect(crop!.data.every((level, i) => level === (i % 4 === 3 ? 255 : 0))).toBe(true);
  } finally {
    aligner.dispose();
  }
});
