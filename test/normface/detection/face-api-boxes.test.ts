import { expect, test } from 'vitest';
import { candidatesOf, doublings, levelOf } from '../../../src/normface/detection/face-api-boxes.ts';
import { anchors } from '../../../src/normface/detection/face-api-nets.ts';
import { paginate } from '../../../src/normface/detection/pyramid.ts';

const page = { width: 512, height: 320 };
const windows = { size: 160, stride: 32 };
const sizes = (width: number, height: number, largest = 1280) =>
  doublings({ width, height }, largest).map((level) => [level.width, level.height]);

test('photographs are looked at with longest sides of 160, 320 and so on, not much beyond their own', () => {
  expect(sizes(250, 250)).toEqual([
    [160, 160],
    [320, 320],
  ]);
  expect(sizes(630, 1200)).toEqual([
    [84, 160],
    [168, 320],
    [336, 640],
    [672, 1280],
  ]);
  expect(sizes(12_000, 9000, 640)).toEqual([
    [160, 120],
    [320, 240],
    [640, 480],
  ]);
  expect(sizes(100, 3)).toEqual([[160, 5]]);
});

test('both sizes of a photograph of 250 × 250 pixels lie on one page, a cell apart', () => {
  const pieces = paginate(doublings({ width: 250, height: 250 }, 1280), windows, page, 32);
  expect(pieces.map(({ page, pageX, pageY, width }) => [page, pageX, pageY, width])).toEqual([
    [0, 0, 0, 320],
    [0, 352, 0, 160],
  ]);
});

/** A map in which one anchor of one cell is sure: its middle in that of the cell, as large as the anchor. */
function mapWith(row: number, column: number, anchor: number): Float32Array {
  const output = new Float32Array(11 * 17 * 25).fill(-20);
  output.set([0, 0, 0, 0, 2], ((row + 1) * 17 + column + 1) * 25 + anchor * 5);
  return output;
}

test('cells of a page are places of the piece that lies there, and boxes at its cuts are left to others', () => {
  // 640 pixels for 1280: from 0 to 512 and from 384 on.
  const pieces = paginate([levelOf({ width: 1280, height: 400 }, 640)], windows, page, 32);
  const second = pieces.find(({ x }) => x === 384)!;
  expect(pieces).toHaveLength(2);
  const cell = second.pageX / 32;
  const row = second.pageY / 32;
  const [found] = candidatesOf(second, mapWith(row + 2, cell + 4, 0), 17, 0.5);
  expect(found!.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  // The middle is at 4.5 and 2.5 cells of the piece; the photograph is twice as large as the level.
  expect(found!.box.x).toBeCloseTo(2 * (384 + 4.5 * 32 - (anchors[0].width * 32) / 2), 3);
  expect(found!.box.y).toBeCloseTo(2 * (2.5 * 32 - (anchors[0].height * 32) / 2), 3);
  expect(found!.box.width).toBeCloseTo(2 * anchors[0].width * 32, 3);
  // 1.6 cells around the middle of the first cell reach over the cut.
  expect(candidatesOf(second, mapWith(row + 2, cell, 0), 17, 0.5)).toEqual([]);
  // At the border of the photograph they may.
  const first = pieces.find(({ x }) => x === 0)!;
  expect(candidatesOf(first, mapWith(first.pageY / 32 + 2, first.pageX / 32, 0), 17, 0.5)).toHaveLength(1);
});
