/** Blur and resolution that generated images are given. */

import { describe, expect, test } from 'vitest';
import { decodeSource } from '../../src/normface/data/images/decode.node.ts';
import type { Image } from '../../src/normface/data/images/image.ts';
import { againstQuality, qualitiesOf, qualityTexts } from '../../src/normface/embedding/quality.ts';
import { drawQuality, withQuality } from '../../src/normface/faces/quality.ts';
import { renderFace } from '../../src/normface/faces/render.ts';

/** A grey picture of the levels. */
function grey(width: number, height: number, level: (row: number, column: number) => number): Image {
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return level(Math.floor(pixel / width), pixel % width);
  });
  return { width, height, pixels };
}

const reds = ({ pixels }: Image): number[] => [...pixels].filter((_, i) => i % 3 === 0);
const best = { blur: 0, resolution: 1 };

describe('withQuality', () => {
  test('changes nothing at the best quality, nor where nothing is to be seen', () => {
    const face = renderFace(1, 7, 3, { width: 24, height: 28 });
    expect(withQuality(face, best)).toEqual(face);
    const flat = grey(13, 9, () => 77);
    expect(withQuality(flat, { blur: 9, resolution: 0.3 })).toEqual(flat);
  });

  test('blurs by the standard deviation that was asked for, in pixels of a face 96 wide', () => {
    // Half black, half white: the blurred step is the distribution of the kernel, whose deviation it shows.
    for (const [blur, width] of [
      [3, 96],
      [6, 48],
    ] as const) {
      const deviation = (blur * width) / 96;
      const edge = grey(width, 1, (_, column) => (column < width / 2 ? 0 : 255));
      const levels = reds(withQuality(edge, { blur, resolution: 1 }));
      let [mean, square] = [0, 0];
      for (let i = 1; i < width; i++) {
        const share = (levels[i]! - levels[i - 1]!) / 255;
        mean += share * (i - width / 2);
        square += share * (i - width / 2) ** 2;
      }
      expect(mean).toBeCloseTo(0, 1);
      // Levels are whole, which widens the tails.
      expect(Math.abs(Math.sqrt(square) / deviation - 1)).toBeLessThan(0.05);
    }
  });

  test('shrinks by means over areas and enlarges bilinearly', () => {
    const line = grey(4, 1, (_, column) => [0, 40, 100, 200][column]!);
    // Cells 20 and 150; pixels lie at −1/4, 1/4, 3/4 and 5/4 of them.
    expect(reds(withQuality(line, { blur: 0, resolution: 0.5 }))).toEqual([20, 53, 118, 150]);
    // The same upright.
    const column = grey(1, 4, (row) => [0, 40, 100, 200][row]!);
    expect(reds(withQuality(column, { blur: 0, resolution: 0.5 }))).toEqual([20, 53, 118, 150]);
    // 3 pixels as 2 cells of a pixel and a half: (0 + 0.5·90)/1.5 = 30 and (0.5·90 + 60)/1.5 = 70; pixels at −1/6, 1/2 and 7/6.
    const three = grey(3, 1, (_, column) => [0, 90, 60][column]!);
    expect(reds(withQuality(three, { blur: 0, resolution: 0.6 }))).toEqual([30, 50, 70]);
    // One cell.
    expect(reds(withQuality(line, { blur: 0, resolution: 0.01 }))).toEqual([85, 85, 85, 85]);
  });

  test('takes channels apart, and is what decoding gives', async () => {
    const size = { width: 24, height: 28 };
    const quality = { blur: 4, resolution: 0.4 };
    const source = { kind: 'generated', seed: 1, identity: 7, sample: 3, quality } as const;
    const face = renderFace(1, 7, 3, size);
    expect(await decodeSource(source, size)).toEqual(withQuality(face, quality));
    const onlyRed = { ...face, pixels: face.pixels.map((value, i) => (i % 3 === 0 ? value : 0)) };
    expect(reds(withQuality(onlyRed, quality))).toEqual(reds(withQuality(face, quality)));
  });
});

describe('drawQuality', () => {
  const ranges = { blur: [0, 3], resolution: [0.2, 1] } as const;
  const drawn = Array.from({ length: 10_000 }, (_, i) => drawQuality(5, Math.floor(i / 20), i % 20, ranges));

  test.each([
    ['blur', 0, 3],
    ['resolution', 0.2, 1],
  ] as const)('%s is uniform in its range, and follows from seed, person and image', (key, least, most) => {
    const values = drawn.map((quality) => quality[key]);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...values)).toBeLessThanOrEqual(most);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    // Four standard deviations of the mean.
    expect(Math.abs(mean - (least + most) / 2)).toBeLessThan((4 * (most - least)) / Math.sqrt(12 * 10_000));
    expect(new Set(values).size).toBeGreaterThan(9900);
    expect(drawQuality(5, 3, 4, ranges)[key]).toBe(values[64]);
    expect(drawQuality(6, 3, 4, ranges)[key]).not.toBe(values[64]);
  });

  test('blur and resolution are independent', () => {
    const product = drawn.reduce((sum, { blur, resolution }) => sum + (blur - 1.5) * (resolution - 0.6), 0);
    // Of deviations 3/√12 and 0.8/√12.
    expect(Math.abs(product / 10_000)).toBeLessThan((4 * 3 * 0.8) / 12 / Math.sqrt(10_000));
  });
});

describe('the length of features against quality', () => {
  const qualities = [0, 1, 2, 3].map((blur) => ({ blur, resolution: 0.5 }));

  test('is a rank correlation for each that varies', () => {
    const values = Float32Array.from([3, 4, 0, 4, 2, 0, 0, 1]);
    const found = againstQuality({ values, dimension: 2 }, qualities);
    expect(found).toMatchObject({ blur: { correlation: -1 }, resolution: null });
    expect(qualityTexts(found, 4)).toEqual([
      'length of features against blur: rank correlation −1.00 (p < 0.001, 4 images)',
    ]);
  });

  test('is only there where the quality of all images is known', () => {
    const source = { kind: 'generated', seed: 1, identity: 1, sample: 1 } as const;
    expect(qualitiesOf(qualities.map((quality) => ({ source: { ...source, quality } })))).toEqual(qualities);
    expect(qualitiesOf([{ source: { ...source, quality: best } }, { source }])).toBeUndefined();
    expect(qualitiesOf([])).toBeUndefined();
  });
});
