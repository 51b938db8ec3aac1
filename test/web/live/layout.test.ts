import { describe, expect, test } from 'vitest';
import type { Embedding } from '../../../src/web/live/embedding.ts';
import { between, layOut, roundStep, sectorsOf, stripsOf } from '../../../src/web/live/layout.ts';
import { startView } from '../../../src/web/live/view.ts';

const plane: Embedding = {
  step: 3,
  dimension: 2,
  features: Float32Array.of(30, 0, 0, 10, -3, -4),
  labels: [0, 1, 2],
  heldOut: [false, false, true],
  agents: Float32Array.of(2, 0, 0, 1, -1, 0),
  bias: null,
  cosine: true,
};
const space: Embedding = {
  ...plane,
  dimension: 3,
  features: Float32Array.of(3, 0, 0, 0, 4, 0, 0, 0, -5),
  agents: Float32Array.of(1, 1, 1, -2, 0, 0, 0, 0.1, 0),
};
const radius = ({ x, y, depth }: { x: number; y: number; depth: number }) => Math.hypot(x, y, depth);

describe('where things go', () => {
  test('as they are: the farthest feature on the unit circle, all in proportion, agents within', () => {
    for (const embedding of [plane, space]) {
      const { features, agents, range, unit } = layOut(embedding, 'raw', startView);
      const { features: values, dimension } = embedding;
      features.forEach((place, i) => {
        const norm = Math.hypot(...values.subarray(i * dimension, (i + 1) * dimension));
        expect(radius(place) * unit).toBeCloseTo(norm, 4);
      });
      expect(Math.max(...features.map(radius))).toBeCloseTo(1, 6);
      expect(range).toBeGreaterThan(1);
      for (const tip of agents) expect(radius(tip)).toBeLessThan(0.8);
    }
  });

  test('normalised in space: everything on the unit sphere', () => {
    const { features, agents, centres } = layOut(space, 'normalised', startView);
    for (const place of [...features, ...agents, ...centres]) expect(radius(place)).toBeCloseTo(1, 6);
  });

  test('normalised in the plane: each class on a circle of its own, agents on the unit circle, names outside', () => {
    const { features, agents, names, range } = layOut(plane, 'normalised', startView);
    const radii = features.map(radius);
    expect(radii[0]).toBeGreaterThan(1);
    expect(radii[1]).toBeGreaterThan(radii[0]!);
    expect(radii[2]).toBeGreaterThan(radii[1]!);
    for (const tip of agents) expect(radius(tip)).toBeCloseTo(1, 6);
    for (const name of names) {
      expect(radius(name)).toBeGreaterThan(radii[2]!);
      expect(radius(name)).toBeLessThan(range);
    }
  });

  test('names do not cover one another, also of agents that lie together', () => {
    const classes = 10;
    // Three pairs close together, two on one spot, two apart.
    const angles = [0, 0.05, 1, 1.01, 2, 2.1, 3, 3, 4, 5];
    const plane10 = {
      ...plane,
      agents: Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
    };
    const space10 = {
      ...space,
      agents: Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle), 0.2])),
    };
    for (const embedding of [plane10, space10])
      for (const mode of ['raw', 'normalised'] as const) {
        const { names, range } = layOut(embedding, mode, startView);
        expect(names.length).toBe(classes);
        names.forEach(({ x, y }, i) => {
          expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(range);
          for (const other of names.slice(i + 1))
            expect(Math.hypot(x - other.x, y - other.y), `${mode}, ${i}`).toBeGreaterThan(0.11);
        });
      }
    // One that is alone stays where it was.
    const [, , , , , , , , , last] = layOut(plane10, 'normalised', startView).names;
    expect(Math.atan2(last!.y, last!.x)).toBeCloseTo(5 - 2 * Math.PI, 6);
  });

  test('a feature without a direction stays in the middle', () => {
    const zero = { ...plane, features: new Float32Array(6) };
    for (const mode of ['raw', 'normalised'] as const)
      for (const place of layOut(zero, mode, startView).features) expect(radius(place)).toBe(0);
  });
});

describe('sectors', () => {
  test('cover the circle, and are bounded half-way between neighbours where directions count', () => {
    const sectors = sectorsOf(plane);
    expect(sectors[0]!.from).toBe(0);
    expect(sectors.at(-1)!.to).toBeCloseTo(2 * Math.PI, 9);
    sectors.slice(1).forEach(({ from }, i) => {
      expect(from).toBe(sectors[i]!.to);
    });
    expect(sectors.map(({ agent }) => agent)).toEqual([0, 1, 2, 0]);
    expect(sectors[0]!.to).toBeCloseTo(Math.PI / 4, 2);
    expect(sectors[1]!.to).toBeCloseTo((3 * Math.PI) / 4, 2);
  });

  test('a longer agent takes more where lengths count', () => {
    const [first] = sectorsOf({ ...plane, cosine: false });
    // 2·cos φ = sin φ
    expect(first!.to).toBeCloseTo(Math.atan(2), 2);
  });

  test('with a bias, or in space, there are none', () => {
    expect(sectorsOf({ ...plane, bias: new Float32Array(3) })).toEqual([]);
    expect(sectorsOf(space)).toEqual([]);
  });
});

describe('regions with a bias', () => {
  const biased = { ...plane, cosine: false, bias: Float32Array.of(0, 5, 0) };

  test('tile the square, each with the best agent of its middle', () => {
    const strips = stripsOf(biased, 10, 20);
    const area = strips.reduce((sum, { width, height }) => sum + width * height, 0);
    expect(area).toBeCloseTo(400, 9);
    const at = (x: number, y: number) =>
      strips.find((one) => x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height)
        ?.agent;
    // The bias wins at the origin, whose sector would be that of the first or third.
    expect([at(0.1, 0.1), at(9, -2), at(-9, -9)]).toEqual([1, 0, 2]);
  });

  test('are left to sectors where there is no bias', () => {
    expect(stripsOf(plane, 10)).toEqual([]);
    expect(stripsOf({ ...space, bias: new Float32Array(3) }, 10)).toEqual([]);
  });
});

test('on the way from one embedding to the next', () => {
  const next = { ...plane, step: 4, features: Float32Array.of(10, 0, 0, 10, -3, 4) };
  const half = between(plane, next, 0.5);
  expect([...half.features]).toEqual([20, 0, 0, 10, -3, 0]);
  expect(half.step).toBe(4);
  expect(between(plane, next, 1)).toBe(next);
  expect(between(space, next, 0.2)).toBe(next);
});

test.each([
  [1, 0.2],
  [4, 1],
  [39, 5],
  [40, 10],
  [99, 20],
  [0.05, 0.01],
])('an extent of %d has circles every %d', (extent, step) => {
  expect(roundStep(extent)).toBeCloseTo(step, 12);
});
