/** Large photographs as smaller pictures with parts, against the whole. */

import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  type Cutter,
  cutFace,
  inPhotograph,
  openPicture,
} from '../../../src/normface/alignment/picture.node.ts';
import type { Similarity } from '../../../src/normface/alignment/similarity.ts';
import { templates } from '../../../src/normface/alignment/template.ts';
import { cutTile, tileSide } from '../../../src/normface/alignment/tile.ts';
import { sizeOf } from '../../../src/normface/data/describe.node.ts';
import { picture, temporaryFolder } from '../data/fixtures.ts';

const folder = temporaryFolder();
const template = templates['112x96'];

/** The same tiles as those of an aligner, without a device. */
const cutter: Cutter = {
  template,
  cut({ image, similarity }) {
    const side = tileSide(template);
    const tile = new Uint8Array(side * side * 4);
    return { tile, matrix: cutTile(image, similarity, template, tile, side) };
  },
};

const place = (step: number, angle: number, x: number, y: number): Similarity => {
  const [a, d] = [step * Math.cos(angle), step * Math.sin(angle)];
  return { matrix: [a, -d, x, d, a, y], step, error: 0 };
};

const [width, height] = [420, 301];
const content = picture(width, height, 5).pixels;
const stored = () => sharp(content, { raw: { width, height, channels: 3 } });
const file = (name: string) => ({ kind: 'file', path: path.join(folder, name) }) as const;

async function written(name: string, image: Sharp) {
  await image.toFile(path.join(folder, name));
  return file(name);
}

/** Opened in full, and as a picture of at most 20,000 pixels. */
async function both(source: ReturnType<typeof file>) {
  const size = await sizeOf(source);
  return { whole: await openPicture(source, size), small: await openPicture(source, size, 20_000) };
}

describe('a large photograph', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'stored in the orientation %i: small faces are cut from a part of it, the same as from the whole',
    async (orientation) => {
      const source = await written(
        `turned-${orientation}.jpg`,
        stored().withMetadata({ orientation }).jpeg({ quality: 90 }),
      );
      const { whole, small } = await both(source);
      expect(small.size).toEqual(whole.size);
      expect(small.image.width * small.image.height).toBeLessThanOrEqual(20_000);
      expect(small.image.width < small.image.height).toBe(orientation >= 5);
      for (const similarity of [
        place(0.9, 0.3, 120, 60),
        place(1.3, -2, 180, 200),
        place(2.2, 0.1, -40, -30),
      ]) {
        const [part, all] = [
          await cutFace(cutter, small, similarity),
          await cutFace(cutter, whole, similarity),
        ];
        expect(Buffer.compare(part.tile, all.tile)).toBe(0);
        expect(part.matrix).toEqual(all.matrix);
      }
    },
  );

  test.each(['jpeg', 'png', 'webp', 'tiff'] as const)(
    'as %s: faces that fill it are cut from the picture',
    async (format) => {
      // A slope, so that levels tell places.
      const slope = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
        const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
        return Math.round(10 + 0.3 * x + 0.3 * y);
      });
      const image = sharp(slope, { raw: { width, height, channels: 3 } });
      const source = await written(`slope.${format}`, image.toFormat(format, { quality: 100 }));
      const { whole, small } = await both(source);
      const similarity = place(2.5, 0.1, 90, 20);
      const mean = async (opened: typeof whole) => {
        const { tile, matrix } = await cutFace(cutter, opened, similarity);
        const [a, b, c, d, e, f] = matrix as [number, number, number, number, number, number];
        // The middle of the crop, bilinear.
        const [x, y] = [a * 48 + b * 56 + c, d * 48 + e * 56 + f];
        const [left, top] = [Math.floor(x), Math.floor(y)];
        const at = (row: number, column: number) => tile[4 * (row * tileSide(template) + column)]!;
        return (
          (1 - y + top) * ((1 - x + left) * at(top, left) + (x - left) * at(top, left + 1)) +
          (y - top) * ((1 - x + left) * at(top + 1, left) + (x - left) * at(top + 1, left + 1))
        );
      };
      // A shift of half a pixel of the picture, which is 2.5 of the photograph, would be 0.4 along each axis.
      expect(Math.abs((await mean(small)) - (await mean(whole)))).toBeLessThan(0.6);
      expect(small.part === null).toBe(format === 'webp');
    },
  );

  test('is never in memory as a whole', async () => {
    const source = await written(
      'large.png',
      sharp({ create: { width: 5000, height: 4000, channels: 3, background: '#123456' } }).png({
        compressionLevel: 1,
      }),
    );
    const { size, image } = await openPicture(source, await sizeOf(source));
    expect(size).toEqual({ width: 5000, height: 4000 });
    expect(image.data.length).toBeLessThanOrEqual(64e6);
    expect([...image.data.subarray(0, 4)]).toEqual([0x12, 0x34, 0x56, 255]);
  });

  test('has the faces of its picture at their places', async () => {
    const point = { x: 10, y: 20 };
    const face = {
      box: { x: -0.5, y: -0.5, width: 50, height: 40 },
      score: 1,
      points: [point, point, point, point, point],
    } as const;
    const image = { width: 50, height: 40, data: new Uint8Array(8000) };
    const { box, points } = inPhotograph(face, { size: { width: 200, height: 120 }, image, part: null });
    expect(box).toEqual({ x: -0.5, y: -0.5, width: 200, height: 120 });
    expect(points[0]).toEqual({ x: 41.5, y: 61 });
  });
});
