import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import type { Source } from '../../../src/normface/data/dataset.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { viewOf } from '../../../src/normface/data/images/view.node.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-view-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Red tells the column and green the row, in steps of 10; blue is 7. */
async function ramp(width: number, height: number): Promise<Source> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [10 * (pixel % width), 10 * Math.floor(pixel / width), 7][i % 3]!;
  });
  const file = path.join(folder, `${width}x${height}.png`);
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  return { kind: 'file', path: file };
}

const frame = { width: 6, height: 8 };
/** Columns by the first row, rows by the first column. */
const columns = (pixels: Uint8Array) => Array.from({ length: frame.width }, (_, x) => pixels[3 * x]!);
const rows = (pixels: Uint8Array) =>
  Array.from({ length: frame.height }, (_, y) => pixels[3 * y * frame.width + 1]!);

describe('views of an image of the size of the frame', () => {
  test('the usual one is what every command sees', async () => {
    const source = await ramp(6, 8);
    expect(await viewOf(source, frame)).toEqual(await decodeSource(source, frame));
  });

  test('moved by whole pixels it is exact, and its border is repeated', async () => {
    const { pixels } = await viewOf(await ramp(6, 8), frame, { shift: [2, -1] });
    expect(columns(pixels)).toEqual([0, 0, 0, 10, 20, 30]);
    expect(rows(pixels)).toEqual([10, 20, 30, 40, 50, 60, 70, 70]);
  });

  test('enlarged it shows its middle, reduced more than itself', async () => {
    const source = await ramp(6, 8);
    const large = columns((await viewOf(source, frame, { zoom: [2, 1] })).pixels);
    // Three of six columns, begun at the second: 20 to 40 with a half pixel on either side.
    expect(large[0]).toBeGreaterThanOrEqual(10);
    expect(large.at(-1)).toBeLessThanOrEqual(45);
    expect(large).toEqual(large.toSorted((p, q) => p - q));
    const small = columns((await viewOf(source, frame, { zoom: [0.5, 0.5] })).pixels);
    expect(small[0]).toBeLessThan(5);
    expect(small.at(-1)).toBeGreaterThan(45);
    // The whole width of 50 levels lies in half of the frame.
    expect(small[4]! - small[1]!).toBeGreaterThan(40);
  });
});

describe('views of a larger image', () => {
  test('stretched all of it, in the middle a part that is not scaled', async () => {
    const source = await ramp(24, 16);
    const stretched = await viewOf(source, frame, { cut: 'stretch' });
    expect(columns(stretched.pixels)[0]).toBeLessThan(30);
    expect(columns(stretched.pixels).at(-1)).toBeGreaterThan(200);
    const middle = await viewOf(source, frame, { cut: 'middle' });
    expect(columns(middle.pixels)).toEqual([90, 100, 110, 120, 130, 140]);
    expect(rows(middle.pixels)).toEqual([40, 50, 60, 70, 80, 90, 100, 110]);
  });

  test('what lies outside the usual cut comes into sight when it is moved or reduced', async () => {
    const source = await ramp(24, 16);
    // Scaled by two, columns 6 to 17 are in sight; moved to the right by a pixel of the frame, 4 to 15.
    const [usual, moved] = await Promise.all([
      viewOf(source, frame),
      viewOf(source, frame, { shift: [1, 0] }),
    ]);
    expect(columns(moved.pixels)[1]! - columns(usual.pixels)[0]!).toBeLessThanOrEqual(2);
    expect(columns(moved.pixels)[0]!).toBeLessThan(columns(usual.pixels)[0]! - 10);
  });
});

test('an image smaller than its middle has its border repeated, and what is drawn has the size of the frame', async () => {
  const small = await viewOf(await ramp(4, 4), frame, { cut: 'middle' });
  expect(columns(small.pixels)).toEqual([0, 0, 10, 20, 30, 30]);
  const drawn: Source = { kind: 'generated', seed: 1, identity: 2, sample: 0 };
  const face = { width: 12, height: 14 };
  expect(await viewOf(drawn, face, { cut: 'stretch' })).toEqual(await decodeSource(drawn, face));
  const moved = await viewOf(drawn, face, { shift: [0, 3] });
  const usual = await decodeSource(drawn, face);
  expect(moved.pixels.slice(3 * 12 * 3)).toEqual(usual.pixels.slice(0, 11 * 12 * 3));
});
