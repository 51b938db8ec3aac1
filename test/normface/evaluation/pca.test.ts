import { describe, expect, test } from 'vitest';
import { normal01 } from '../../../src/engine/core/random.ts';
import type { Features } from '../../../src/normface/evaluation/features.ts';
import { type Matrix, rowProducts } from '../../../src/normface/evaluation/matrix.ts';
import {
  mirrorTable,
  mirrorTableCsv,
  mirrorTableText,
} from '../../../src/normface/evaluation/mirror-table.ts';
import { combine, covarianceOf, meanOf, momentsOf } from '../../../src/normface/evaluation/moments.ts';
import { PairScores } from '../../../src/normface/evaluation/pair-scores.ts';
import type { PairList } from '../../../src/normface/evaluation/pairs.ts';
import { fitPca, project } from '../../../src/normface/evaluation/pca.ts';
import { evaluateProtocol } from '../../../src/normface/evaluation/protocols.ts';
import { noisyFaces, randomPairs } from './helpers.ts';

const row = ({ values, columns }: Matrix, r: number) => values.subarray(r * columns, (r + 1) * columns);
const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
  Array.from(x).reduce((sum, value, k) => sum + value * y[k]!, 0);

/** Faces whose directions have very different variances, far from the origin. */
function stretched(dimension: number, seed: number): Features {
  const faces = noisyFaces({ people: 12, each: 4, dimension, noise: 0.6, seed });
  return { dimension, values: faces.values.map((x, k) => 5 + x * 0.7 ** (k % dimension)) };
}

describe('products of rows', () => {
  test.each([
    [1, 1, 3],
    [2, 4, 5],
    [3, 5, 7],
    [5, 2, 1],
    [7, 11, 16],
  ])('%i × %i rows of %i numbers', (m, n, columns) => {
    const matrix = (rows: number, seed: number): Matrix => ({
      rows,
      columns,
      values: Float64Array.from({ length: rows * columns }, (_, k) => normal01(seed, 1, k)),
    });
    const [a, b] = [matrix(m, 1), matrix(n, 2)];
    const products = rowProducts(a, b);
    expect([products.rows, products.columns]).toEqual([m, n]);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        expect(products.values[i * n + j]).toBeCloseTo(dot(row(a, i), row(b, j)), 12);
      }
    }
  });
});

describe('moments', () => {
  const faces = stretched(5, 1);
  const weights = Array.from({ length: 48 }, (_, i) => i % 4);

  test('mean and covariance of repeated rows, whatever the origin', () => {
    const repeated = weights.flatMap((weight, i) =>
      Array.from({ length: weight }, () => faces.values.subarray(i * 5, i * 5 + 5)),
    );
    const mean = Array.from({ length: 5 }, (_, k) => repeated.reduce((sum, x) => sum + x[k]!, 0) / 72);
    for (const origin of [0, 5]) {
      const moments = momentsOf(faces, weights, new Float64Array(5).fill(origin));
      expect(moments.count).toBe(72);
      meanOf(moments).forEach((value, k) => {
        expect(value).toBeCloseTo(mean[k]!, 12);
      });
      const covariance = covarianceOf(moments);
      for (let i = 0; i < 5; i++) {
        for (let j = 0; j < 5; j++) {
          const expected = repeated.reduce((sum, x) => sum + (x[i]! - mean[i]!) * (x[j]! - mean[j]!), 0) / 72;
          expect(row(covariance, i)[j]).toBeCloseTo(expected, 11);
        }
      }
    }
  });

  test('parts add up to the whole', () => {
    const origin = new Float64Array(5).fill(4);
    const part = weights.map((weight, i) => (i % 3 === 0 ? weight : 0));
    const rest = weights.map((weight, i) => (i % 3 === 0 ? 0 : weight));
    const whole = covarianceOf(momentsOf(faces, weights, origin));
    const sum = covarianceOf(combine(momentsOf(faces, part, origin), momentsOf(faces, rest, origin)));
    sum.values.forEach((value, k) => {
      expect(value).toBeCloseTo(whole.values[k]!, 12);
    });
  });
});

describe('principal components', () => {
  const faces = stretched(9, 2);
  const moments = momentsOf(faces, new Uint8Array(48).fill(1), new Float64Array(9).fill(5));
  const covariance = covarianceOf(moments);

  test('orthonormal eigenvectors of the covariance, by descending variance', () => {
    const { components, variances, mean } = fitPca(moments, { dimensions: 9 });
    expect(mean).toEqual(meanOf(moments));
    for (let c = 0; c < 9; c++) {
      const v = row(components, c);
      const image = Array.from({ length: 9 }, (_, i) => dot(row(covariance, i), v));
      image.forEach((value, k) => {
        expect(value).toBeCloseTo(variances[c]! * v[k]!, 12);
      });
      for (let other = 0; other < 9; other++) {
        expect(dot(v, row(components, other))).toBeCloseTo(Number(c === other), 12);
      }
      if (c > 0) expect(variances[c]).toBeLessThanOrEqual(variances[c - 1]!);
    }
  });

  test('the fewest dimensions whose share of the variance exceeds the limit', () => {
    const { variances } = fitPca(moments, { dimensions: 9 });
    const total = variances.reduce((sum, value) => sum + value, 0);
    for (const share of [0.2, 0.9, 0.995]) {
      const kept = fitPca(moments, { share }).components.rows;
      const reached = (count: number) => variances.subarray(0, count).reduce((sum, value) => sum + value, 0);
      expect(reached(kept)).toBeGreaterThan(share * total);
      expect(reached(kept - 1)).toBeLessThanOrEqual(share * total);
    }
  });

  test('"exceeds" is strict, and features without variance keep all', () => {
    // Variances 1 and 1: one dimension has exactly half.
    const square = { dimension: 2, values: Float32Array.of(1, 1, 1, -1, -1, 1, -1, -1) };
    const even = momentsOf(square, [1, 1, 1, 1], new Float64Array(2));
    expect(fitPca(even, { share: 0.5 }).components.rows).toBe(2);
    expect(fitPca(even, { share: 0.499 }).components.rows).toBe(1);
    const equal = momentsOf(
      { dimension: 2, values: new Float32Array(8).fill(3) },
      [1, 1, 1, 1],
      new Float64Array(2),
    );
    expect(fitPca(equal, { share: 0.995 }).components.rows).toBe(2);
  });

  test('projections keep the distances within the subspace', () => {
    const all = project(faces, fitPca(moments, { dimensions: 9 }));
    for (const [a, b] of [
      [0, 1],
      [3, 40],
    ]) {
      const distance = (f: Features) =>
        Math.hypot(...Array.from({ length: 9 }, (_, k) => f.values[a! * 9 + k]! - f.values[b! * 9 + k]!));
      expect(distance(all)).toBeCloseTo(distance(faces), 5);
    }
    const few = project(faces, fitPca(moments, { dimensions: 3 }));
    few.values.forEach((value, k) => {
      expect(value).toBe(all.values[Math.floor(k / 3) * 9 + (k % 3)]);
    });
  });

  test('more dimensions than there are', () => {
    expect(() => fitPca(moments, { dimensions: 10 })).toThrow(
      'PCA to 10 dimensions is impossible: the features have 9',
    );
  });
});

/** PCA of the pairs outside a fold and the scores by it, written down a second time: Jacobi rotations on a covariance of copies. */
function slowDistances(
  features: Features,
  pairs: PairList,
  fold: number,
): { distances: number[]; kept: number } {
  const d = features.dimension;
  const vector = (r: number) => Array.from(features.values.subarray(r * d, (r + 1) * d));
  const copies = Array.from(pairs.a.keys())
    .filter((i) => pairs.fold[i] !== fold)
    .flatMap((i) => [vector(pairs.a[i]!), vector(pairs.b[i]!)]);
  const mean = vector(0).map((_, k) => copies.reduce((sum, x) => sum + x[k]!, 0) / copies.length);
  const matrix = mean.map((_, i) =>
    mean.map(
      (_, j) => copies.reduce((sum, x) => sum + (x[i]! - mean[i]!) * (x[j]! - mean[j]!), 0) / copies.length,
    ),
  );
  const vectors = mean.map((_, i) => mean.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let p = 0; p < d; p++) {
      for (let q = p + 1; q < d; q++) {
        const angle = 0.5 * Math.atan2(2 * matrix[p]![q]!, matrix[q]![q]! - matrix[p]![p]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const rotate = (x: number[]) => {
          [x[p], x[q]] = [c * x[p]! - s * x[q]!, s * x[p]! + c * x[q]!];
        };
        for (const line of matrix) rotate(line);
        for (let k = 0; k < d; k++) {
          [matrix[p]![k], matrix[q]![k]] = [
            c * matrix[p]![k]! - s * matrix[q]![k]!,
            s * matrix[p]![k]! + c * matrix[q]![k]!,
          ];
        }
        for (const line of vectors) rotate(line);
      }
    }
  }
  const order = mean.map((_, k) => k).sort((p, q) => matrix[q]![q]! - matrix[p]![p]!);
  const total = order.reduce((sum, k) => sum + matrix[k]![k]!, 0);
  let kept = 0;
  for (let sum = 0; sum <= 0.995 * total; kept++) sum += matrix[order[kept]!]![order[kept]!]!;
  const point = (r: number) => {
    const x = vector(r).map((value, k) => value - mean[k]!);
    const y = order.slice(0, kept).map((c) =>
      dot(
        x,
        vectors.map((line) => line[c]!),
      ),
    );
    const norm = Math.hypot(...y);
    return y.map((value) => value / norm);
  };
  const distances = Array.from(pairs.a, (a, i) => {
    const [u, v] = [point(a), point(pairs.b[i]!)];
    return Math.hypot(...u.map((value, k) => value - v[k]!));
  });
  return { distances, kept };
}

describe('protocols with PCA', () => {
  const faces = stretched(10, 3);
  const pairs = randomPairs(12, 4, 160, 4, 5);

  test.each([1, 3])('the scores of fold %i agree with a second implementation', (fold) => {
    const scores = new PairScores(faces, pairs);
    const { distances, kept } = slowDistances(faces, pairs, fold);
    expect(scores.pcaOutside(fold).components.rows).toBe(kept);
    expect(kept).toBeLessThan(10);
    const distance = scores.of('L2 distance after PCA', fold);
    const cosine = scores.of('cosine after PCA', fold);
    distances.forEach((value, i) => {
      expect(distance[i]).toBeCloseTo(value, 5);
      expect(cosine[i]).toBeCloseTo(1 - value ** 2 / 2, 5);
    });
  });

  test('a fold is judged by what the others give', () => {
    // The last fold is replaced by copies of one pair: thresholds of that fold alone stay.
    const other = { ...pairs, a: pairs.a.slice(), b: pairs.b.slice() };
    for (let i = 120; i < 160; i++) {
      other.a[i] = i % 2 ? 0 : 4;
      other.b[i] = i % 2 ? 1 : 8;
    }
    for (const name of [
      'normface-pca-svm',
      'normface-pca',
      'normface-nopca-svm',
      'normface-nopca',
    ] as const) {
      const [before, after] = [pairs, other].map((list) => evaluateProtocol(name, faces, list).folds);
      expect(after![3]!.threshold).toBeCloseTo(before![3]!.threshold, 9);
      if (name === 'normface-pca-svm') expect(after![0]!.threshold).not.toBeCloseTo(before![0]!.threshold, 9);
      expect(before).toHaveLength(4);
    }
  });

  test('PCA removes a common offset that hides the identities', () => {
    const far = { ...faces, values: faces.values.map((x) => x + 100) };
    for (const [name, least, most] of [
      ['normface-pca-svm', 0.8, 1],
      ['normface-pca', 0.8, 1],
      ['normface-nopca-svm', 0.4, 0.7],
    ] as const) {
      const { accuracy } = evaluateProtocol(name, far, pairs);
      expect(accuracy).toBeGreaterThan(least);
      expect(accuracy).toBeLessThanOrEqual(most);
    }
  });
});

describe('mirror table', () => {
  const front = stretched(10, 3);
  const mirrored = {
    dimension: 10,
    values: stretched(10, 4).values.map((x, k) => 0.5 * (x + front.values[k]!)),
  };
  const pairs = randomPairs(12, 4, 160, 4, 5);

  test('every cell is the protocol of its row on the merge of its column', () => {
    const rows = mirrorTable({ front, mirrored }, pairs);
    expect(rows.map(({ pca, protocol }) => [pca, protocol])).toEqual([
      [false, 'normface-nopca-svm'],
      [true, 'normface-pca-svm'],
    ]);
    expect(rows[1]!.results.front).toEqual(evaluateProtocol('normface-pca-svm', front, pairs));
    const sum = { dimension: 10, values: front.values.map((x, k) => x + mirrored.values[k]!) };
    expect(rows[0]!.results.sum).toEqual(evaluateProtocol('normface-nopca-svm', sum, pairs));
    expect(rows[1]!.results.concat.folds).toHaveLength(4);
    const accuracies = rows.flatMap(({ results }) => Object.values(results).map(({ accuracy }) => accuracy));
    expect(new Set(accuracies).size).toBeGreaterThan(3);
  });

  test('held out: PCA and threshold of one fold, accuracy of another', () => {
    const heldOut = { thresholdFold: 2, testFold: 3 };
    const two = { ...pairs, fold: pairs.fold.map((fold) => fold) };
    const rows = mirrorTable({ front, mirrored }, two, heldOut);
    const result = rows[1]!.results.front;
    expect(result.folds.map(({ fold }) => fold)).toEqual([3]);
    expect(result.std).toBeNull();
    const slow = slowDistances(front, pairsOf(pairs, [2, 3]), 3);
    expect(result.accuracy).toBeCloseTo(
      slow.distances.slice(40).filter((value, i) => value < result.threshold === (pairs.same[80 + i] === 1))
        .length / 40,
      12,
    );
    expect(mirrorTableText([{ name: 'a', rows }]).notes?.join()).toContain('fold 3 by PCA and threshold of');
  });

  test('as text and as CSV', () => {
    const rows = mirrorTable({ front, mirrored }, pairs);
    const table = mirrorTableText([{ name: 'first', rows }]);
    expect(table.columns.map(({ header }) => header)).toEqual([
      'run',
      'PCA',
      'front',
      'concat',
      'sum',
      'max',
    ]);
    expect(table.rows.map((cells) => cells.slice(0, 2))).toEqual([
      ['first', 'no'],
      ['first', 'yes'],
    ]);
    expect(table.rows[1]![5]).toMatch(/^\d+\.\d\d ± \d+\.\d\d$/);
    const lines = mirrorTableCsv([{ name: 'a, "b"', rows }]).split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('run,protocol,pca,merge,accuracy,std');
    expect(lines[3]).toBe(
      `"a, ""b""",normface-nopca-svm,false,sum,${rows[0]!.results.sum.accuracy},${rows[0]!.results.sum.std}`,
    );
  });

  test('pairs of one fold', () => {
    expect(() => mirrorTable({ front, mirrored }, pairsOf(pairs, [1]))).toThrow(
      'pairs of at least two folds',
    );
  });
});

function pairsOf(pairs: PairList, folds: number[]): PairList {
  const keep = (_: number, i: number) => folds.includes(pairs.fold[i]!);
  return {
    a: pairs.a.filter(keep),
    b: pairs.b.filter(keep),
    same: pairs.same.filter(keep),
    fold: pairs.fold.filter(keep),
  };
}
