import { describe, expect, test } from 'vitest';
import { lookingFrom, seen, sphereGrid } from '../../../src/common/projection.ts';
import { dot, type Point3 } from '../../../src/common/vectors.ts';
import { lossBound } from '../../../src/normface/losses/bound.ts';
import { evenCircleLoss } from '../../../src/web/live/circle-loss.ts';
import { Curve, Durations } from '../../../src/web/live/curve.ts';
import {
  accuracy,
  bestAgent,
  classCentres,
  comparedAgents,
  type Embedding,
  normalised,
  reachOf,
} from '../../../src/web/live/embedding.ts';
import { placesOf, startView, turned } from '../../../src/web/live/view.ts';

const embedding: Embedding = {
  step: 0,
  dimension: 2,
  // The second is longer but turned away from its agent, the third is held out and wrong.
  features: Float32Array.of(2, 0.1, 9, 1, 1, 0, 0, -3),
  labels: [0, 0, 1, 1],
  heldOut: [false, false, true, true],
  agents: Float32Array.of(1, 0, 0.5, -0.5),
  bias: null,
  cosine: true,
};

describe('an embedding', () => {
  test('normalised vectors have norm 1, and zeros stay', () => {
    expect([...normalised(Float32Array.of(3, 4, 0, 0, -2, 0), 2)]).toEqual([
      Math.fround(0.6),
      Math.fround(0.8),
      0,
      0,
      -1,
      0,
    ]);
  });

  test('accuracy goes by the nearest agent, for pictures trained on and held out', () => {
    expect(accuracy(embedding)).toEqual({ training: 1, heldOut: 0.5 });
  });

  test('without directions alone, lengths and a bias count', () => {
    const long = { ...embedding, cosine: false, agents: Float32Array.of(1, 0, 5, -5) };
    expect(accuracy(long).training).toBe(0);
    expect([...comparedAgents(long)]).toEqual([1, 0, 5, -5]);
    expect(bestAgent([1, 0], long.agents, null)).toBe(1);
    expect(bestAgent([1, 0], long.agents, Float32Array.of(4.5, 0))).toBe(0);
  });

  test('a class centre is the direction of the mean direction', () => {
    const centres = classCentres({
      ...embedding,
      features: Float32Array.of(10, 0, 0, 0.1, 0, 7, 0, 1),
      labels: [0, 0, 1, 1],
    });
    [Math.SQRT1_2, Math.SQRT1_2, 0, 1].forEach((value, i) => {
      expect(centres[i]).toBeCloseTo(value, 6);
    });
  });

  test('the reach is the longest vector', () => {
    expect(reachOf(Float32Array.of(1, 1, -3, 4, 0, 2), 2)).toBeCloseTo(5, 6);
    expect(reachOf(new Float32Array(4), 2)).toBeGreaterThan(0);
  });
});

describe('the view of space', () => {
  const axes = ({ right, up, towards }: typeof startView) => [right, up, towards];

  test('is a right-handed frame, after a thousand turns too', () => {
    let view = startView;
    for (let k = 0; k < 1000; k++) view = turned(view, 0.1 * Math.sin(k), 0.07 * Math.cos(3 * k));
    for (const frame of [startView, view]) {
      axes(frame).forEach((a, i) => {
        axes(frame).forEach((b, j) => {
          expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 12);
        });
      });
      const [r, u, t] = axes(frame) as [Point3, Point3, Point3];
      const determinant =
        r[0] * (u[1] * t[2] - u[2] * t[1]) -
        r[1] * (u[0] * t[2] - u[2] * t[0]) +
        r[2] * (u[0] * t[1] - u[1] * t[0]);
      expect(determinant).toBeCloseTo(1, 12);
    }
  });

  test('shows the direction it looks from in the middle, nearest to the eye, and the third axis upwards', () => {
    const view = lookingFrom([2, 0, 0]);
    expect(seen(view, [1, 0, 0])).toEqual({ x: 0, y: 0, depth: 1 });
    expect(seen(view, [0, 0, 1]).y).toBe(1);
    expect(seen(view, [0, 1, 0]).x).toBe(1);
  });

  test('turning moves the front to the right and up, as a hand would', () => {
    const front = (rightwards: number, upwards: number) =>
      seen(turned(startView, rightwards, upwards), startView.towards);
    expect(front(0.2, 0).x).toBeCloseTo(Math.sin(0.2), 12);
    expect(front(0.2, 0).y).toBeCloseTo(0, 12);
    expect(front(0, 0.2).y).toBeCloseTo(Math.sin(0.2), 12);
    expect(front(0, 0.2).depth).toBeCloseTo(Math.cos(0.2), 12);
  });

  test('a turn and the turn back leave everything where it was', () => {
    const back = turned(turned(startView, 0.5, 0), -0.5, 0);
    axes(back).forEach((axis, i) => {
      axis.forEach((value, k) => {
        expect(value).toBeCloseTo(axes(startView)[i]![k]!, 12);
      });
    });
  });

  test('the plane stays as it is, and lengths in space are kept', () => {
    expect(placesOf(Float32Array.of(1, 2, 3, 4), 2, startView, 0.5)).toEqual([
      { x: 0.5, y: 1, depth: 0 },
      { x: 1.5, y: 2, depth: 0 },
    ]);
    const [{ x, y, depth }] = placesOf(Float32Array.of(1, 2, 2), 3, startView, 2) as [
      { x: number; y: number; depth: number },
    ];
    expect(Math.hypot(x, y, depth)).toBeCloseTo(6, 6);
  });

  test('the grid lies on the sphere', () => {
    const points = sphereGrid().flat();
    for (const point of points) expect(Math.hypot(...point)).toBeCloseTo(1, 12);
    expect(points.length).toBeGreaterThan(500);
  });
});

describe('the course of the loss', () => {
  test('is kept as it is at first, with the bound where there is one', () => {
    const curve = new Curve();
    curve.add(1, 4);
    curve.add(2, 2, { bound: 0.5, even: 0.75 });
    const { steps, losses, bounds, evens, smooth } = curve.columns();
    expect({ steps, losses, bounds, evens }).toEqual({
      steps: [1, 2],
      losses: [4, 2],
      bounds: [null, 0.5],
      evens: [null, 0.75],
    });
    expect(smooth).toEqual([4, 3]);
  });

  test('stays short, and its means are those of the steps', () => {
    const curve = new Curve();
    const count = 10_000;
    for (let step = 1; step <= count; step++) curve.add(step, step);
    const { steps, losses, smooth } = curve.columns();
    expect(steps.length).toBeLessThanOrEqual(1200);
    expect(steps.length).toBeGreaterThan(500);
    expect(steps.at(-1)).toBe(count);
    steps.forEach((step, i) => {
      const first = i === 0 ? 1 : steps[i - 1]! + 1;
      expect(losses[i]).toBeCloseTo((first + step) / 2, 6);
    });
    // Means to both sides of a line are on it.
    smooth.forEach((value, i) => {
      if (i < steps.length - 6) expect(value).toBeCloseTo(losses[i]!, 0);
    });
  });

  test('the smooth line takes the mean of both sides, and does not look into another loss', () => {
    const curve = new Curve();
    for (let step = 1; step <= 50; step++) curve.add(step, step % 2 === 0 ? 90 : 110);
    curve.add(51, 1, {}, true);
    curve.add(52, 3);
    curve.add(53, 2);
    const { smooth } = curve.columns();
    for (const value of smooth.slice(6, 43)) expect(Math.abs(value - 100)).toBeLessThan(1);
    expect(Math.abs(smooth[49]! - 100)).toBeLessThan(2);
    expect(smooth.slice(50)).toEqual([1, 2, 2]);
  });

  test('durations: the middle of the latest', () => {
    const durations = new Durations(3);
    expect(durations.median).toBeNaN();
    for (const value of [900, 5, 4, 6]) durations.add(value);
    expect(durations.median).toBe(5);
    durations.add(100);
    expect(durations.median).toBe(6);
  });
});

describe('agents evenly on the circle', () => {
  test.each([2, 3])('with %i classes reach the bound of Proposition 2', (classes) => {
    for (const scale of [1, 4, 10])
      expect(evenCircleLoss(classes, scale)).toBeCloseTo(lossBound(classes, scale), 12);
  });

  test.each([4, 10, 64])('with %i classes stay above it', (classes) => {
    for (const scale of [1, 4, 10])
      expect(evenCircleLoss(classes, scale)).toBeGreaterThan(lossBound(classes, scale));
  });

  test('without a scale a guess is as good', () => {
    expect(evenCircleLoss(10, 0)).toBeCloseTo(Math.log(10), 12);
  });
});
