import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { type LossWithStatistics, readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { type ContrastiveOptions, contrastiveHead } from '../../src/engine/ops/pairs/contrastive_loss.ts';
import { pairInputs } from '../../src/engine/ops/pairs/pair_loss.ts';
import {
  type TripletMining,
  type TripletOptions,
  tripletHead,
} from '../../src/engine/ops/pairs/triplet_loss.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

type Head = (features: Tensor, labels: Tensor) => LossWithStatistics;
const contrastive =
  (options: ContrastiveOptions): Head =>
  (f, y) =>
    contrastiveHead(f, y, options);
const triplet =
  (options: TripletOptions): Head =>
  (f, y) =>
    tripletHead(f, y, options);

async function evaluate(head: Head, features: number[][], labels: number[]) {
  return device.scope(async () => {
    const f = device.tensor(features.flat(), [features.length, features[0]!.length]).requireGradient();
    const { loss, statistics } = head(f, device.tensor(labels, [labels.length], 'u32'));
    loss.backward();
    return {
      loss: await loss.item(),
      statistics: await readStatistics(statistics),
      gradient: [...(await f.gradient!.readFloats())],
    };
  });
}

/** Directions 0°, 90°, 180° and 53.13°: D₀₁ = 2, D₀₂ = 4, D₀₃ = 0.8, D₁₂ = 2, D₁₃ = 0.4, D₂₃ = 3.2. */
const onCircle = [
  [2, 0],
  [0, 3],
  [-1, 0],
  [3, 4],
];

describe('four samples by hand', () => {
  test.each<[string, Head, number[], number]>([
    ['contrastive, M = 1', contrastive({}), [0, 0, 1, 1], (2 + 3.2 + 0.2 + 0.6) / 6],
    ['contrastive, M = 2.5', contrastive({ margin: 2.5 }), [0, 0, 1, 1], (5.2 + 1.7 + 0.5 + 2.1) / 6],
    ['contrastive, adjacent positives', contrastive({ pairs: 'adjacent' }), [0, 0, 1, 1], (2 + 3.2) / 2],
    [
      'contrastive, adjacent negatives',
      contrastive({ pairs: 'adjacent', margin: 2.5 }),
      [0, 1, 0, 1],
      0.5 / 2,
    ],
    [
      'contrastive, features as they are',
      contrastive({ normalise: false, margin: 20 }),
      [0, 0, 1, 2],
      // D₀₁ = 13; D₀₂ = 9, D₀₃ = 17, D₁₂ = 10, D₁₃ = 10, D₂₃ = 32
      (13 + 11 + 3 + 10 + 10 + 0) / 6,
    ],
    [
      'triplet, all',
      triplet({ mining: 'all', margin: 0.8 }),
      [0, 0, 1, 1],
      // Anchors 0, 1, 2, 3; the triplet (0, 1, 2) costs nothing and counts.
      (0 + 2 + 0.8 + 2.4 + 0 + 2 + 3.2 + 3.6) / 8,
    ],
    ['triplet, hardest', triplet({ mining: 'hardest', margin: 0.8 }), [0, 0, 1, 1], (2 + 2.4 + 2 + 3.6) / 4],
    ['triplet, semi-hard, M = 1', triplet({ margin: 1 }), [0, 0, 1, 1], 0.2],
    ['triplet, semi-hard, M = 2.5', triplet({ margin: 2.5 }), [0, 0, 1, 1], (0.5 + 1.7) / 2],
    [
      'triplet, features as they are',
      triplet({ mining: 'hardest', normalise: false, margin: 1 }),
      [0, 0, 1, 2],
      // Anchors 2 and 3 have no positive.
      (1 + 13 - 9 + (1 + 13 - 10)) / 2,
    ],
  ])('%s', async (_, head, labels, expected) => {
    expect((await evaluate(head, onCircle, labels)).loss / expected).toBeCloseTo(1, 5);
  });

  test('statistics are mean cosines of both kinds of pairs and the number of entries', async () => {
    const counts: [Head, number][] = [
      [contrastive({}), 12],
      [contrastive({ pairs: 'adjacent' }), 4],
      [triplet({ mining: 'all' }), 8],
      [triplet({ mining: 'hardest' }), 4],
      [triplet({ margin: 2.5 }), 2],
      [contrastive({ normalise: false }), 12],
    ];
    for (const [head, count] of counts) {
      const { statistics } = await evaluate(head, onCircle, [0, 0, 1, 1]);
      expect(statistics.positiveCosine).toBeCloseTo((0 - 0.6) / 2, 6);
      expect(statistics.negativeCosine).toBeCloseTo((-1 + 0.6 + 0 + 0.8) / 4, 6);
      expect(statistics.entries).toBe(count);
    }
  });

  test('gradients point from positives and to negatives', async () => {
    // D = ‖x₀ − x₁‖² = 13: 2(x₀ − x₁), and M − D: the opposite.
    const pull = await evaluate(contrastive({ normalise: false }), onCircle.slice(0, 2), [0, 0]);
    expect(pull.gradient).toEqual([4, -6, -4, 6]);
    const push = await evaluate(contrastive({ normalise: false, margin: 20 }), onCircle.slice(0, 2), [0, 1]);
    expect(push.gradient).toEqual([-4, 6, 4, -6]);
    // M + D₀₁ − D₀₂ and M + D₁₀ − D₁₂, each half: x₀: (2·4 − 6)/2 …
    const both = await evaluate(
      triplet({ mining: 'all', normalise: false, margin: 20 }),
      onCircle.slice(0, 3),
      [0, 0, 1],
    );
    expect(both.gradient).toEqual([4 - 3, -6, -4 - 1, 6 - 3, 4, 3]);
  });

  test('of equally hard samples the first counts', async () => {
    const { gradient } = await evaluate(
      triplet({ mining: 'hardest', normalise: false, margin: 100 }),
      [
        [0, 0],
        [1, 0],
        [1, 0],
        [0, 2],
        [0, 2],
      ],
      [0, 0, 0, 1, 2],
    );
    // Anchors 0, 1 and 2: (0, 1, 3), (1, 0, 3), (2, 0, 3). Sample 4 is in none.
    expect(gradient.slice(8)).toEqual([0, 0]);
    expect(gradient[7]).not.toBe(0);
    const row = (factor: number, a: number[], b: number[]) => a.map((v, k) => (factor * (v - b[k]!)) / 3);
    const [x0, x1, x3] = [
      [0, 0],
      [1, 0],
      [0, 2],
    ];
    const expected = row(2, x0, x1).map((v, k) => 3 * v - row(2, x0, x3)[k]!);
    gradient.slice(0, 2).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 6);
    });
  });
});

const minings: TripletMining[] = ['all', 'semi-hard', 'hardest'];

/** Every triplet by three loops, without what the operator or its reference have. */
function bruteForce(distances: number[][], labels: number[], mining: TripletMining, margin: number) {
  const n = labels.length;
  const chosen: [a: number, p: number, n: number][] = [];
  for (let a = 0; a < n; a++) {
    let [farthest, nearest] = [-1, -1];
    for (let p = 0; p < n; p++) {
      for (let k = 0; k < n; k++) {
        if (p === a || labels[p] !== labels[a] || labels[k] === labels[a]) continue;
        const [ap, an] = [distances[a]![p]!, distances[a]![k]!];
        if (mining === 'all' || (mining === 'semi-hard' && ap < an && an < ap + margin))
          chosen.push([a, p, k]);
        if (farthest < 0 || ap > distances[a]![farthest]!) farthest = p;
        if (nearest < 0 || an < distances[a]![nearest]!) nearest = k;
      }
    }
    if (mining === 'hardest' && farthest >= 0) chosen.push([a, farthest, nearest]);
  }
  return chosen;
}

describe.each(minings)('mining %s', (mining) => {
  const [n, d, margin] = [41, 7, 0.6];
  const [features] = pairInputs(n, d, 1).map((spec) => sampleInput(spec, 71));
  // Classes of 1 to 8 samples.
  const labels = Array.from({ length: n }, (_, i) => Math.floor(Math.sqrt(2 * ((i * 17) % n))));
  const rows = Array.from({ length: n }, (_, i) => [...features!.data.subarray(i * d, (i + 1) * d)]);
  const units = rows.map((row) => row.map((value) => value / Math.hypot(...row)));
  const distances = units.map((a) =>
    units.map((b) => a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0)),
  );

  test('chooses the triplets of an exhaustive search and has the gradient of their mean', async () => {
    const chosen = bruteForce(distances, labels, mining, margin);
    expect(chosen.length).toBeGreaterThan(20);
    const found = await evaluate(triplet({ mining, margin }), rows, labels);
    expect(found.statistics.entries).toBe(chosen.length);
    let loss = 0;
    const slopes = units.map((row) => row.map(() => 0));
    for (const [a, p, k] of chosen) {
      const entry = margin + distances[a]![p]! - distances[a]![k]!;
      if (entry <= 0) continue;
      loss += entry / chosen.length;
      for (let c = 0; c < d; c++) {
        // ∂D_ap/∂a − ∂D_an/∂a = 2(x_n − x_p)
        slopes[a]![c]! += (2 * (units[k]![c]! - units[p]![c]!)) / chosen.length;
        slopes[p]![c]! -= (2 * (units[a]![c]! - units[p]![c]!)) / chosen.length;
        slopes[k]![c]! += (2 * (units[a]![c]! - units[k]![c]!)) / chosen.length;
      }
    }
    expect(found.loss / loss).toBeCloseTo(1, 5);
    const expected = slopes.flatMap((slope, i) => {
      const along = slope.reduce((sum, value, c) => sum + value * units[i]![c]!, 0);
      return slope.map((value, c) => (value - along * units[i]![c]!) / Math.hypot(...rows[i]!));
    });
    const scale = Math.max(...expected.map(Math.abs));
    found.gradient.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(1e-5);
    });
  });

  test.each([
    ['samples of one class', labels.map(() => 3)],
    ['samples of as many classes', [...labels.keys()]],
  ])('%s have no triplet: no loss, no gradient', async (_, none) => {
    const found = await evaluate(triplet({ mining, margin }), rows, none);
    expect(found.loss).toBe(0);
    expect(found.statistics.entries).toBe(0);
    expect(found.gradient.every((value) => value === 0)).toBe(true);
  });
});

test('equal samples cost nothing as a pair of one class and the margin as a pair of two', async () => {
  const equal = Array.from({ length: 4 }, () => [0.3, -1.7, 1e-3]);
  for (const [labels, expected] of [
    [[0, 0, 0, 0], 0],
    [[0, 1, 2, 3], 1],
  ] as const) {
    const { loss, gradient } = await evaluate(contrastive({}), equal, [...labels]);
    expect(Math.abs(loss - expected)).toBeLessThan(1e-6);
    for (const value of gradient) expect(Math.abs(value)).toBeLessThan(1e-6);
  }
});
