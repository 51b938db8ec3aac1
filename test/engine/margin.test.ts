/** Softmax with margins: known numbers, and gradients that are by definition not those of the function. */

import { describe, expect, test } from 'vitest';
import type { ReferenceArray } from '../../src/engine/core/operator.ts';
import { scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { crossEntropyReference } from '../../src/engine/ops/heads/cross_entropy.reference.ts';
import { marginReference } from '../../src/engine/ops/heads/margin.reference.ts';
import type { CommonMargin, Margin } from '../../src/engine/ops/heads/margin.ts';
import { marginSoftmaxHead, marginSoftmaxLoss } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import { readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** Two features, three agents on the sphere: cosines (0.8, 0, 0) of label 0 and (0.36, 0.6, 0.8) of label 2. */
function tiny() {
  return {
    features: device.tensor([1, 0, 0, 0, 0.6, 0.8], [2, 3]),
    weights: device.tensor([0.8, 0.6, 0, 0, 1, 0, 0, 0, 1], [3, 3]),
    labels: device.tensor([0, 2], [2], 'u32'),
  };
}

describe('known numbers', () => {
  const known: readonly [Margin, number, number][] = [
    [{ kind: 'cosine', margin: 0.35 }, 30, 2.255894],
    [{ kind: 'angle', margin: 0.5 }, 64, 5.93886],
    [{ kind: 'circle', margin: 0.25 }, 256, 35.2],
    // cos(θ + m) of both samples is 0.41441: of the other cosines 0.6 is hard, and counts as 0.6·(0.3 + 0.6).
    [{ kind: 'curricular', margin: 0.5, t: 0.3 }, 64, 4.019023],
  ];
  test.each(known)('%o, scale %d: %d', async (margin, scale, expected) => {
    const { features, weights, labels } = tiny();
    const loss = await marginSoftmaxLoss(features, weights, labels, { margin, scale }).item();
    expect(loss).toBeCloseTo(expected, 4);
  });

  test('the statistics are of the cosines without margin', async () => {
    const { features, weights, labels } = tiny();
    const { statistics } = marginSoftmaxHead(features, weights, labels, {
      margin: { kind: 'cosine', margin: 0.35 },
      scale: 30,
    });
    const { positiveCosine, negativeCosine, scale } = await readStatistics(statistics);
    expect(positiveCosine).toBeCloseTo(0.8, 6);
    expect(negativeCosine).toBeCloseTo((0 + 0 + 0.36 + 0.6) / 4, 6);
    expect(scale).toBe(30);
  });

  test('ψ of SphereFace with a multiple of 4', () => {
    const margin = { kind: 'multiple-angle', multiple: 4, annealing: 0 } as const;
    const values = [1, 0.9, 0.8, 0.5, 0, -1].map((cosine) => marginReference(margin, cosine, true));
    [1, -0.2312, -0.8432, -1.5, -3, -7].forEach((expected, i) => {
      expect(values[i]).toBeCloseTo(expected, 4);
    });
  });

  test('a margin of nothing is plain softmax over cosines', async () => {
    const { features, weights, labels } = tiny();
    const none: readonly Margin[] = [
      { kind: 'cosine', margin: 0 },
      { kind: 'angle', margin: 0 },
      { kind: 'multiple-angle', multiple: 1, annealing: 3 },
    ];
    for (const margin of none) {
      const loss = await marginSoftmaxLoss(features, weights, labels, { margin, scale: 10 }).item();
      expect(loss).toBeCloseTo(0.0691773, 5);
    }
  });
});

describe('gradients with detached parts are those of a loss in which the parts are constants', () => {
  const detached: readonly [CommonMargin, number][] = [
    [{ kind: 'angle', margin: 0.5, straightThrough: true }, 10],
    [{ kind: 'circle', margin: 0.25 }, 16],
  ];
  test.each(detached)('%o', async (margin, scale) => {
    const shapes = [
      { shape: [6, 5] },
      { shape: [9, 5] },
      { shape: [6], kind: 'labels', classes: 9 },
    ] as const;
    const [features, weights, labels] = shapes.map((spec, i) => sampleInput(spec, 60 + i)) as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const isOwn = (i: number, j: number): boolean => labels.data[i] === j;
    const base = scoreMatrix(features, weights);
    const value = (i: number, j: number): number => marginReference(margin, base[i]![j]!, isOwn(i, j));
    /** The loss with each t(c) replaced by a line in c that touches it where the gradient is taken. */
    const surrogate = (): number => {
      const logits = scoreMatrix(features, weights).map((row, i) =>
        row.map((c, j) => {
          const c0 = base[i]![j]!;
          const m = margin.kind === 'circle' ? margin.margin : 0;
          const slope = margin.kind !== 'circle' ? 1 : Math.max(0, isOwn(i, j) ? 1 + m - c0 : c0 + m);
          return scale * (value(i, j) + slope * (c - c0));
        }),
      );
      return crossEntropyReference(logits, labels).data[0]!;
    };
    const [f, w] = [features, weights].map(({ shape, data }) =>
      device.tensor(Float32Array.from(data), shape).requireGradient(),
    );
    const y = device.tensor(Float32Array.from(labels.data), [6], 'u32');
    marginSoftmaxLoss(f!, w!, y, { margin, scale }).backward();
    for (const [array, tensor] of [
      [features, f!],
      [weights, w!],
    ] as const) {
      const gradient = await tensor.gradient!.readFloats();
      const expected = array.data.map((_, k) => {
        const before = array.data[k]!;
        const [up, down] = [1e-5, -1e-5].map((step) => {
          array.data[k] = before + step;
          return surrogate();
        });
        array.data[k] = before;
        return (up! - down!) / 2e-5;
      });
      const largest = Math.max(...expected.map(Math.abs));
      gradient.forEach((g, k) => {
        expect(Math.abs(g - expected[k]!)).toBeLessThan(1e-4 * largest);
      });
    }
  });
});
