import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import type { Features } from '../../../src/normface/evaluation/features.ts';
import type { PairList } from '../../../src/normface/evaluation/pairs.ts';
import { protocolNames } from '../../../src/normface/evaluation/protocol-names.ts';
import { evaluateProtocol } from '../../../src/normface/evaluation/protocols.ts';
import { exactPairs, exactRows, features, noisyFaces, pairList, randomPairs } from './helpers.ts';

const rows = features(exactRows);

describe('hand-computed cases', () => {
  // Genuine pairs have cosine 0.5 (distance 1), impostor pairs 0 (distance 2), in both folds.
  const clean = exactPairs([
    [
      [1, 1],
      [2, 0],
    ],
    [
      [1, 1],
      [2, 0],
    ],
  ]);

  test('lfw-10fold-l2: the first threshold above the genuine distance; "smaller" is strict', () => {
    expect(evaluateProtocol('lfw-10fold-l2', rows, clean)).toEqual({
      protocol: 'lfw-10fold-l2',
      measure: 'squared L2 distance',
      accuracy: 1,
      std: 0,
      threshold: 1.01,
      folds: [
        { fold: 1, threshold: 1.01, accuracy: 1 },
        { fold: 2, threshold: 1.01, accuracy: 1 },
      ],
    });
  });

  test('lfw-10fold-cos: the last threshold below the genuine cosine; "greater" is strict', () => {
    const { threshold, accuracy, measure } = evaluateProtocol('lfw-10fold-cos', rows, clean);
    expect({ threshold, accuracy, measure }).toEqual({ threshold: 0.495, accuracy: 1, measure: 'cosine' });
  });

  test('best-threshold: the midpoint', () => {
    const { threshold, accuracy, std } = evaluateProtocol('best-threshold', rows, clean);
    expect({ threshold, accuracy, std }).toEqual({ threshold: 0.25, accuracy: 1, std: 0 });
  });

  test('10fold-mean: the mean of all best thresholds', () => {
    // With each row its negative, so that the mean is zero: maximisers are 0.0001 … 0.4999.
    const both = features([...exactRows, ...exactRows.map((row) => row.map((value) => -value))]);
    const list = [1, 2].flatMap((fold) =>
      [0, 5].flatMap((shift) => [
        { a: shift, b: shift + 1, same: 1 as const, fold },
        { a: shift, b: shift + 2, same: 0 as const, fold },
      ]),
    );
    const { threshold, accuracy, measure } = evaluateProtocol('10fold-mean', both, pairList(list));
    expect(threshold).toBeCloseTo(0.25, 12);
    expect({ accuracy, measure }).toEqual({ accuracy: 1, measure: 'cosine of centred features' });
  });

  test('fold accuracies, their mean and population standard deviation', () => {
    const pairs = exactPairs([
      [
        [1, 1],
        [1, 1],
        [2, 0],
        [2, 0],
      ],
      [
        [1, 1],
        [2, 1],
        [2, 0],
        [2, 0],
      ],
      [
        [1, 1],
        [2, 1],
        [2, 0],
        [1, 0],
      ],
    ]);
    // The threshold separates cosines 0.5 and 0 in every training set, so the folds score 4/4, 3/4 and 2/4.
    const result = evaluateProtocol('lfw-10fold-cos', rows, pairs);
    expect(result.folds.map(({ accuracy }) => accuracy)).toEqual([1, 0.75, 0.5]);
    expect(result.accuracy).toBe(0.75);
    expect(result.std).toBeCloseTo(Math.sqrt((1 / 16 + 0 + 1 / 16) / 3), 15);
    // best-threshold counts pairs, not folds; here folds are equal, so the means agree.
    expect(evaluateProtocol('best-threshold', rows, pairs).accuracy).toBe(9 / 12);
  });

  test('best-threshold over folds of different size is the share of all pairs', () => {
    const pairs = exactPairs([
      [
        [1, 1],
        [2, 0],
      ],
      [
        [2, 1],
        [2, 0],
        [2, 0],
        [2, 0],
      ],
    ]);
    const { accuracy, folds } = evaluateProtocol('best-threshold', rows, pairs);
    expect(accuracy).toBe(5 / 6);
    expect(folds.map((fold) => fold.accuracy)).toEqual([1, 3 / 4]);
  });

  test('a fold does not see its own pairs', () => {
    // Fold 2 alone would choose a threshold that rejects cosine 0.5; from fold 1 it gets one that accepts it.
    const pairs = exactPairs([
      [
        [1, 1],
        [2, 0],
      ],
      [
        [0, 1],
        [1, 0],
      ],
    ]);
    for (const name of ['lfw-10fold-l2', 'lfw-10fold-cos'] as const) {
      expect(evaluateProtocol(name, rows, pairs).folds.map(({ accuracy }) => accuracy)).toEqual([0.5, 0.5]);
    }
    expect(evaluateProtocol('best-threshold', rows, pairs).accuracy).toBe(0.75);
  });

  test('constant scores: half the pairs, with the threshold of each tie-break', () => {
    const equal = exactPairs([
      [
        [1, 1],
        [1, 0],
      ],
      [
        [1, 1],
        [1, 0],
      ],
    ]);
    const thresholds = { 'lfw-10fold-l2': 0, 'lfw-10fold-cos': 0.995, 'best-threshold': -0.5 } as const;
    for (const name of ['lfw-10fold-l2', 'lfw-10fold-cos', 'best-threshold'] as const) {
      const { accuracy, std, threshold } = evaluateProtocol(name, rows, equal);
      expect({ name, accuracy, std, threshold }).toEqual({
        name,
        accuracy: 0.5,
        std: 0,
        threshold: thresholds[name],
      });
    }
    expect(evaluateProtocol('10fold-mean', rows, equal).accuracy).toBe(0.5);
  });

  test('opposite features score low: the sign of every rule is right', () => {
    // Genuine pairs point apart, impostor pairs coincide: no rule may turn this into a success.
    const reversed = exactPairs([
      [
        [4, 1],
        [0, 0],
      ],
      [
        [4, 1],
        [0, 0],
      ],
    ]);
    for (const name of protocolNames) {
      expect(evaluateProtocol(name, rows, reversed).accuracy).toBeLessThanOrEqual(0.5);
    }
  });
});

/** The rules written down a second time, threshold by threshold and pair by pair. */
function bruteForce(
  name: 'lfw-10fold-l2' | 'lfw-10fold-cos' | '10fold-mean',
  { values, dimension }: Features,
  pairs: PairList,
) {
  const row = (r: number, mean: number[]) => {
    const v = Array.from(values.subarray(r * dimension, (r + 1) * dimension), (x, k) => x - mean[k]!);
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    return v.map((x) => x / norm);
  };
  const all = Array.from(pairs.a, (_, i) => i);
  const numbers = [...new Set(pairs.fold)];
  return numbers.map((fold) => {
    const training = all.filter((i) => pairs.fold[i] !== fold);
    const mean = new Array<number>(dimension).fill(0);
    if (name === '10fold-mean') {
      for (const r of training.flatMap((i) => [pairs.a[i], pairs.b[i]])) {
        for (let k = 0; k < dimension; k++) mean[k]! += values[r! * dimension + k]! / (2 * training.length);
      }
    }
    const score = all.map((i) => {
      const [u, v] = [row(pairs.a[i]!, mean), row(pairs.b[i]!, mean)];
      if (name === 'lfw-10fold-l2') return u.reduce((sum, x, k) => sum + (x - v[k]!) ** 2, 0);
      return u.reduce((sum, x, k) => sum + x * v[k]!, 0);
    });
    const right = (i: number, t: number) => {
      if (name === 'lfw-10fold-l2') return score[i]! < t === (pairs.same[i] === 1);
      if (name === 'lfw-10fold-cos') return score[i]! > t === (pairs.same[i] === 1);
      return pairs.same[i] === 1 ? score[i]! > t : score[i]! < t;
    };
    const accuracy = (set: number[], t: number) => set.filter((i) => right(i, t)).length / set.length;
    const grid = {
      'lfw-10fold-l2': Array.from({ length: 400 }, (_, k) => k / 100),
      'lfw-10fold-cos': Array.from({ length: 400 }, (_, k) => (k - 200) / 200),
      '10fold-mean': Array.from({ length: 20001 }, (_, k) => (k - 10000) / 10000),
    }[name];
    let best = -1;
    let ties: number[] = [];
    for (const t of grid) {
      const reached = accuracy(training, t);
      if (reached > best) {
        best = reached;
        ties = [];
      }
      if (reached === best) ties.push(t);
    }
    const threshold =
      name === 'lfw-10fold-l2'
        ? ties[0]!
        : name === 'lfw-10fold-cos'
          ? ties[ties.length - 1]!
          : ties.reduce((sum, t) => sum + t, 0) / ties.length;
    const test = all.filter((i) => pairs.fold[i] === fold);
    return { fold, threshold, accuracy: accuracy(test, threshold) };
  });
}

describe('agreement with brute force', () => {
  const names = ['lfw-10fold-l2', 'lfw-10fold-cos', '10fold-mean'] as const;

  test.each(names)('%s on noisy features', (name) => {
    const faces = noisyFaces({ people: 10, each: 4, dimension: 6, noise: 0.8, seed: 4 });
    const shifted = { ...faces, values: faces.values.map((x, k) => x + (k % 6)) };
    const pairs = randomPairs(10, 4, 80, 4, 11);
    const expected = bruteForce(name, shifted, pairs);
    const { folds } = evaluateProtocol(name, shifted, pairs);
    folds.forEach((fold, k) => {
      expect(fold.fold).toBe(expected[k]!.fold);
      expect(fold.threshold).toBeCloseTo(expected[k]!.threshold, 10);
      expect(fold.accuracy).toBe(expected[k]!.accuracy);
    });
  });

  test.each(names)('%s where scores and thresholds coincide', (name) => {
    // Rows of sixteen signs: cosines are multiples of 1/8, exactly, and lie on every grid. Each pair has its negative in the
    // same fold, so that the mean is exactly zero.
    const count = 24;
    const sign = Array.from({ length: count }, (_, r) =>
      Array.from({ length: 16 }, (_, k) =>
        hash32(8, r >> 1, k) % 3 === 0 ? 1 : hash32(9, r, k) % 2 === 0 ? 1 : -1,
      ),
    );
    const signs = features([...sign, ...sign.map((row) => row.map((x) => -x))]);
    const list = Array.from({ length: 40 }, (_, i) => {
      const same = (i % 2) as 0 | 1;
      const a = hash32(10, i) % count;
      const b = same ? a ^ 1 : (a + 2 + (hash32(11, i) % (count - 4))) % count;
      return { a, b, same, fold: 1 + Math.floor(i / 10) };
    });
    const pairs = pairList(list.flatMap((pair) => [pair, { ...pair, a: pair.a + count, b: pair.b + count }]));
    const expected = bruteForce(name, signs, pairs);
    const { folds } = evaluateProtocol(name, signs, pairs);
    folds.forEach((fold, k) => {
      expect(fold.threshold).toBeCloseTo(expected[k]!.threshold, 10);
      expect(fold.accuracy).toBe(expected[k]!.accuracy);
    });
  });
});

test('10fold-mean removes a common offset that hides the identities', () => {
  const faces = noisyFaces({ people: 20, each: 4, dimension: 16, noise: 0.3, seed: 6 });
  const hidden = { ...faces, values: faces.values.map((x) => x + 200) };
  const pairs = randomPairs(20, 4, 200, 10, 2);
  expect(evaluateProtocol('10fold-mean', faces, pairs).accuracy).toBeGreaterThan(0.98);
  expect(evaluateProtocol('10fold-mean', hidden, pairs).accuracy).toBeGreaterThan(0.98);
  expect(evaluateProtocol('lfw-10fold-cos', hidden, pairs).accuracy).toBeLessThan(0.6);
});

describe('bad input is one sentence', () => {
  const good = exactPairs([
    [
      [1, 1],
      [2, 0],
    ],
    [
      [1, 1],
      [2, 0],
    ],
  ]);
  test.each<[string, PairList, string]>([
    ['no pairs', pairList([]), 'the pair list is empty'],
    ['lengths', { ...good, same: good.same.slice(1) }, 'the pair list is inconsistent'],
    [
      'row out of range',
      { ...good, b: Uint32Array.of(1, 2, 1, 5) },
      'pair 3 compares rows 0 and 5, but there are only 5',
    ],
    ['label', { ...good, same: Uint8Array.of(1, 0, 2, 0) }, 'pair 2 is labelled 2'],
    ['fold 0', { ...good, fold: Uint32Array.of(1, 1, 0, 2) }, 'pair 2 belongs to fold 0'],
    [
      'one kind in a fold',
      { ...good, same: Uint8Array.of(1, 0, 1, 1) },
      'fold 2 has 2 same and 0 different pairs',
    ],
  ])('%s', (_, pairs, message) => {
    for (const name of protocolNames) {
      expect(() => evaluateProtocol(name, rows, pairs)).toThrow(UserError);
      expect(() => evaluateProtocol(name, rows, pairs)).toThrow(message);
    }
  });

  test('a single fold cannot be cross-validated, but has a best threshold', () => {
    const single = { ...good, fold: Uint32Array.of(1, 1, 1, 1) };
    expect(() => evaluateProtocol('lfw-10fold-cos', rows, single)).toThrow('at least two folds');
    expect(evaluateProtocol('best-threshold', rows, single)).toMatchObject({ accuracy: 1, std: null });
  });

  test('NaN features', () => {
    const broken = features(exactRows.map((row, k) => (k === 3 ? [Number.NaN, 0, 0, 0] : row)));
    for (const name of protocolNames) {
      expect(() => evaluateProtocol(name, broken, good)).toThrow(
        '1 of 5 features hold NaN or infinity (the first is row 3)',
      );
    }
  });
});
