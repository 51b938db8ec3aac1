import { expect, test } from 'vitest';
import { moved, overlap, squared, suppress } from '../../../src/normface/detection/boxes.ts';

const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

test('the overlap of boxes is their common area by that of both, or by that of the smaller one', () => {
  // 2 × 3 of 4 × 4 and 4 × 3: 6 common, 16 + 12 − 6 = 22 together.
  const [a, b] = [box(0, 0, 4, 4), box(2, 1, 4, 3)];
  expect(overlap(a, b)).toBeCloseTo(6 / 22, 12);
  expect(overlap(b, a)).toBeCloseTo(6 / 22, 12);
  expect(overlap(a, b, 'minimum')).toBeCloseTo(6 / 12, 12);
  expect(overlap(a, box(1, 1, 2, 2), 'minimum')).toBe(1);
  expect(overlap(a, a)).toBe(1);
  // Edges that touch have no area in common; nor has a box without area.
  expect(overlap(a, box(4, 0, 4, 4))).toBe(0);
  expect(overlap(a, box(1, 1, 0, 2), 'minimum')).toBe(0);
  expect(overlap(a, box(Number.NaN, 0, 4, 4))).toBe(0);
});

test('of overlapping candidates the surest is kept, and what overlaps only one that is gone stays', () => {
  const candidate = (name: string, x: number, score: number) => ({ name, score, box: box(x, 0, 10, 10) });
  // Neighbours overlap by 6/14, those two apart by 2/18.
  const row = [
    candidate('c', 8, 0.7),
    candidate('a', 0, 0.9),
    candidate('b', 4, 0.8),
    candidate('d', 12, 0.7),
  ];
  const names = (most: number, measure?: 'union' | 'minimum') =>
    suppress(row, most, measure).map(({ name }) => name);
  expect(names(0.4)).toEqual(['a', 'c']);
  expect(names(6 / 14)).toEqual(['a', 'b', 'c', 'd']);
  expect(names(0.1)).toEqual(['a', 'd']);
  expect(names(0.5, 'minimum')).toEqual(['a', 'c']);
  expect(suppress([], 0.5)).toEqual([]);
});

test('edges move by fractions of the box, and a square takes the longer side around the same middle', () => {
  expect(moved(box(10, 20, 40, 80), [0.1, -0.1, -0.25, 0.5])).toEqual(box(14, 12, 26, 128));
  expect(squared(box(10, 20, 40, 80))).toEqual(box(-10, 20, 80, 80));
  expect(squared(box(10, 20, 9, 4))).toEqual(box(10, 17.5, 9, 9));
});
