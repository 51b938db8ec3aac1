import sharp from 'sharp';
import { expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import type { Image } from '../../../src/normface/data/images/image.ts';
import { readImage } from '../../../src/normface/data/images/read-image.node.ts';
import { coverSize } from '../../../src/normface/data/images/resample.ts';
import { renderFace } from '../../../src/normface/faces/render.ts';
import { temporaryFolder } from '../../cli/run.ts';

const folder = temporaryFolder();

/** Sharp edges and fine patterns: what resampling has most to do with. */
function noise(width: number, height: number): Image {
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const block = (Math.floor(x / 7) + Math.floor(y / 5)) % 2 ? 200 : 30;
    return Math.min(255, block + (hash32(1, 0, i) % 50));
  });
  return { width, height, pixels };
}

/** The largest difference in levels between this resampling of a file's pixels and the one of the command line. */
async function largestDifference(file: string, width: number, height: number): Promise<number> {
  const expected = await readImage(file, { width, height });
  const image = await readImage(file);
  const actual = coverSize({ ...image, channels: 3, data: image.pixels }, width, height);
  expect([actual.width, actual.height]).toEqual([width, height]);
  return Math.max(...Array.from(actual.data, (value, i) => Math.abs(value - expected.pixels[i]!)));
}

test.each([
  ['the same size', 48, 56],
  ['one side fits', 60, 56],
  ['a little larger', 53, 61],
  ['LFW', 250, 250],
  ['a factor of two', 96, 112],
  ['an odd factor', 131, 203],
  ['a photograph', 700, 933],
  ['smaller, so it grows', 24, 28],
  ['smaller, of another shape', 37, 31],
])('%s: a picture of %i × %i has the pixels that the command line gives it', async (_, width, height) => {
  for (const image of [noise(width, height), renderFace(3, 1, 2, { width, height })]) {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const file = `${folder}/${width}x${height}.${format}`;
      const raw = { width, height, channels: 3 } as const;
      await sharp(image.pixels, { raw }).toFormat(format).toFile(file);
      expect(await largestDifference(file, 48, 56), format).toBe(0);
    }
  }
});

test('grey images too', async () => {
  const { pixels } = noise(250, 250);
  const file = `${folder}/grey.jpeg`;
  await sharp(pixels, { raw: { width: 250, height: 250, channels: 3 } })
    .toColourspace('b-w')
    .toFile(file);
  expect((await sharp(file).metadata()).channels).toBe(1);
  expect(await largestDifference(file, 48, 56)).toBe(0);
});
