import { expect, test } from 'vitest';
import { type Piece, paginate, pyramid } from '../../../src/normface/detection/pyramid.ts';

const windows = { size: 12, stride: 2 };
const page = { width: 272, height: 240 };
const options = { minFace: 20, factor: 0.709, mostPixels: 1_500_000 };

/** Windows of a piece by their place in its level. */
function* windowsOf({ x, y, width, height }: Piece): Generator<string> {
  for (let v = 0; v + windows.size <= height; v += windows.stride)
    for (let u = 0; u + windows.size <= width; u += windows.stride) yield `${x + u} ${y + v}`;
}

test('levels shrink by the factor from where the smallest face fills a window to where a window fills the level', () => {
  const levels = pyramid({ width: 250, height: 250 }, windows, options);
  expect(levels.map(({ width }) => width)).toEqual([150, 108, 76, 54, 38, 28, 20, 14]);
  for (const { width, height, scaleX, scaleY } of levels) {
    expect(height).toBe(width);
    expect([scaleX, scaleY]).toEqual([width / 250, height / 250]);
  }
  expect(pyramid({ width: 19, height: 400 }, windows, options)).toEqual([]);
});

test('a photograph of 100 million pixels begins with a level of the size that is allowed', () => {
  const [first, second] = pyramid({ width: 12_000, height: 8_400 }, windows, options);
  expect(first!.width * first!.height).toBeGreaterThan(1_490_000);
  // Extents are rounded up to even ones.
  expect(first!.width * first!.height).toBeLessThan(1_510_000);
  expect(second!.width / first!.width).toBeCloseTo(0.709, 2);
});

test.each([
  [250, 250, 1],
  [1200, 630, 12],
  [610, 500, 6],
  [40, 3000, 2],
])('pages for %d × %d pixels hold every window of every level once', (width, height, pages) => {
  const levels = pyramid({ width, height }, windows, options);
  const pieces = paginate(levels, windows, page);
  for (const level of levels) {
    const seen = pieces.filter((piece) => piece.level === level).flatMap((piece) => [...windowsOf(piece)]);
    const across = (level.width - windows.size) / windows.stride + 1;
    const down = (level.height - windows.size) / windows.stride + 1;
    expect(new Set(seen).size).toBe(across * down);
    expect(seen.length).toBe(across * down);
  }
  expect(Math.max(...pieces.map(({ page }) => page)) + 1).toBeLessThanOrEqual(pages);
});

test('pieces lie within their page, at windows of it, and beside each other', () => {
  const pieces = paginate(pyramid({ width: 1200, height: 630 }, windows, options), windows, page);
  for (const a of pieces) {
    expect([a.pageX % windows.stride, a.pageY % windows.stride]).toEqual([0, 0]);
    expect(a.pageX + a.width).toBeLessThanOrEqual(page.width);
    expect(a.pageY + a.height).toBeLessThanOrEqual(page.height);
    for (const b of pieces) {
      if (a === b || a.page !== b.page) continue;
      const apart =
        a.pageX + a.width <= b.pageX ||
        b.pageX + b.width <= a.pageX ||
        a.pageY + a.height <= b.pageY ||
        b.pageY + b.height <= a.pageY;
      expect(apart, `${JSON.stringify(a)} and ${JSON.stringify(b)}`).toBe(true);
    }
  }
});
