import { describe, expect, test } from 'vitest';
import { hash32, normal01 } from '../../../src/engine/core/random.ts';
import { linearSvm } from '../../../src/normface/evaluation/linear-svm.ts';
import { evaluateProtocol } from '../../../src/normface/evaluation/protocols.ts';
import { splitScores } from '../../../src/normface/evaluation/threshold.ts';
import { exactPairs, exactRows, features } from './helpers.ts';

/** The loss that the machine minimises, as it is defined. */
function loss(x: readonly number[], y: readonly number[], cost: number, w: number, b: number): number {
  return x.reduce((sum, value, i) => sum + cost * Math.max(0, 1 - y[i]! * (w * value + b)), 0.5 * w * w);
}

/** Minimum of a convex function of one number on an interval, by ternary search to the last bits. */
function minimum(f: (x: number) => number, low: number, high: number): number {
  for (let k = 0; k < 200; k++) {
    const [p, q] = [low + (high - low) / 3, high - (high - low) / 3];
    if (f(p) <= f(q)) high = q;
    else low = p;
  }
  return f((low + high) / 2);
}

/** The least loss, found without any knowledge of its structure but convexity. */
function bruteForce(x: readonly number[], y: readonly number[], cost: number): number {
  const bound = Math.sqrt(2 * cost * x.length);
  const reach = 1 + bound * Math.max(...x.map(Math.abs));
  return minimum((w) => minimum((b) => loss(x, y, cost, w, b), -reach, reach), -bound, bound);
}

function solve(x: readonly number[], y: readonly number[], cost: number) {
  return linearSvm(
    splitScores(
      x,
      y.map((label) => (label > 0 ? 1 : 0)),
    ),
    cost,
  );
}

describe('linear support vector machine of one number', () => {
  test('two points: the margins meet them', () => {
    expect(solve([1, 3], [-1, 1], 10)).toEqual({ weight: 1, bias: -2 });
    expect(solve([3, 1], [-1, 1], 10)).toEqual({ weight: -1, bias: 2 });
  });

  test('a cost too small for the margins: both multipliers at the bound', () => {
    // w = C (3 − 1); the loss is flat in b between 1 − 3 w = 0.4 and −1 − w = −1.2.
    const { weight, bias } = solve([1, 3], [-1, 1], 0.1);
    expect(weight).toBeCloseTo(0.2, 15);
    expect(bias).toBeCloseTo(-0.4, 15);
    expect(-bias / weight).toBeCloseTo(2, 12);
  });

  test('points behind the margin do not matter', () => {
    expect(solve([-50, 1, 3, 80, 90], [-1, -1, 1, 1, 1], 10)).toEqual({ weight: 1, bias: -2 });
  });

  test('hand-computed overlap', () => {
    // Genuine 0, 2, 4; impostor −4, −2, 1; C = 1. Pairs from the middle: 0 − 1 = −1, then 2 + 2 = 4: w = −1 + 4 (t − 1) = 2 / 4.
    const { weight, bias } = solve([0, 2, 4, -4, -2, 1], [1, 1, 1, -1, -1, -1], 1);
    expect(weight).toBe(0.5);
    expect(bias).toBe(0);
  });

  test('no difference between the kinds: no weight, the larger kind wins', () => {
    expect(solve([1, 1, 1], [1, 1, -1], 1)).toEqual({ weight: 0, bias: 1 });
    expect(solve([1, 1, 1], [1, -1, -1], 1)).toEqual({ weight: 0, bias: -1 });
    expect(solve([1, 1], [1, -1], 1)).toEqual({ weight: 0, bias: 0 });
    expect(Math.abs(solve([1, 3, 2, 2], [1, 1, -1, -1], 1).weight)).toBe(0);
  });

  const shapes = [
    { n: 2, shift: 1, cost: 1 },
    { n: 5, shift: 0.5, cost: 1 },
    { n: 20, shift: 2, cost: 1 },
    { n: 33, shift: 0.2, cost: 0.01 },
    { n: 40, shift: -1, cost: 1 },
    { n: 61, shift: 6, cost: 100 },
    { n: 60, shift: 0, cost: 5 },
  ];
  test.each(shapes)('as good as brute force: %o', ({ n, shift, cost }) => {
    for (let seed = 1; seed <= 6; seed++) {
      const y = Array.from({ length: n }, (_, i) => (i < 2 ? 2 * i - 1 : hash32(seed, i) % 3 === 0 ? 1 : -1));
      // Rounded to hundredths, so that there are ties.
      const x = y.map((label, i) => Math.round(100 * (0.5 * label * shift + normal01(seed, 7, i))) / 100 + 3);
      const { weight, bias } = solve(x, y, cost);
      const reached = loss(x, y, cost, weight, bias);
      const least = bruteForce(x, y, cost);
      expect(reached).toBeLessThanOrEqual(least + 1e-10 * (1 + least));
      expect(Number.isFinite(bias)).toBe(true);
    }
  });

  test('thousands of distances: the dual proves the optimum', () => {
    const y = Array.from({ length: 5400 }, (_, i) => (i % 2 ? 1 : -1));
    const x = y.map((label, i) => 1.2 - 0.3 * label + 0.15 * normal01(3, 1, i));
    const { weight, bias } = solve(x, y, 1);
    // Multipliers: 1 inside the margin, 0 outside, and between them what balances the kinds.
    const margins = x.map((value, i) => y[i]! * (weight * value + bias));
    const inside = (i: number) => margins[i]! < 1 - 1e-9;
    const on = x.map((_, i) => i).filter((i) => Math.abs(margins[i]! - 1) <= 1e-9);
    const imbalance = y.reduce((sum, label, i) => sum + (inside(i) ? label : 0), 0);
    const pull = x.reduce((sum, value, i) => sum + (inside(i) ? y[i]! * value : 0), 0);
    // Two scores on the margins, one of each kind: α_p − α_q = −imbalance, α_p p − α_q q = w − pull.
    const [p, q] = [on.find((i) => y[i] === 1)!, on.find((i) => y[i] === -1)!];
    const alphaP = (weight - pull - imbalance * x[q]!) / (x[p]! - x[q]!);
    const alphaQ = alphaP + imbalance;
    for (const alpha of [alphaP, alphaQ]) {
      expect(alpha).toBeGreaterThanOrEqual(-1e-9);
      expect(alpha).toBeLessThanOrEqual(1 + 1e-9);
    }
    const dual = margins.filter((_, i) => inside(i)).length + alphaP + alphaQ - 0.5 * weight * weight;
    expect(loss(x, y, 1, weight, bias)).toBeCloseTo(dual, 9);
  });
});

describe('its threshold', () => {
  const rows = features(exactRows);

  test('halfway between distances 1 and √2 when they are far enough apart for the cost', () => {
    // 200 pairs of each kind in a fold: the cost is then no limit.
    const fold = Array.from({ length: 400 }, (_, i) => (i % 2 ? ([1, 1] as const) : ([2, 0] as const)));
    const { threshold, accuracy, measure } = evaluateProtocol(
      'normface-nopca-svm',
      rows,
      exactPairs([fold, fold]),
    );
    expect(threshold).toBeCloseTo((1 + Math.SQRT2) / 2, 12);
    expect({ accuracy, measure }).toEqual({ accuracy: 1, measure: 'L2 distance' });
  });

  test('distances the wrong way round: everybody gets the answer of the larger kind', () => {
    const reversed = [
      [2, 1],
      [1, 0],
      [1, 0],
    ] as const;
    const { accuracy, folds } = evaluateProtocol(
      'normface-nopca-svm',
      rows,
      exactPairs([reversed, reversed]),
    );
    expect(accuracy).toBeCloseTo(2 / 3, 15);
    expect(folds[0]!.threshold).toBe(0);
    const genuine = [
      [2, 1],
      [2, 1],
      [1, 0],
    ] as const;
    expect(evaluateProtocol('normface-nopca-svm', rows, exactPairs([genuine, genuine])).accuracy).toBeCloseTo(
      2 / 3,
      15,
    );
  });

  test('the optimistic rule sees the pairs that it is judged on', () => {
    const repeated = (...kinds: (readonly [number, 0 | 1])[]) =>
      Array.from({ length: 400 }, (_, i) => kinds[i % 2]!);
    const pairs = exactPairs([repeated([1, 1], [2, 0]), repeated([0, 1], [3, 0])]);
    const all = evaluateProtocol('normface-nopca-svm-all', rows, pairs);
    expect(all.accuracy).toBe(1);
    expect(new Set(all.folds.map(({ threshold }) => threshold)).size).toBe(1);
    const single = { ...pairs, fold: pairs.fold.map(() => 1) };
    expect(evaluateProtocol('normface-nopca-svm-all', rows, single)).toMatchObject({
      accuracy: 1,
      std: null,
    });
  });
});
