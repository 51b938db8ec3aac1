import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { distanceMatrix } from '../../src/engine/ops/heads/agent_losses.reference.ts';
import {
  type CContrastiveOptions,
  cContrastiveHead,
  cContrastiveLoss,
} from '../../src/engine/ops/heads/c_contrastive_loss.ts';
import {
  type CTripletOptions,
  cTripletHead,
  cTripletLoss,
} from '../../src/engine/ops/heads/c_triplet_loss.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { rowOf } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { cosineSoftmaxLoss } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { type LossStatistics, readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

type Loss = (features: Tensor, weights: Tensor, labels: Tensor) => Tensor;

async function evaluate(loss: Loss, features: number[][], weights: number[][], labels: number[]) {
  return device.scope(async () => {
    const matrix = (rows: number[][]): Tensor =>
      device.tensor(rows.flat(), [rows.length, rows[0]!.length]).requireGradient();
    const [f, w] = [matrix(features), matrix(weights)];
    const value = loss(f, w, device.tensor(labels, [labels.length], 'u32'));
    value.backward();
    return {
      loss: await value.item(),
      features: await f.gradient!.readFloats(),
      weights: await w.gradient!.readFloats(),
    };
  });
}

/** The vectors of docs/reference.md#a-small-example. */
const tiny = {
  features: [
    [1, 0, 0],
    [0, 0.6, 0.8],
  ],
  weights: [
    [0.8, 0.6, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  labels: [0, 2],
};

const onTiny = (loss: Loss) => evaluate(loss, tiny.features, tiny.weights, tiny.labels);

describe('the vectors of docs/reference.md#a-small-example', () => {
  test.each<[string, Loss, number]>([
    ['C-contrastive, M = 1', (f, w, y) => cContrastiveLoss(f, w, y), 0.5],
    ['C-triplet, hardest', (f, w, y) => cTripletLoss(f, w, y, { addCenterLoss: false }), 0.2],
    [
      'C-triplet, all negatives',
      (f, w, y) => cTripletLoss(f, w, y, { addCenterLoss: false, hardestOnly: false }),
      0.2,
    ],
    ["C-triplet of the author's layer", (f, w, y) => cTripletLoss(f, w, y, { gradient: 'caffe' }), 0.2],
    ['C-triplet + center', (f, w, y) => cTripletLoss(f, w, y), 0.2 + 0.4],
    ['scaled cosine softmax, s = 1', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale: 1 }), 0.771216],
    ['scaled cosine softmax, s = 10', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale: 10 }), 0.0691773],
  ])('%s', async (_, loss, expected) => {
    expect((await onTiny(loss)).loss / expected).toBeCloseTo(1, 5);
  });
});

/** ∂loss/∂D as the author's layers compute it (docs/reference.md#c-contrastive, docs/reference.md#c-triplet). */
type Slopes = (distances: number[][], labels: number[]) => number[][];

const contrastiveSlopes =
  (options: CContrastiveOptions): Slopes =>
  (distances, labels) => {
    const { positiveMargin = 0, negativeMargin = 1, positiveWeight = 1, negativeWeight = 1 } = options;
    const { positiveOutlierThreshold: limit = 4, positiveUpperBound = 1 } = options;
    const n = distances.length;
    const entries = distances.map((row, i) =>
      row.map((d, j) => {
        if (j === labels[i]) return positiveWeight * Math.min(limit, Math.max(0, d - positiveMargin));
        if (d >= negativeMargin) return 0;
        return negativeWeight * (options.expNegativeWeight ? Math.exp(-d) : negativeMargin - d);
      }),
    );
    const slopes = distances.map((row, i) =>
      row.map((d, j) => {
        if (j === labels[i]) return d > positiveMargin && d < limit ? positiveWeight : 0;
        if (entries[i]![j] === 0) return 0;
        return options.expNegativeWeight ? -entries[i]![j]! : -negativeWeight;
      }),
    );
    slopes.forEach((row, i) => {
      const own = labels[i]!;
      if (options.maxNegativeOnly) {
        let best = 0;
        row.forEach((_, j) => {
          if (j !== own && entries[i]![j]! > entries[i]![best]!) best = j;
        });
        row.forEach((_, j) => {
          if (j !== own && j !== best) row[j] = 0;
        });
      }
      if (options.positiveFirst && distances[i]![own]! > positiveUpperBound) {
        row.fill(0);
        row[own] = positiveWeight;
      }
    });
    if (options.maxPositiveOnly) {
      const positives = entries.map((row, i) => row[labels[i]!]!);
      const kept = positives.indexOf(Math.min(...positives));
      slopes.forEach((row, i) => {
        if (i !== kept) row[labels[i]!] = 0;
      });
    }
    if (options.normalizeNegative) {
      const q =
        -slopes.flatMap((row, i) => row.filter((_, j) => j !== labels[i])).reduce((a, b) => a + b, 0) /
        (options.normalizeNegative * n);
      if (q > positiveWeight) {
        slopes.forEach((row, i) => {
          row.forEach((value, j) => {
            if (j !== labels[i]) row[j] = value / q;
          });
        });
      }
    }
    return slopes.map((row) => row.map((value) => value / n));
  };

const tripletSlopes =
  (options: CTripletOptions, sampleWeights?: number[]): Slopes =>
  (distances, labels) => {
    const { margin = 0.8, positiveWeight = 1, negativeWeight = 1 } = options;
    const { addCenterLoss = true, hardestOnly = true, positiveUpperBound = 1 } = options;
    return distances.map((row, i) => {
      const own = labels[i]!;
      let hinges = row.map((d, j) => (j === own ? 0 : Math.max(0, margin + row[own]! - d)));
      if (options.positiveFirst && row[own]! > positiveUpperBound) hinges = hinges.map(() => 0);
      const hardest = hinges.indexOf(Math.max(...hinges));
      const slopes = hinges.map((h, j) => (h > 0 && (!hardestOnly || j === hardest) ? -negativeWeight : 0));
      const isFar = options.positiveFirst && row[own]! > positiveUpperBound;
      slopes[own] = addCenterLoss || isFar || slopes.some((slope) => slope < 0) ? positiveWeight : 0;
      return slopes.map((slope) => ((sampleWeights?.[i] ?? 1) * slope) / distances.length);
    });
  };

/** Chain rule from D = ‖f̂ − w‖² on: 2(f̂ − ŵ) and −2(f̂ − ŵ), then the tangent projections (arXiv 1704.06369, equation 4) where a side is normalised. */
function chain(features: number[][], weights: number[][], slopes: number[][], normaliseWeights: boolean) {
  const unit = (row: number[]): number[] => row.map((x) => x / Math.hypot(...row));
  const units = weights.map((row) => (normaliseWeights ? unit(row) : row));
  const project = (row: number[], gradient: number[]): number[] => {
    const y = unit(row);
    const along = y.reduce((sum, value, k) => sum + value * gradient[k]!, 0);
    return gradient.map((value, k) => (value - along * y[k]!) / Math.hypot(...row));
  };
  const df = features.map((row, i) => {
    const f = unit(row);
    const gradient = f.map((value, k) =>
      units.reduce((sum, w, j) => sum + 2 * slopes[i]![j]! * (value - w[k]!), 0),
    );
    return project(row, gradient);
  });
  const dw = weights.map((row, j) => {
    const gradient = units[j]!.map((value, k) =>
      features.reduce((sum, f, i) => sum + 2 * slopes[i]![j]! * (value - unit(f)[k]!), 0),
    );
    return normaliseWeights ? project(row, gradient) : gradient;
  });
  return { features: df.flat(), weights: dw.flat() };
}

function expectClose(actual: ArrayLike<number>, expected: number[], tolerance = 1e-5): void {
  const scale = Math.max(...expected.map(Math.abs), 1e-6);
  const error = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  expect(error / scale, `${Array.from(actual)} against ${expected}`).toBeLessThan(tolerance);
}

const [n, classes, d] = [9, 14, 5];
const sample = headInputs(n, classes, d).map((spec, i) => sampleInput(spec, 300 + i));
const rowsOf = (index: number, count: number): number[][] =>
  Array.from({ length: count }, (_, i) => [...rowOf(sample[index]!, i)]);
const random = { features: rowsOf(0, n), weights: rowsOf(1, classes), labels: [...sample[2]!.data] };
// A label 0, for the search that starts there, and a sample nearer to its agent than to any other.
random.labels[0] = 0;
random.labels[1] = 0;
random.weights[0] = random.features[0]!.map((value) => 1.2 * value + 0.1);

async function expectSlopes(loss: Loss, slopes: Slopes, normaliseWeights = true): Promise<void> {
  const { features, weights, labels } = random;
  const distances = distanceMatrix(
    sample[0]!,
    {
      shape: [classes, d],
      data: Float64Array.from(weights.flat()),
    },
    { normaliseWeights },
  );
  const found = await evaluate(loss, features, weights, labels);
  const expected = chain(features, weights, slopes(distances, labels), normaliseWeights);
  expectClose(found.features, expected.features);
  expectClose(found.weights, expected.weights);
}

describe("gradients of the author's layers", () => {
  const contrastive: CContrastiveOptions[] = [
    {},
    { positiveMargin: 0.9, positiveOutlierThreshold: 1.6, negativeMargin: 1.5 },
    { maxNegativeOnly: true, negativeMargin: 2 },
    { maxNegativeOnly: true, negativeMargin: 0.3, positiveWeight: 3 },
    { maxPositiveOnly: true },
    { positiveFirst: true, positiveUpperBound: 1.9, negativeMargin: 2, positiveOutlierThreshold: 2 },
    { expNegativeWeight: true, negativeWeight: 2 },
    { normalizeNegative: 0.5, negativeMargin: 2.5 },
    { normalizeNegative: 50, negativeMargin: 2.5 },
    { normaliseWeights: false, negativeMargin: 2 },
  ];
  test.each(contrastive.map((options) => [JSON.stringify(options), options] as const))(
    'C-contrastive %s',
    async (_, options) => {
      await expectSlopes(
        (f, w, y) => cContrastiveLoss(f, w, y, { ...options, gradient: 'caffe' }),
        contrastiveSlopes(options),
        options.normaliseWeights,
      );
    },
  );

  const triplet: CTripletOptions[] = [
    {},
    { addCenterLoss: false },
    { addCenterLoss: false, hardestOnly: false, margin: 0.1 },
    { hardestOnly: false, positiveWeight: 2, negativeWeight: 0.5 },
    { positiveFirst: true, positiveUpperBound: 2, addCenterLoss: false },
    { normaliseWeights: false, hardestOnly: false },
  ];
  test.each(triplet.map((options) => [JSON.stringify(options), options] as const))(
    'C-triplet %s',
    async (_, options) => {
      await expectSlopes(
        (f, w, y) => cTripletLoss(f, w, y, { ...options, gradient: 'caffe' }),
        tripletSlopes(options),
        options.normaliseWeights,
      );
    },
  );

  test('C-triplet with weights of samples: in the gradient, not in the loss', async () => {
    const sampleWeights = random.labels.map((_, i) => 0.5 + i);
    const weighted: Loss = (f, w, y) =>
      cTripletLoss(f, w, y, { gradient: 'caffe', sampleWeights: device.tensor(sampleWeights, [n]) });
    await expectSlopes(weighted, tripletSlopes({}, sampleWeights));
    const { features, weights, labels } = random;
    const plain = await evaluate(
      (f, w, y) => cTripletLoss(f, w, y, { gradient: 'caffe' }),
      features,
      weights,
      labels,
    );
    expect((await evaluate(weighted, features, weights, labels)).loss).toBe(plain.loss);
  });

  test('with the defaults of C-contrastive they are the exact ones', async () => {
    await expectSlopes((f, w, y) => cContrastiveLoss(f, w, y), contrastiveSlopes({}));
  });
});

const numbersOf = ({ positiveCosine, negativeCosine, negativeEntry, positiveEntry }: LossStatistics) => [
  positiveCosine,
  negativeCosine,
  negativeEntry!,
  positiveEntry!,
];

describe('statistics and the running margin', () => {
  test('cosines, mean entries', async () => {
    const { features, weights, labels } = random;
    const cosines = distanceMatrix(sample[0]!, {
      shape: [classes, d],
      data: Float64Array.from(weights.flat()),
    }).map((row) => row.map((distance) => 1 - distance / 2));
    const own = cosines.map((row, i) => row[labels[i]!]!);
    const others = cosines.flatMap((row, i) => row.filter((_, j) => j !== labels[i]));
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    await device.scope(async () => {
      const tensors = [
        device.tensor(features.flat(), [n, d]),
        device.tensor(weights.flat(), [classes, d]),
        device.tensor(labels, [n], 'u32'),
      ] as const;
      const contrastive = await readStatistics(
        cContrastiveHead(...tensors, { negativeMargin: 2 }).statistics,
      );
      const hinge = mean(others.map((c) => Math.max(0, 2 * c)));
      const positive = mean(own.map((c) => 2 - 2 * c));
      expectClose(numbersOf(contrastive), [mean(own), mean(others), hinge, positive]);
      const triplet = await readStatistics(cTripletHead(...tensors, { hardestOnly: false }).statistics);
      const entries = cosines.flatMap((row, i) =>
        row.filter((_, j) => j !== labels[i]).map((c) => Math.max(0, 0.8 + 2 * c - 2 * own[i]!)),
      );
      expectClose(numbersOf(triplet), [mean(own), mean(others), mean(entries), positive]);
    });
  });

  test('the margin follows the running mean of the positives of the batches before', async () => {
    const { features, weights, labels } = random;
    await device.scope(async () => {
      const tensors = [
        device.tensor(features.flat(), [n, d]),
        device.tensor(weights.flat(), [classes, d]),
        device.tensor(labels, [n], 'u32'),
      ] as const;
      const runningPositive = device.tensor([0.5], [1]);
      const lossAt = (negativeMargin: number) => cContrastiveLoss(...tensors, { negativeMargin }).item();
      const following = (maxNegativeMargin: number) =>
        cContrastiveHead(...tensors, { negativeMargin: 1, runningPositive, maxNegativeMargin });
      const first = following(3);
      const positive = (await readStatistics(first.statistics)).positiveEntry!;
      expect(await first.loss.item()).toBeCloseTo(await lossAt(1.5), 5);
      const mean = 0.99 * 0.5 + 0.01 * positive;
      expect((await runningPositive.readFloats())[0]).toBeCloseTo(mean, 6);
      expect(await following(3).loss.item()).toBeCloseTo(await lossAt(1 + mean), 4);
      expect(await following(1.2).loss.item()).toBeCloseTo(await lossAt(1.2), 5);
    });
  });
});

describe('windows of classes', () => {
  const losses: [string, Loss][] = [
    ['C-contrastive', (f, w, y) => cContrastiveLoss(f, w, y, { negativeMargin: 1.5 })],
    [
      'C-contrastive, agents not normalised',
      (f, w, y) => cContrastiveLoss(f, w, y, { negativeMargin: 4, normaliseWeights: false }),
    ],
    ['C-triplet', (f, w, y) => cTripletLoss(f, w, y)],
    ['cosine softmax', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale: 12 })],
  ];
  const large = headInputs(7, 300, 12).map((spec, i) => sampleInput(spec, 900 + i));
  const [features, weights] = [0, 1].map((index) =>
    Array.from({ length: [7, 300][index]! }, (_, i) => [...rowOf(large[index]!, i)]),
  ) as [number[][], number[][]];
  // Own classes in the first, a middle and the last window.
  const labels = [0, 63, 64, 130, 255, 256, 299];

  test.each(losses)('%s is the same whatever their size', async (_, loss) => {
    const whole = await evaluate(loss, features, weights, labels);
    const cut = await device.settings.limiting({ classWindowBytes: 64 * 12 * 4 }, () =>
      evaluate(loss, features, weights, labels),
    );
    expect(cut.loss / whole.loss).toBeCloseTo(1, 5);
    expectClose(cut.features, [...whole.features]);
    expectClose(cut.weights, [...whole.weights]);
  });

  test.each(losses)('%s in a captured step, of weights that an operator made', async (_, loss) => {
    const ofScaled: Loss = (f, w, y) => loss(f, scale(w, 2), y);
    const cut = <T>(body: () => T): T => device.settings.limiting({ classWindowBytes: 64 * 12 * 4 }, body);
    const eager = await cut(() => evaluate(ofScaled, features, weights, labels));
    await device.scope(async () => {
      const f = device.tensor(features.flat(), [7, 12]).requireGradient();
      const w = device.tensor(weights.flat(), [300, 12]).requireGradient();
      const y = device.tensor(labels, [7], 'u32');
      const step = cut(() =>
        device.capture(() => {
          const total = ofScaled(f, w, y);
          total.backward();
          return { total, gradient: w.gradient! };
        }),
      );
      step.run();
      expect(await step.outputs.total.item()).toBe(eager.loss);
      expect([...(await step.outputs.gradient.readFloats())]).toEqual([...eager.weights]);
      step.dispose();
    });
  });

  test.each(losses)('%s does not depend on the order of classes and samples', async (_, loss) => {
    const whole = await evaluate(loss, features, weights, labels);
    const permuted = await evaluate(
      loss,
      [...features].reverse(),
      [...weights].reverse(),
      labels.map((label) => 299 - label).reverse(),
    );
    expect(permuted.loss / whole.loss).toBeCloseTo(1, 5);
    const reversedRows = (data: ArrayLike<number>): number[] =>
      Array.from({ length: data.length / 12 }, (_, row) => Array.from(data).slice(row * 12, row * 12 + 12))
        .reverse()
        .flat();
    expectClose(permuted.features, reversedRows(whole.features));
    expectClose(permuted.weights, reversedRows(whole.weights));
  });

  test.each(losses.filter(([name]) => !name.includes('not normalised')))(
    '%s: gradients are orthogonal to normalised rows',
    async (_, loss) => {
      const found = await evaluate(loss, features, weights, labels);
      for (const [rows, gradient] of [
        [features, found.features],
        [weights, found.weights],
      ] as const) {
        rows.forEach((row, i) => {
          const part = Array.from(gradient).slice(i * 12, i * 12 + 12);
          const along = row.reduce((sum, x, k) => sum + x * part[k]!, 0);
          expect(Math.abs(along)).toBeLessThanOrEqual(1e-5 * Math.hypot(...row) * Math.hypot(...part) + 1e-9);
        });
      }
    },
  );
});

describe('losses at the start with random agents, of docs/reference.md#class-weights-of-the-heads', () => {
  const [classes, size, samples] = [10_572, 512, 64];
  const random = (n: number, seed: number) =>
    device.tensor(sampleInput({ shape: [n, size] }, seed).data, [n, size]);
  const start = (loss: Loss): Promise<number> =>
    device.scope(() => {
      const labels = sampleInput({ shape: [samples], kind: 'labels', classes }, 5).data;
      return loss(random(samples, 3), random(classes, 4), device.tensor(labels, [samples], 'u32')).item();
    });

  test.each<[string, Loss, number]>([
    ['scaled cosine softmax, s = 1', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale: 1 }), 9.261],
    ['scaled cosine softmax, s = 10', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale: 10 }), 9.302],
    ['scaled cosine softmax, s = 30', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale: 30 }), 9.96],
    ['C-contrastive, M = 1', (f, w, y) => cContrastiveLoss(f, w, y), 1.99],
    ['C-triplet, hardest', (f, w, y) => cTripletLoss(f, w, y, { addCenterLoss: false }), 1.13],
    [
      'C-triplet, all negatives',
      (f, w, y) => cTripletLoss(f, w, y, { addCenterLoss: false, hardestOnly: false }),
      8300,
    ],
  ])('%s', async (_, loss, expected) => {
    // The mean over 64 samples of s·cos varies by 1.7 % at s = 30.
    expect(Math.abs((await start(loss)) / expected - 1)).toBeLessThan(0.05);
  });
});
