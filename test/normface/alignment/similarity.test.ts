/** The fit of a template to five points: known transforms, and the normal equations solved another way. */

import { describe, expect, test } from 'vitest';
import { normal01 } from '../../../src/engine/core/random.ts';
import { chooseFaces } from '../../../src/normface/alignment/choose-faces.ts';
import type { LocatedFace } from '../../../src/normface/alignment/landmark-list.ts';
import { similarityTo } from '../../../src/normface/alignment/similarity.ts';
import { isCropSize, templateFor, templates } from '../../../src/normface/alignment/template.ts';
import type { FivePoints, Point } from '../../../src/normface/detection/detector.ts';

const template = templates['112x96'];

const mapped = (points: readonly Point[], map: (point: Point, k: number) => Point): FivePoints =>
  points.map(map) as unknown as FivePoints;

/** Points near those of the template, turned, scaled, shifted and moved by some pixels each. */
function faceOf(seed: number, noise: number): FivePoints {
  const [angle, scale] = [normal01(seed, 0, 0), Math.exp(normal01(seed, 0, 1))];
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  return mapped(template.points, ({ x, y }, k) => ({
    x: cos * x - sin * y + 100 + noise * normal01(seed, 1, k),
    y: sin * x + cos * y - 40 + noise * normal01(seed, 2, k),
  }));
}

/** a, b, c, d of (a·x − b·y + c, b·x + a·y + d) with the least squares, by Gaussian elimination of the normal equations. */
function leastSquares(from: readonly Point[], to: readonly Point[]): number[] {
  const rows = from.flatMap(({ x, y }) => [
    [x, -y, 1, 0],
    [y, x, 0, 1],
  ]);
  const values = to.flatMap(({ x, y }) => [x, y]);
  const system = [0, 1, 2, 3].map((i) => [
    ...[0, 1, 2, 3].map((j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    rows.reduce((sum, row, k) => sum + row[i]! * values[k]!, 0),
  ]);
  for (let i = 0; i < 4; i++) {
    const pivot = system
      .slice(i)
      .reduce((best, row) => (Math.abs(row[i]!) > Math.abs(best[i]!) ? row : best));
    const at = system.indexOf(pivot);
    [system[i], system[at]] = [pivot, system[i]!];
    system.forEach((row, k) => {
      if (k !== i) {
        const factor = row[i]! / pivot[i]!;
        row.forEach((_, j) => {
          row[j]! -= factor * pivot[j]!;
        });
      }
    });
  }
  return system.map((row, i) => row[4]! / row[i]!);
}

describe('similarityTo', () => {
  test.each(['image', 'crop'] as const)('finds a known similarity (%s)', (fit) => {
    const points = faceOf(1, 0);
    const { matrix, step, error } = similarityTo(points, template, fit);
    const [angle, scale] = [normal01(1, 0, 0), Math.exp(normal01(1, 0, 1))];
    expect(step).toBeCloseTo(scale, 10);
    expect(error).toBeLessThan(1e-9);
    const expected = [
      [scale * Math.cos(angle), -scale * Math.sin(angle), 100],
      [scale * Math.sin(angle), scale * Math.cos(angle), -40],
    ].flat();
    for (const [i, value] of matrix.entries()) expect(value).toBeCloseTo(expected[i]!, 9);
  });

  test.each([2, 3, 4])(
    'in the photograph it solves the normal equations from the template (seed %i)',
    (seed) => {
      const points = faceOf(seed, 8);
      const [a, b, c, d] = leastSquares(template.points, points) as [number, number, number, number];
      const { matrix, step } = similarityTo(points, template, 'image');
      for (const [i, value] of [a, -b, c, b, a, d].entries()) expect(matrix[i]).toBeCloseTo(value, 8);
      expect(step).toBeCloseTo(Math.hypot(a, b), 10);
    },
  );

  test.each([5, 6])('in the crop it is the inverse of the fit to the template (seed %i)', (seed) => {
    const points = faceOf(seed, 8);
    const [a, b, c, d] = leastSquares(points, template.points) as [number, number, number, number];
    const { matrix, step, error } = similarityTo(points, template, 'crop');
    expect(step).toBeCloseTo(1 / Math.hypot(a, b), 9);
    const [m0, m1, m2, m3, m4, m5] = matrix;
    // There and back again.
    for (const { x, y } of template.points) {
      const [u, v] = [m0 * x + m1 * y + m2, m3 * x + m4 * y + m5];
      expect(a * u - b * v + c).toBeCloseTo(x, 8);
      expect(b * u + a * v + d).toBeCloseTo(y, 8);
    }
    const squares = points.map(({ x, y }, k) => {
      const wanted = template.points[k]!;
      return (a * x - b * y + c - wanted.x) ** 2 + (b * x + a * y + d - wanted.y) ** 2;
    });
    expect(error).toBeCloseTo(Math.sqrt(squares.reduce((sum, square) => sum + square) / 5), 8);
    // Both turn alike; in the crop points that are no similar figure are made smaller.
    const other = similarityTo(points, template, 'image');
    expect(Math.atan2(m3, m0)).toBeCloseTo(Math.atan2(other.matrix[3], other.matrix[0]), 10);
    expect(step).toBeGreaterThan(other.step);
  });

  test('never mirrors: of a mirrored face it turns what it can', () => {
    const points = mapped(template.points, ({ x, y }) => ({ x: 200 - x, y }));
    const [a, b, , d, e] = similarityTo(points, template).matrix;
    expect(a * e - b * d).toBeGreaterThan(0);
  });

  const alike = (point: Point) => mapped(template.points, () => point);
  test.each([
    ['one place', alike({ x: 5, y: 5 }), /lie on one another/],
    [
      'nearly one place',
      mapped(template.points, ({ x, y }) => ({ x: x / 100, y: y / 100 })),
      /do not lie like those of a face/,
    ],
    ['a level line', mapped(template.points, ({ x }) => ({ x, y: 7 })), /in one line/],
    ['a slanting line', mapped(template.points, ({ y }) => ({ x: 2 * y, y: y + 3 })), /in one line/],
    [
      'a line but for a tenth of a pixel',
      mapped(template.points, ({ x }, k) => ({ x, y: k % 2 ? 0 : 0.1 })),
      /in one line/,
    ],
    ['two places', mapped(template.points, (_, k) => ({ x: k < 2 ? 10 : 60, y: 40 })), /in one line/],
    ['NaN', mapped(template.points, (p, k) => (k === 2 ? { x: Number.NaN, y: 1 } : p)), /no places/],
    ['an infinity', mapped(template.points, (p, k) => (k === 2 ? { x: 1, y: -Infinity } : p)), /no places/],
    ['a place far away', mapped(template.points, (p, k) => (k === 4 ? { x: 1e9, y: 1 } : p)), /no places/],
    [
      'a wide mirrored face, in which no template is found',
      mapped(template.points, ({ x, y }) => ({ x: -1.5 * x, y })),
      /do not lie like those of a face/,
    ],
  ])('refuses %s', (_, points, message) => {
    for (const fit of ['image', 'crop'] as const)
      expect(() => similarityTo(points, template, fit)).toThrow(message);
  });
});

describe('templates', () => {
  test('112×112 is 112×96 with eight columns on either side, of pixels counted from 0', () => {
    templates['112x112'].points.forEach(({ x, y }, k) => {
      expect(x - 9).toBeCloseTo(template.points[k]!.x, 10);
      expect(y - 1).toBeCloseTo(template.points[k]!.y, 10);
    });
    expect(template.points[0]).toEqual({ x: 29.2946, y: 50.6963 });
  });

  test.each([
    [96, 112, '112x96'],
    [48, 56, '112x96'],
    [112, 112, '112x112'],
    [128, 128, '112x112'],
    [160, 160, '112x112'],
  ] as const)('a net of %i × %i gets %s', (width, height, name) => {
    expect(templateFor({ width, height }).name).toBe(name);
  });

  test.each([
    [96, 112, true],
    [48, 56, true],
    [112, 112, true],
    [224, 224, true],
    [250, 250, false],
    [178, 218, false],
    [4000, 3000, false],
  ])('%i × %i is a size of crops: %s', (width, height, expected) => {
    expect(isCropSize({ width, height })).toBe(expected);
  });
});

describe('chooseFaces', () => {
  const face = (scale: number, x: number, y: number): LocatedFace => ({
    points: mapped(template.points, (p) => ({ x: scale * p.x + x, y: scale * p.y + y })),
    box: null,
    score: null,
  });
  const faces = [face(0.5, 0, 0), face(1, 300, 0), face(0.7, 100, 100)];
  const size = { width: 300, height: 300 };

  test.each([
    ['all', [0, 1, 2]],
    ['largest', [1]],
    ['centre', [2]],
  ] as const)('%s', (choice, expected) => {
    expect(chooseFaces(faces, choice, size).map((chosen) => faces.indexOf(chosen))).toEqual(expected);
    expect(chooseFaces([], choice, size)).toEqual([]);
  });
});
