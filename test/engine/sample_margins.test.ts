/** Margins that every sample has of its own: known numbers, what AdaFace keeps, and its gradient of the features. */

import { describe, expect, test } from 'vitest';
import type { ReferenceArray } from '../../src/engine/core/operator.ts';
import { hash32 } from '../../src/engine/core/random.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { dot, rowOf, scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { crossEntropyReference } from '../../src/engine/ops/heads/cross_entropy.reference.ts';
import type { Margin } from '../../src/engine/ops/heads/margin.ts';
import { marginSoftmaxHead, marginSoftmaxLoss } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import type { SampleMargin } from '../../src/engine/ops/heads/sample_margin.ts';
import {
  movedNormsReference,
  regulariserReference,
  type SampleMarginNumbers,
  sampleMarginedReference,
  sampleMarginsReference,
} from '../../src/engine/ops/heads/sample_margins.reference.ts';
import { readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/**
 * Two features of lengths 20 and 60, three agents on the sphere: cosines (0.8, 0, 0) of label 0 and (0.36, 0.6, 0.8) of label 2.
 */
function tiny(lengths: readonly [number, number] = [20, 60]) {
  const [a, b] = lengths;
  return {
    features: device.tensor([a, 0, 0, 0, 0.6 * b, 0.8 * b], [2, 3]),
    weights: device.tensor([0.8, 0.6, 0, 0, 1, 0, 0, 0, 1], [3, 3]),
    labels: device.tensor([0, 2], [2], 'u32'),
  };
}

const running = (mean: number, deviation: number) => device.tensor([mean, deviation], [2]);

describe('known numbers', () => {
  const known: readonly [name: string, margin: () => SampleMargin, scale: number, expected: number][] = [
    // ẑ = ∓0.332983: cosines of 0.446428 and 0.339401 in place of 0.8.
    ['AdaFace', () => ({ kind: 'adaptive', margin: 0.4, alpha: 0, running: running(40, 20) }), 64, 8.339172],
    // μ = 20.2, σ = 99.282843 with this batch: g = 0.000268 and −0.053396.
    [
      'AdaFace from the start',
      () => ({ kind: 'adaptive', margin: 0.4, running: running(20, 100) }),
      64,
      7.120442,
    ],
    // Margins of 0.485 and 0.625; the term is 35·(80/12100 + 1/20 + 1/60)/2.
    [
      'MagFace',
      () => ({ kind: 'magnitude', margins: [0.45, 0.8], norms: [10, 110] }),
      64,
      9.673212 + 1.282369,
    ],
    ['ElasticFace-Arc without a deviation', () => elastic('angle', 0.5), 64, 5.93886],
    ['ElasticFace-Cos without a deviation', () => elastic('cosine', 0.35), 30, 2.255894],
  ];
  const elastic = (of: 'angle' | 'cosine', margin: number): SampleMargin => ({
    kind: 'elastic',
    of,
    margin,
    deviation: 0,
  });
  test.each(known)('%s', async (_, margin, scale, expected) => {
    const { features, weights, labels } = tiny();
    const loss = marginSoftmaxLoss(features, weights, labels, { margin: margin(), scale });
    expect((await loss.item()) / expected).toBeCloseTo(1, 5);
  });

  test('the statistics are of the lengths as they are, and of the margins', async () => {
    const { features, weights, labels } = tiny([5, 205]);
    const margin = { kind: 'magnitude', margins: [0.45, 0.8], norms: [10, 110] } as const;
    const { statistics } = marginSoftmaxHead(features, weights, labels, { margin, scale: 30 });
    const found = await readStatistics(statistics);
    expect(found.positiveCosine).toBeCloseTo(0.8, 6);
    expect(found.negativeCosine).toBeCloseTo((0 + 0 + 0.36 + 0.6) / 4, 6);
    expect(found.scale).toBe(30);
    expect(found.featureNorm).toBeCloseTo(105, 3);
    expect(found.normDeviation).toBeCloseTo(100 * Math.SQRT2, 3);
    expect(found.sampleMargin).toBeCloseTo((0.45 + 0.8) / 2, 6);
  });

  test('longer and shorter features than MagFace knows have no gradient of their lengths', async () => {
    const { features, weights, labels } = tiny([5, 205]);
    features.requireGradient();
    const margin = { kind: 'magnitude', margins: [0.45, 0.8], norms: [10, 110] } as const;
    marginSoftmaxLoss(features, weights, labels, { margin, scale: 4 }).backward();
    const [a, , , , b, c] = await features.gradient!.readFloats();
    expect(a).toBeCloseTo(0, 7);
    expect(0.6 * b! + 0.8 * c!).toBeCloseTo(0, 7);
  });
});

describe('AdaFace', () => {
  const [n, classes, d] = [33, 9, 5];
  const [features, weights, labels] = headInputs(n, classes, d).map((spec, i) =>
    sampleInput(spec, 90 + i),
  ) as [ReferenceArray, ReferenceArray, ReferenceArray];
  const tensors = () =>
    [
      device.tensor(features.data, [n, d]),
      device.tensor(weights.data, [classes, d]),
      device.tensor(labels.data, [n], 'u32'),
    ] as const;
  const norms = Array.from({ length: n }, (_, i) => Math.sqrt(dot(rowOf(features, i), rowOf(features, i))));

  test('keeps mean and deviation of the lengths from batch to batch', async () => {
    const margin = { kind: 'adaptive', margin: 0.4, alpha: 0.25, running: running(20, 100) } as const;
    let expected: [number, number] = [20, 100];
    for (let step = 0; step < 3; step++) {
      const [f, w, y] = tensors();
      marginSoftmaxLoss(f, w, y, { margin, scale: 10 });
      expected = movedNormsReference(norms, { ...margin, running: expected });
      const found = await margin.running.readFloats();
      found.forEach((value, i) => {
        expect(value / expected[i]!).toBeCloseTo(1, 5);
      });
    }
  });

  test('takes lengths of at least 0.001 and at most 100', async () => {
    const { features, weights, labels } = tiny([0, 1e12]);
    const kept = running(20, 100);
    const margin = { kind: 'adaptive', margin: 0.4, alpha: 1, running: kept } as const;
    const loss = marginSoftmaxLoss(features, weights, labels, { margin, scale: 64 });
    expect(await loss.item()).toBeGreaterThan(0);
    const [mean, deviation] = await kept.readFloats();
    expect(mean).toBeCloseTo(50.0005, 4);
    expect(deviation).toBeCloseTo(99.999 / Math.SQRT2, 3);
  });

  test('a NaN shows in what it keeps, and in the statistics', async () => {
    const { features, weights, labels } = tiny([Number.NaN, 3]);
    const kept = running(20, 100);
    const margin = { kind: 'adaptive', margin: 0.4, running: kept } as const;
    const { loss, statistics } = marginSoftmaxHead(features, weights, labels, { margin, scale: 64 });
    expect(await loss.item()).toBeNaN();
    expect([...(await kept.readFloats())]).toEqual([Number.NaN, Number.NaN]);
    expect((await readStatistics(statistics)).featureNorm).toBeNaN();
  });

  test('gradients of the features are those of a loss whose margins are constants', async () => {
    const fixed = { kind: 'adaptive', margin: 0.4, concentration: 1, alpha: 0.5, running: [2, 0.5] } as const;
    const margins = sampleMarginsReference(fixed, { norms, cosines: [] });
    const own = (i: number) => labels.data[i]!;
    const surrogate = (): number => {
      const logits = scoreMatrix(features, weights).map((row, i) =>
        row.map((c, j) => 10 * (j === own(i) ? sampleMarginedReference(fixed, c, margins[i]!) : c)),
      );
      return crossEntropyReference(logits, labels).data[0]!;
    };
    const [f, w, y] = tensors();
    f.requireGradient();
    const margin = { ...fixed, running: running(2, 0.5) };
    marginSoftmaxLoss(f, w, y, { margin, scale: 10 }).backward();
    const gradient = await f.gradient!.readFloats();
    const expected = features.data.map((_, k) => {
      const before = features.data[k]!;
      const [up, down] = [1e-5, -1e-5].map((step) => {
        features.data[k] = before + step;
        return surrogate();
      });
      features.data[k] = before;
      return (up! - down!) / 2e-5;
    });
    const largest = Math.max(...expected.map(Math.abs));
    gradient.forEach((g, k) => {
      expect(Math.abs(g - expected[k]!)).toBeLessThan(1e-4 * largest);
    });
  });
});

describe('ElasticFace', () => {
  /** The mean margin of a batch. */
  const marginOf = async (margin: Margin, { seed = 7, step = 3, firstRow = 0 }): Promise<number> => {
    const { features, weights, labels } = tiny();
    device.setRandom(seed, step, firstRow);
    const { statistics } = marginSoftmaxHead(features, weights, labels, { margin, scale: 10 });
    return (await readStatistics(statistics)).sampleMargin!;
  };
  const margin = { kind: 'elastic', of: 'angle', margin: 0.5, deviation: 0.1 } as const;

  test('rows of the whole batch draw the same wherever a part begins', async () => {
    const drawn = sampleMarginsReference(margin, {
      norms: new Array<number>(8).fill(1),
      cosines: [],
      seed: 7,
      step: 3,
    });
    expect(new Set(drawn).size).toBe(8);
    for (const first of [0, 2, 6])
      expect(await marginOf(margin, { firstRow: first })).toBeCloseTo(
        (drawn[first]! + drawn[first + 1]!) / 2,
        6,
      );
  });

  test('the uniform number next to 1, whose logarithm may come out above 0, draws a margin', async () => {
    // A hash of 0xffffff in its upper bits, found by counting.
    const [seed, step, firstRow] = [1, 13, 1_525_679];
    expect(hash32(seed, step, 0, 2 * firstRow) >>> 8).toBe(0xffffff);
    const batch = { norms: [1, 1], cosines: [], seed, step, firstRow };
    const [first, second] = sampleMarginsReference(margin, batch);
    expect(await marginOf(margin, { seed, step, firstRow })).toBeCloseTo((first! + second!) / 2, 4);
  });

  test('margins are spread as they should be, and stay within one deviation if clamped', () => {
    const norms = new Array<number>(20_000).fill(1);
    const moments = (values: readonly number[]) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return [mean, Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length)] as const;
    };
    const drawn = sampleMarginsReference(margin, { norms, cosines: [], seed: 1, step: 2 });
    const [mean, deviation] = moments(drawn);
    // Five standard errors.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.0036);
    expect(Math.abs(deviation - 0.1)).toBeLessThan(0.0025);
    const clamped = sampleMarginsReference({ ...margin, clamped: true }, { norms, cosines: [], seed: 1 });
    expect(Math.max(...clamped.map((m) => Math.abs(m - 0.5)))).toBeCloseTo(0.1, 12);
  });

  test('sorted margins: the smallest to the largest cosine; the authors take the permutation for its inverse', () => {
    const batch = { norms: [1, 1, 1], cosines: [0.2, 0.9, 0.5] };
    const drawn = [...sampleMarginsReference(margin, batch)].sort((a, b) => a - b);
    const [small, middle, large] = drawn;
    expect(sampleMarginsReference({ ...margin, assignment: 'sorted' }, batch)).toEqual([
      large,
      small,
      middle,
    ]);
    expect(sampleMarginsReference({ ...margin, assignment: 'released' }, batch)).toEqual([
      middle,
      large,
      small,
    ]);
  });
});

describe('over a part of the classes, as with class sampling', () => {
  const [n, used, classes, d] = [9, 14, 30, 6];
  const margins: [string, SampleMarginNumbers][] = [
    ['MagFace', { kind: 'magnitude', margins: [0.45, 0.8], norms: [1, 6], regulariser: 3 }],
    ['ElasticFace-Arc', { kind: 'elastic', of: 'angle', margin: 0.5, deviation: 0.1 }],
    [
      'ElasticFace-Cos+',
      { kind: 'elastic', of: 'cosine', margin: 0.3, deviation: 0.1, assignment: 'sorted' },
    ],
  ];

  test.each(margins)('%s: loss and gradients are those of these classes alone', async (_, margin) => {
    const [features, all, drawn] = headInputs(n, classes, d).map((spec, i) => sampleInput(spec, 60 + i)) as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const labels = { ...drawn, data: drawn.data.map((label) => label % used) };
    const weights = { shape: [used, d], data: all.data.slice(0, used * d) };
    const lossOf = (): number => {
      const cosines = scoreMatrix(features, weights);
      const norms = cosines.map((_, i) => Math.sqrt(dot(rowOf(features, i), rowOf(features, i))));
      const own = cosines.map((row, i) => row[labels.data[i]!]!);
      const given = sampleMarginsReference(margin, { norms, cosines: own, seed: 5, step: 3 });
      const logits = cosines.map((row, i) =>
        row.map((c, j) => 8 * (j === labels.data[i] ? sampleMarginedReference(margin, c, given[i]!) : c)),
      );
      return crossEntropyReference(logits, labels).data[0]! + regulariserReference(margin, norms);
    };
    const gradientBy = ({ data }: ReferenceArray): number[] =>
      Array.from(data, (before, k) => {
        const [up, down] = [1e-5, -1e-5].map((step) => {
          data[k] = before + step;
          return lossOf();
        });
        data[k] = before;
        return (up! - down!) / 2e-5;
      });
    device.setRandom(5, 3);
    const f = device.tensor(features.data, [n, d]).requireGradient();
    const w = device.tensor(all.data, [classes, d]).requireGradient();
    const loss = marginSoftmaxLoss(f, w, device.tensor(labels.data, [n], 'u32'), {
      margin: margin as SampleMargin,
      scale: 8,
      classesInUse: device.tensor([used], [1], 'u32'),
    });
    loss.backward();
    expect((await loss.item()) / lossOf()).toBeCloseTo(1, 5);
    const found = [await f.gradient!.readFloats(), await w.gradient!.readFloats()];
    [gradientBy(features), gradientBy(weights)].forEach((expected, i) => {
      const largest = Math.max(...expected.map(Math.abs));
      expected.forEach((g, k) => {
        expect(Math.abs(found[i]![k]! - g)).toBeLessThan(1e-4 * largest);
      });
    });
    expect(found[1]!.subarray(used * d).every((value) => value === 0)).toBe(true);
  });
});
