import sharp from 'sharp';
import { expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/random.ts';
import { readImage } from '../../../src/normface/data/decode.node.ts';
import { renderFace } from '../../../src/normface/data/generated/render.ts';
import type { Image } from '../../../src/normface/data/image.ts';
import { coverSize } from '../../../src/normface/data/resample.ts';
import { temporaryFolder } from '../cli/run.ts';

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

/** Differences in levels between this resampling and the one of the command line. */
async function differences(image: Image, width: number, height: number): Promise<number[]> {
  const file = `${folder}/${image.width}x${image.height}.png`;
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  await sharp(image.pixels, { raw }).png().toFile(file);
  const expected = await readImage(file, { width, height });
  const actual = coverSize({ ...image, channels: 3, data: image.pixels }, width, height);
  expect([actual.width, actual.height]).toEqual([width, height]);
  return Array.from(actual.data, (value, i) => Math.abs(value - expected.pixels[i]));
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

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
])('%s: a picture of %i × %i comes out as the command line makes it', async (_, width, height) => {
  for (const image of [noise(width, height), renderFace(3, 1, 2, { width, height })]) {
    const found = await differences(image, 48, 56);
    expect(mean(found)).toBeLessThan(0.3);
    expect(Math.max(...found)).toBeLessThanOrEqual(3);
  }
});
