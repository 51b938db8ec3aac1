import { expect, test } from 'vitest';
import {
  cosineScores,
  innerProducts,
  rawDistances,
  squaredDistances,
} from '../../../src/normface/evaluation/similarity.ts';
import { exactPairs, exactRows, features, noisyFaces, pairList, randomPairs } from './helpers.ts';

const rows = features(exactRows);
const toEachRow = exactPairs([
  [
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 0],
    [4, 0],
  ],
]);

test('exact cosines and squared distances', () => {
  expect([...cosineScores(rows, toEachRow)]).toEqual([1, 0.5, 0, -0.5, -1]);
  expect([...squaredDistances(rows, toEachRow)]).toEqual([0, 1, 2, 3, 4]);
});

test('neither depends on the length of a feature', () => {
  const scaled = features(
    exactRows.map((row, k) => row.map((value) => value * [1e-30, 4, 1e30, 0.5, 3][k]!)),
  );
  const cosines = cosineScores(scaled, toEachRow);
  const distances = squaredDistances(scaled, toEachRow);
  [1, 0.5, 0, -0.5, -1].forEach((cosine, k) => {
    expect(cosines[k]).toBeCloseTo(cosine, 14);
    expect(distances[k]).toBeCloseTo(2 - 2 * cosine, 14);
  });
});

test('squared distance is 2 - 2 cosine', () => {
  const random = noisyFaces({ people: 8, each: 4, dimension: 37, noise: 1, seed: 3 });
  const pairs = randomPairs(8, 4, 60, 2, 5);
  const cosines = cosineScores(random, pairs);
  squaredDistances(random, pairs).forEach((distance, k) => {
    expect(distance).toBeCloseTo(2 - 2 * cosines[k]!, 13);
  });
});

test('a zero feature has cosine 0 with everything', () => {
  const zero = features([
    [0, 0],
    [1, 2],
  ]);
  const pairs = pairList([
    { a: 0, b: 1, same: 1, fold: 1 },
    { a: 0, b: 0, same: 0, fold: 1 },
  ]);
  expect([...cosineScores(zero, pairs)]).toEqual([0, 0]);
  expect(squaredDistances(zero, pairs)[0]).toBeCloseTo(1, 14);
});

test('rounding never leaves [-1, 1]', () => {
  const random = noisyFaces({ people: 300, each: 1, dimension: 7, noise: 0, seed: 9 });
  const opposite = {
    values: random.values.map((x, k) => (k < 150 * 7 ? x : -random.values[k - 150 * 7]!)),
    dimension: 7,
  };
  const self = pairList(Array.from({ length: 300 }, (_, k) => ({ a: k, b: k, same: 1, fold: 1 })));
  const negated = pairList(Array.from({ length: 150 }, (_, k) => ({ a: k, b: k + 150, same: 0, fold: 1 })));
  for (const score of cosineScores(random, self)) {
    expect(score).toBeLessThanOrEqual(1);
    expect(score).toBeCloseTo(1, 14);
  }
  for (const score of cosineScores(opposite, negated)) {
    expect(score).toBeGreaterThanOrEqual(-1);
    expect(score).toBeCloseTo(-1, 14);
  }
});

test('a mean is subtracted before normalisation', () => {
  const shifted = features([
    [11, 5],
    [10, 6],
    [8, 5],
  ]);
  const pairs = pairList([
    { a: 0, b: 1, same: 1, fold: 1 },
    { a: 0, b: 2, same: 0, fold: 1 },
  ]);
  expect([...cosineScores(shifted, pairs, Float64Array.of(10, 5))]).toEqual([0, -1]);
});

test('inner products and distances of features as they are', () => {
  const raw = features([
    [3, 4],
    [0, 2],
    [-3, -4],
  ]);
  const pairs = pairList([
    { a: 0, b: 1, same: 1, fold: 1 },
    { a: 2, b: 0, same: 0, fold: 1 },
    { a: 1, b: 1, same: 1, fold: 1 },
  ]);
  expect([...innerProducts(raw, pairs)]).toEqual([8, -25, 4]);
  expect([...rawDistances(raw, pairs)]).toEqual([Math.sqrt(13), 10, 0]);
});
