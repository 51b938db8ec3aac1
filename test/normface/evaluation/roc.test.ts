import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { areaUnderCurve, equalErrorRate, rocCurve, tarAtFar } from '../../../src/normface/evaluation/roc.ts';
import { splitScores } from '../../../src/normface/evaluation/threshold.ts';

const split = (genuine: number[], impostor: number[]) => ({
  genuine: Float64Array.from(genuine).sort(),
  impostor: Float64Array.from(impostor).sort(),
});
const points = (genuine: number[], impostor: number[]) => {
  const { far, tar, threshold } = rocCurve(split(genuine, impostor));
  return Array.from(far, (_, k) => [far[k], tar[k], threshold[k]]);
};

/** Scores with many ties: integers, genuine ones a little higher. */
function tied(trial: number) {
  const draw = (stream: number, n: number, shift: number) =>
    Array.from({ length: n }, (_, k) => (hash32(trial, stream, k) % 10) + shift);
  return {
    genuine: draw(1, 1 + (hash32(trial, 3) % 20), 2),
    impostor: draw(2, 1 + (hash32(trial, 4) % 20), 0),
  };
}

describe('rocCurve', () => {
  test('corner by corner', () => {
    expect(points([0.9, 0.6], [0.7, 0.1])).toEqual([
      [0, 0, Infinity],
      [0, 0.5, 0.9],
      [0.5, 0.5, 0.7],
      [0.5, 1, 0.6],
      [1, 1, 0.1],
    ]);
  });

  test('a tie of both kinds is a slanted piece; constant scores are the diagonal', () => {
    expect(points([0.9, 0.5], [0.5, 0.1])).toEqual([
      [0, 0, Infinity],
      [0, 0.5, 0.9],
      [0.5, 1, 0.5],
      [1, 1, 0.1],
    ]);
    expect(points([2, 2, 2], [2])).toEqual([
      [0, 0, Infinity],
      [1, 1, 2],
    ]);
  });

  test('points inside a straight piece are dropped', () => {
    expect(points([5, 6, 7, 8], [1, 2, 3]).map(([far, tar]) => [far, tar])).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
    ]);
  });

  test('every attainable rate lies on it, and each of its points is attained', () => {
    for (let trial = 0; trial < 100; trial++) {
      const { genuine, impostor } = tied(trial);
      const share = (scores: number[], t: number) => scores.filter((s) => s >= t).length / scores.length;
      const { far, tar, threshold } = rocCurve(split(genuine, impostor));
      far.forEach((rate, k) => {
        expect(rate).toBe(share(impostor, threshold[k]!));
        expect(tar[k]).toBe(share(genuine, threshold[k]!));
      });
      for (const t of [...genuine, ...impostor]) {
        const x = share(impostor, t);
        const y = share(genuine, t);
        const onPiece = Array.from(far.subarray(1), (_, k) => {
          const cross = (far[k + 1]! - far[k]!) * (y - tar[k]!) - (tar[k + 1]! - tar[k]!) * (x - far[k]!);
          return (
            Math.abs(cross) < 1e-12 && x >= far[k]! && x <= far[k + 1]! && y >= tar[k]! && y <= tar[k + 1]!
          );
        });
        expect(onPiece).toContain(true);
      }
    }
  });
});

describe('areaUnderCurve', () => {
  test('perfect, reversed, constant', () => {
    expect(areaUnderCurve(split([3, 4], [1, 2]))).toBe(1);
    expect(areaUnderCurve(split([1, 2], [3, 4]))).toBe(0);
    expect(areaUnderCurve(split([7, 7], [7, 7, 7]))).toBe(0.5);
  });

  test('equals the count over all couples and the area under the polygon', () => {
    for (let trial = 0; trial < 100; trial++) {
      const { genuine, impostor } = tied(trial);
      let ranked = 0;
      for (const g of genuine) for (const i of impostor) ranked += g > i ? 1 : g === i ? 0.5 : 0;
      const area = areaUnderCurve(split(genuine, impostor));
      expect(area).toBeCloseTo(ranked / genuine.length / impostor.length, 14);
      const { far, tar } = rocCurve(split(genuine, impostor));
      let trapezoids = 0;
      for (let k = 1; k < far.length; k++)
        trapezoids += ((far[k]! - far[k - 1]!) * (tar[k]! + tar[k - 1]!)) / 2;
      expect(area).toBeCloseTo(trapezoids, 12);
    }
  });
});

describe('equalErrorRate', () => {
  const eer = (genuine: number[], impostor: number[]) => equalErrorRate(rocCurve(split(genuine, impostor)));

  test('perfect, reversed, constant', () => {
    expect(eer([3, 4], [1, 2])).toBe(0);
    expect(eer([1, 2], [3, 4])).toBe(1);
    expect(eer([7, 7], [7])).toBe(0.5);
  });

  test('attained exactly at a corner, and inside a piece', () => {
    expect(eer([0.9, 0.8, 0.3, 0.7], [0.75, 0.1, 0.2, 0.05])).toBe(0.25);
    // Corners (0, 1/2) and (1/3, 1/2): the line FAR = 1 - TAR would be met at FAR 1/2, on the vertical piece at 1/3 … 2/3.
    expect(eer([0.9, 0.2], [0.5, 0.1, 0.05])).toBeCloseTo(1 / 3, 15);
    // A tie: from (0, 1/2) straight to (1/2, 1), met at FAR 1/4.
    expect(eer([0.9, 0.5], [0.5, 0.1])).toBe(0.25);
  });
});

describe('tarAtFar', () => {
  const impostors = Array.from({ length: 10 }, (_, k) => k / 10);

  test('counts whole false accepts', () => {
    const scores = split([0.85, 0.75, 0.95, 0.1], impostors);
    expect(tarAtFar(scores, 0.1)).toEqual({ far: 0.1, tar: 2 / 4, threshold: 0.85 });
    expect(tarAtFar(scores, 0.19)).toEqual({ far: 0.19, tar: 2 / 4, threshold: 0.85 });
    expect(tarAtFar(scores, 0.2)).toEqual({ far: 0.2, tar: 3 / 4, threshold: 0.75 });
    expect(tarAtFar(scores, 1)).toEqual({ far: 1, tar: 1, threshold: 0 });
  });

  test('null when there are too few impostor pairs', () => {
    expect(tarAtFar(split([1], impostors), 0.01)).toEqual({ far: 0.01, tar: null, threshold: null });
    const thousand = Array.from({ length: 1000 }, (_, k) => k);
    expect(tarAtFar(split([998.5, 3], thousand), 1e-3)).toEqual({ far: 1e-3, tar: 0.5, threshold: 998.5 });
    expect(tarAtFar(split([998.5, 3], thousand.slice(1)), 1e-3).tar).toBeNull();
  });

  test('impostors that tie are accepted all or none', () => {
    const allEqual = new Array<number>(10).fill(0.5);
    expect(tarAtFar(split([0.4, 0.5, 0.6], allEqual), 0.1)).toEqual({ far: 0.1, tar: 1 / 3, threshold: 0.6 });
    expect(tarAtFar(split([0.4, 0.5], allEqual), 0.1)).toEqual({ far: 0.1, tar: 0, threshold: null });
  });

  test('equals the best threshold found by trying all', () => {
    for (let trial = 0; trial < 100; trial++) {
      const { genuine, impostor } = tied(trial);
      for (const far of [0.1, 0.3, 0.5]) {
        const allowed = [...genuine, ...impostor]
          .filter((t) => impostor.filter((s) => s >= t).length <= far * impostor.length)
          .map((t) => genuine.filter((s) => s >= t).length / genuine.length);
        const { tar, threshold } = tarAtFar(split(genuine, impostor), far);
        if (far * impostor.length < 1) {
          expect(tar).toBeNull();
          continue;
        }
        expect(tar).toBe(Math.max(0, ...allowed));
        if (threshold === null) continue;
        expect(impostor.filter((s) => s >= threshold).length).toBeLessThanOrEqual(far * impostor.length);
        expect(genuine.filter((s) => s >= threshold).length / genuine.length).toBe(tar);
      }
    }
  });
});

test('closed forms for two logistic distributions a distance apart', () => {
  // Quantiles of the logistic distribution, the genuine ones shifted by log k: TAR = k FAR / (1 + (k - 1) FAR).
  const n = 20000;
  const k = 9;
  const quantile = (_: unknown, i: number) => Math.log((i + 0.5) / (n - i - 0.5));
  const impostor = Array.from({ length: n }, quantile);
  const genuine = Array.from({ length: n }, quantile).map((score) => score + Math.log(k));
  const scores = splitScores([...genuine, ...impostor], [...genuine.map(() => 1), ...impostor.map(() => 0)]);
  expect(areaUnderCurve(scores)).toBeCloseTo((k * (k - 1 - Math.log(k))) / (k - 1) ** 2, 4);
  expect(equalErrorRate(rocCurve(scores))).toBeCloseTo(1 / (1 + Math.sqrt(k)), 4);
  for (const far of [0.1, 0.01, 0.001]) {
    expect(tarAtFar(scores, far).tar).toBeCloseTo((k * far) / (1 + (k - 1) * far), 3);
  }
});
