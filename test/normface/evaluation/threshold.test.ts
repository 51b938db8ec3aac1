import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import {
  accuracyAt,
  bestThreshold,
  countAbove,
  countBelow,
  splitScores,
} from '../../../src/normface/evaluation/threshold.ts';

const split = (genuine: number[], impostor: number[]) => ({
  genuine: Float64Array.from(genuine).sort(),
  impostor: Float64Array.from(impostor).sort(),
});

test('counts are strict on both sides', () => {
  const sorted = Float64Array.of(-1, 0, 0, 0, 2);
  expect([-2, -1, -0.5, 0, 1, 2, 3].map((limit) => countBelow(sorted, limit))).toEqual([0, 0, 1, 1, 4, 4, 5]);
  expect([-2, -1, -0.5, 0, 1, 2, 3].map((limit) => countAbove(sorted, limit))).toEqual([5, 4, 4, 1, 1, 0, 0]);
});

test('a score equal to the threshold is rejected', () => {
  expect(accuracyAt(split([0.5, 0.7], [0.5, 0.1]), 0.5)).toBe(3 / 4);
});

describe('splitScores', () => {
  test('sorts numerically, by label, and obeys the selection', () => {
    const { genuine, impostor } = splitScores([10, 9, -1, 100], [1, 0, 1, 0]);
    expect([...genuine]).toEqual([-1, 10]);
    expect([...impostor]).toEqual([9, 100]);
    expect([...splitScores([10, 9, -1, 100], [1, 0, 1, 0], (pair) => pair < 2).genuine]).toEqual([10]);
  });

  test('refuses NaN, missing kinds and wrong lengths', () => {
    expect(() => splitScores([1, Number.NaN], [1, 0])).toThrow('the score of pair 1 is not a number');
    expect(() => splitScores([1, 2], [1, 1])).toThrow('2 same and 0 different');
    expect(() => splitScores([1, 2], [1])).toThrow('2 scores do not match 1 pair labels');
  });
});

describe('bestThreshold', () => {
  test('midpoint of the separating gap', () => {
    expect(bestThreshold(split([0.75, 0.9], [0.1, 0.25]))).toEqual({ threshold: 0.5, accuracy: 1 });
  });

  test('of several best gaps the widest', () => {
    // One error is unavoidable: gaps (0, 1), (2, 5) and (6, 7) all reach 5 of 6.
    const scores = split([1, 5, 6], [0, 2, 4.5]);
    expect(accuracyAt(scores, 3)).toBe(4 / 6);
    expect(bestThreshold(scores)).toEqual({ threshold: 4.75, accuracy: 5 / 6 });
    expect(bestThreshold(split([1, 7], [0, 3]))).toEqual({ threshold: 5, accuracy: 3 / 4 });
  });

  test('of equally wide best gaps the lowest', () => {
    expect(bestThreshold(split([1, 3], [0, 2]))).toEqual({ threshold: 0.5, accuracy: 3 / 4 });
  });

  test('constant scores: accept all, unless rejecting all is better', () => {
    expect(bestThreshold(split([3, 3], [3, 3]))).toEqual({ threshold: 2, accuracy: 1 / 2 });
    expect(bestThreshold(split([3, 3, 3], [3]))).toEqual({ threshold: 2, accuracy: 3 / 4 });
    expect(bestThreshold(split([3], [3, 3]))).toEqual({ threshold: 4, accuracy: 2 / 3 });
  });

  test('reversed scores leave only one-sided decisions', () => {
    expect(bestThreshold(split([0, 1], [2, 3]))).toEqual({ threshold: -1, accuracy: 1 / 2 });
    expect(bestThreshold(split([0], [2, 3]))).toEqual({ threshold: 4, accuracy: 2 / 3 });
  });

  test('a gap is preferred to an equally good one-sided decision', () => {
    expect(bestThreshold(split([0, 5, 6], [3]))).toEqual({ threshold: 4, accuracy: 3 / 4 });
    expect(bestThreshold(split([0, 5, 6], [3, 4]))).toEqual({ threshold: 4.5, accuracy: 4 / 5 });
    expect(bestThreshold(split([2, 4], [3, 1, 5]))).toEqual({ threshold: 1.5, accuracy: 3 / 5 });
  });

  test('adjacent floating point numbers are still told apart', () => {
    for (const low of [1, 1 + 2 ** -52, 1 + 2 ** -51]) {
      const scores = split([low + 2 ** -52], [low]);
      const { threshold, accuracy } = bestThreshold(scores);
      expect(accuracy).toBe(1);
      expect(accuracyAt(scores, threshold)).toBe(1);
    }
  });

  test('agrees with trying every decision, on scores with many ties', () => {
    for (let trial = 0; trial < 300; trial++) {
      const draw = (stream: number, n: number, shift: number) =>
        Array.from({ length: n }, (_, k) => (hash32(trial, stream, k) % 12) + shift);
      const genuine = draw(1, 1 + (hash32(trial, 3) % 15), 2);
      const impostor = draw(2, 1 + (hash32(trial, 4) % 15), 0);
      const correct = (t: number) =>
        genuine.filter((s) => s > t).length + impostor.filter((s) => s <= t).length;
      const best = Math.max(...Array.from({ length: 17 }, (_, t) => correct(t - 1.5)));
      const found = bestThreshold(split(genuine, impostor));
      expect(found.accuracy).toBe(best / (genuine.length + impostor.length));
      expect(correct(found.threshold)).toBe(best);
    }
  });
});
