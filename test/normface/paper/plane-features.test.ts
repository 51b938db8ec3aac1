import { expect, test } from 'vitest';
import type { Point2 } from '../../../src/common/vectors.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { nearestToOrigin } from '../../../src/normface/paper/fig3.node.ts';
import { toyImages } from '../../../src/normface/paper/mnist.node.ts';
import {
  misleadingTriple,
  probabilities,
  shareCorrect,
  summarise,
} from '../../../src/normface/paper/plane-features.ts';
import { realData, temporaryFolder } from '../data/fixtures.ts';
import { fakeRunner } from './fake.ts';

/** Class 0 on a ray, class 1 around the origin. */
const features = {
  points: [
    [3, 4],
    [6, 8],
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
    [0, 0],
  ] as Point2[],
  labels: [0, 0, 1, 1, 1, 1, 1],
};

test('a class on a ray has concentration 1, one around the origin 0', () => {
  const [ray, origin] = summarise(features);
  expect(ray).toMatchObject({ label: 0, count: 2, mean: [4.5, 6], meanNorm: 7.5, norm: 7.5 });
  expect(ray!.concentration).toBeCloseTo(1, 12);
  expect(origin).toMatchObject({ label: 1, count: 5, mean: [0, 0], meanNorm: 0 });
  expect(origin!.norm).toBeCloseTo(0.8, 12);
  expect(origin!.concentration).toBeCloseTo(0, 12);
});

test('figure 3 picks the class whose mean is nearest to the origin', () => {
  const summary = summarise({
    points: [
      [3, 4],
      [0, 1],
      [0, -10],
    ],
    labels: [0, 1, 2],
  });
  const { nearest, ratio } = nearestToOrigin(summary);
  expect(nearest.label).toBe(1);
  expect(ratio).toBeCloseTo(1 / 7.5, 12);
});

test('probabilities are those of softmax, also for large logits', () => {
  const weights: Point2[] = [
    [1, 0],
    [0, 2],
    [-1, -1],
  ];
  const [x, y] = [0.7, -0.3];
  const powers = [Math.exp(x), Math.exp(2 * y + 0.5), Math.exp(-x - y)];
  const sum = powers[0]! + powers[1]! + powers[2]!;
  probabilities([x, y], weights, [0, 0.5, 0]).forEach((p, k) => {
    expect(p).toBeCloseTo(powers[k]! / sum, 12);
  });
  expect(probabilities([1e4, 0], weights)).toEqual([1, 0, 0]);
  // Proposition 1: along the ray of a feature that is classified rightly its probability never falls.
  const along = [0.5, 1, 2, 4].map((s) => probabilities([s * 0.2, s * 0.9], weights)[1]!);
  expect(along).toEqual([...along].sort((a, b) => a - b));
});

test('the share of correct points counts the bias', () => {
  const weights: Point2[] = [
    [1, 0],
    [-1, 0],
  ];
  const points: Point2[] = [
    [1, 0],
    [2, 0],
    [-1, 0],
    [0.1, 0],
  ];
  expect(shareCorrect({ points, labels: [0, 0, 1, 1] }, weights, [0, 0])).toBe(0.75);
  expect(shareCorrect({ points, labels: [0, 0, 1, 1] }, weights, [0, 0.5])).toBe(1);
});

test('three features are found of which two of different classes are nearer than two of one class', () => {
  const points: Point2[] = [];
  const labels: number[] = [];
  for (let k = 1; k <= 30; k++) {
    points.push([k, 0], [0.3 * k, 0.3 * k]);
    labels.push(0, 1);
  }
  const { a, b, c } = misleadingTriple({ points, labels })!;
  expect(labels[a]).toBe(labels[b]);
  expect(labels[c]).not.toBe(labels[b]);
  const distance = (i: number, j: number) =>
    Math.hypot(points[i]![0] - points[j]![0], points[i]![1] - points[j]![1]);
  expect(distance(b, c)).toBeLessThan(distance(a, b));
  expect(
    misleadingTriple({
      points: [
        [1, 0],
        [0, 1],
      ],
      labels: [0, 1],
    }),
  ).toBeUndefined();
});

test('without MNIST generated people take its place, say so, and no image is in both training and test', async () => {
  const images = toyImages(fakeRunner(temporaryFolder()).runner);
  expect(images.description).toMatch(/MNIST was not found/);
  const training = new Set((await openDataset(images.training)).samples.map(({ key }) => key));
  const held = await images.openTest();
  expect(training.size).toBe(2000);
  expect(held.samples).toHaveLength(200);
  expect(held.samples.filter(({ key }) => training.has(key))).toEqual([]);
});

const mnist = realData('mnist');
test.skipIf(mnist === undefined)("MNIST's test set alone is divided", async () => {
  const { runner } = fakeRunner(temporaryFolder(), { data: { folder: '', mnist } });
  const images = toyImages(runner);
  const training = await openDataset(images.training);
  const held = await images.openTest();
  expect(training.identities).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  expect(new Set([...training.samples, ...held.samples].map(({ key }) => key)).size).toBe(
    training.samples.length + held.samples.length,
  );
});
