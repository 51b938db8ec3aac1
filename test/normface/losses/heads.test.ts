/** Heads of configured losses on the vectors of docs/reference.md#a-small-example: known numbers, and what scaled features and weights change. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Parameters } from '../../../src/engine/core/parameters.ts';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { RowSubset } from '../../../src/engine/optim/row_subset.ts';
import { SGD } from '../../../src/engine/optim/sgd.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { createHead } from '../../../src/normface/training/head.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.close());

type LossInput = NonNullable<TrainingConfigInput['loss']>;

const features = [
  [1, 0, 0],
  [0, 0.6, 0.8],
];
const agents = [
  [0.8, 0.6, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const cosines = [
  [0.8, 0, 0],
  [0.36, 0.6, 0.8],
];

interface Batch {
  readonly features?: readonly number[][];
  readonly weights?: readonly number[][];
  readonly labels?: readonly number[];
  readonly step?: number;
}

/** The weighted loss of a head whose class matrix holds given weights. */
async function lossOf(loss: LossInput, batch: Batch = {}): Promise<number> {
  const { features: f = features, weights: w = agents, labels: y = [0, 2], step = 0 } = batch;
  const [classes, featureSize, batchSize] = [w.length, w[0]!.length, f.length];
  const head = createHead('loss', parseConfig({ loss }).loss, {
    device,
    classes,
    featureSize,
    batchSize,
    seed: 1,
  });
  const parameters = new Parameters(device, head.declarations);
  const optimiser = new SGD(parameters, { learningRate: 0 });
  parameters.write('loss.weight', w.flat());
  head.prepare?.(step, Uint32Array.from(y));
  for (const subset of head.subsets ?? []) new RowSubset(parameters, optimiser, subset).gather();
  const value = await device.scope(() =>
    head
      .apply(
        device.tensor(f.flat(), [batchSize, featureSize]),
        device.tensor(y, [batchSize], 'u32'),
        parameters,
      )
      .loss.item(),
  );
  head.dispose?.();
  optimiser.dispose();
  parameters.dispose();
  return head.weight * value;
}

/** Mean cross-entropy of the labels 0 and 2. */
const crossEntropy = (logits: readonly number[][]): number =>
  logits.reduce(
    (sum, z, i) => sum + Math.log(z.reduce((total, value) => total + Math.exp(value - z[2 * i]!), 0)) / 2,
    0,
  );
const times = (rows: readonly number[][], factor: number) => rows.map((row) => row.map((x) => factor * x));

describe('known numbers', () => {
  test.each<[LossInput, number]>([
    [{ name: 'normface', scale: { initial: 1 } }, 0.771216],
    [{ name: 'normface', scale: { initial: 10, learn: false } }, 0.0691773],
    [{ name: 'c-contrastive' }, 0.5],
    // The center loss inside this framework: mean of the squared distances 0.4 and 0.4 to the own agents.
    [{ name: 'c-contrastive', negativeMargin: 0 }, 0.4],
    [{ name: 'c-triplet', addCenterLoss: false }, 0.2],
    [{ name: 'c-triplet' }, 0.6],
    [{ name: 'cosface' }, 2.255894],
    [{ name: 'arcface' }, 5.93886],
    [{ name: 'circle' }, 35.2],
    // t is a hundredth of the mean cosine of 0.8.
    [{ name: 'curricularface' }, 0.03500903],
    [{ name: 'curricularface', momentum: 0.625 }, 4.019023],
    [{ name: 'sphereface2', weight: 1, bias: { initial: 0 } }, 0.0705975],
    [{ name: 'uniface', bias: { initial: 20 } }, 10.747054],
    // b = log(10·3), and with half of the classes drawn log(10·½·3).
    [{ name: 'uniface' }, 27.351592],
    [{ name: 'sphereface2', bias: { initial: 0 } }, 50 * 0.0705975],
    [{ name: 'adacos' }, crossEntropy(times(cosines, Math.SQRT2 * Math.log(2)))],
    [{ name: 'softmax' }, crossEntropy(cosines)],
    // μ = 19.81, σ = 99: ẑ = −0.063269; the term of MagFace is 35·(10/12100 + 1/10).
    [{ name: 'adaface' }, 6.084209],
    [{ name: 'magface' }, 8.02888],
    [{ name: 'elasticface', deviation: 0 }, 5.93886],
    [{ name: 'elasticface', form: 'cos', deviation: 0, scale: { initial: 30 } }, 2.255894],
  ])('%o: %d', async (loss, expected) => {
    expect((await lossOf(loss)) / expected).toBeCloseTo(1, 5);
  });

  // By 0.3 smoothed labels add 0.1 times how far the own logit is above the two others, which is a mean of s·1.12 for the plain cosines.
  test.each<[LossInput, number]>([
    [{ name: 'softmax' }, crossEntropy(cosines) + 0.112],
    [{ name: 'normface', scale: { initial: 1 } }, 0.771216 + 0.112],
    [{ name: 'normface', scale: { initial: 10 } }, 0.0691773 + 1.12],
    [{ name: 'cosface' }, 2.255894 + 3 * ((2 * 0.45 + (0.09 - 0.15)) / 2)],
    [{ name: 'arcface' }, 5.93886 + 6.4 * ((4 * 0.4144107 - 0.96) / 2)],
    [{ name: 'circle' }, 35.2 + 25.6 * ((2 * 0.085 + (0.0225 - 0.0671) + (0.0225 - 0.2975)) / 2)],
    [{ name: 'curricularface', momentum: 0.625 }, 4.019023 + 6.4 * ((4 * 0.4144107 - 0.9) / 2)],
    [
      { name: 'adacos' },
      crossEntropy(times(cosines, Math.SQRT2 * Math.log(2))) + 0.112 * Math.SQRT2 * Math.log(2),
    ],
  ])('with labels smoothed by 0.3: %o: %d', async (loss, expected) => {
    expect((await lossOf({ ...loss, labelSmoothing: 0.3 } as LossInput)) / expected).toBeCloseTo(1, 5);
  });

  test.each<LossInput>([
    { name: 'normface' },
    { name: 'c-contrastive' },
    { name: 'c-triplet' },
    { name: 'cosface' },
    { name: 'arcface' },
    { name: 'circle' },
    { name: 'curricularface' },
    { name: 'sphereface2' },
    { name: 'uniface' },
    { name: 'adacos' },
  ])('lengths do not matter, with either scheme: %o', async (loss) => {
    const expected = await lossOf(loss);
    const batch = { features: times(features, 3), weights: times(agents, 0.5) };
    expect((await lossOf(loss, batch)) / expected).toBeCloseTo(1, 5);
    const hard = { ...loss, weightNormalisation: 'hard' } as LossInput;
    expect((await lossOf(hard, batch)) / expected).toBeCloseTo(1, 5);
  });
});

describe('lengths that matter', () => {
  const batch = { features: times(features, 3), weights: times(agents, 0.5) };
  test.each<[LossInput, number]>([
    [{ name: 'softmax' }, 1.5],
    [{ name: 'normface', normalise: 'features' }, 10 * 0.5],
    [{ name: 'normface', normalise: 'weights' }, 3],
    [{ name: 'normface', normalise: 'weights', weightNormalisation: 'hard' }, 3],
    [{ name: 'normface', normalise: 'weights', scale: { initial: 2 } }, 2 * 3],
  ])('%o: logits are %d times the cosines', async (loss, factor) => {
    expect((await lossOf(loss, batch)) / crossEntropy(times(cosines, factor))).toBeCloseTo(1, 5);
  });

  test.each([0, 1, 999, 100_000])('SphereFace after %d steps', async (step) => {
    const lambda = Math.max(5, 1000 / (1 + 0.12 * (step + 1)));
    // ψ of docs/reference.md#sphereface at the own cosine of 0.8, for both samples.
    const own = (lambda * 0.8 + 8 * 0.8 ** 4 - 8 * 0.8 ** 2 + 1) / (1 + lambda);
    const folded = (lambda * 0.8 + -0.8432) / (1 + lambda);
    expect(own).toBeCloseTo(folded, 9);
    const logits = times(
      cosines.map((row, i) => row.map((c, j) => (j === 2 * i ? folded : c))),
      3,
    );
    for (const weightNormalisation of ['tangent', 'hard'] as const) {
      const loss = await lossOf({ name: 'sphereface', weightNormalisation }, { ...batch, step });
      expect(loss / crossEntropy(logits)).toBeCloseTo(1, 5);
    }
  });
});

test.each<[LossInput, Record<string, unknown>[]]>([
  [{ name: 'adaface', scale: { initial: 4 } }, [{ margin: 0.3 }, { concentration: -0.333 }, { alpha: 0.02 }]],
  [
    { name: 'magface', scale: { initial: 4 } },
    [
      { leastMargin: 0.4 },
      { mostMargin: 0.9 },
      { leastNorm: 9 },
      { mostNorm: 120 },
      { lambda: 20 },
      { easyMargin: false },
    ],
  ],
  [
    { name: 'elasticface', deviation: 0.1, scale: { initial: 4 } },
    [
      { margin: 0.4 },
      { deviation: 0.2 },
      { form: 'cos', margin: 0.5 },
      { assignment: 'sorted' },
      { assignment: 'released' },
      { clamped: true, deviation: 0.2 },
    ],
  ],
])('every setting of %o reaches the loss', async (loss, changes) => {
  // By their cosines the second, the third, the first: an order that is not its own inverse. The fourth cosine is below 0.
  const batchFeatures = [
    [20, 0, 0],
    [0, 0, 60],
    [0, 6, 32],
    [-20, 0, 0],
  ];
  const batch = { features: batchFeatures, labels: [0, 2, 2, 0] };
  const values = [];
  for (const change of [{}, ...changes]) {
    // Draws margins of which two are above one deviation, in another order.
    device.setRandom(5, 0);
    values.push(await lossOf({ ...loss, ...change } as LossInput, batch));
  }
  expect(new Set(values).size).toBe(values.length);
});

test('class sampling: a softmax over the drawn classes, whatever their numbers', async () => {
  // Thirty classes, of which the batch has two and the rate allows one: these two alone.
  const weights = Array.from({ length: 30 }, (_, j) => [Math.cos(j), Math.sin(j), 0.1 * j]);
  const labels = [17, 9];
  const unit = (row: readonly number[]) => row.map((x) => x / Math.hypot(...row));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
  const expected = features.reduce((sum, f, i) => {
    const own = dot(f, unit(weights[labels[i]!]!));
    const other = dot(f, unit(weights[labels[1 - i]!]!));
    return sum + Math.log(1 + Math.exp(4 * (other - own))) / 2;
  }, 0);
  for (const weightNormalisation of ['tangent', 'hard'] as const) {
    const loss: LossInput = {
      name: 'normface',
      scale: { initial: 4 },
      classSampling: { rate: 0.05 },
      weightNormalisation,
    };
    expect((await lossOf(loss, { weights, labels })) / expected).toBeCloseTo(1, 5);
  }
});

test('dropout: features lose a part of their numbers and gain in the others', async () => {
  device.setRandom(1, 0);
  const ones = [new Array<number>(512).fill(1), new Array<number>(512).fill(1)];
  // The logits of the own class are means over the feature: near 1 however many numbers are dropped.
  const weights = [new Array<number>(512).fill(1 / 512), new Array<number>(512).fill(0)];
  const loss = await lossOf({ name: 'softmax', dropout: 0.5 }, { features: ones, weights, labels: [0, 0] });
  const plain = Math.log(1 + Math.exp(-1));
  expect(loss).not.toBeCloseTo(plain, 6);
  expect(Math.abs(loss - plain)).toBeLessThan(0.05);
});
