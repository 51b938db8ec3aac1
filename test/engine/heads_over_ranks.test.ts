import { expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import type { Communicator } from '../../src/engine/distributed/communicator.ts';
import { GatheredRows } from '../../src/engine/distributed/gather_rows.ts';
import { runInProcess } from '../../src/engine/distributed/in-process.ts';
import { rangeOf } from '../../src/engine/distributed/range.ts';
import { scale as scaled } from '../../src/engine/ops/elementwise/scale.ts';
import { cContrastiveHead } from '../../src/engine/ops/heads/c_contrastive_loss.ts';
import { cTripletHead } from '../../src/engine/ops/heads/c_triplet_loss.ts';
import type { ClassShard } from '../../src/engine/ops/heads/class_shard.ts';
import { cosineSoftmaxHead } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { marginSoftmaxHead } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import { softmaxLossHead } from '../../src/engine/ops/heads/softmax_loss.ts';
import { sphereFace2Head } from '../../src/engine/ops/heads/sphereface2_loss.ts';
import type { LossWithStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { uniFaceHead } from '../../src/engine/ops/heads/uniface_loss.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

const [samples, classes, d] = [7, 11, 5];

/** A head on the classes of a rank, or on all of them. `own` is a parameter of its own: a scale, a bias. */
type Head = (
  f: Tensor,
  w: Tensor,
  labels: Tensor,
  own: Tensor,
  shard?: ClassShard,
  /** Two numbers that are kept from step to step. */
  running?: Tensor,
) => LossWithStatistics;

const heads: [string, Head, number][] = [
  ['softmax', (f, w, labels, _, shard) => softmaxLossHead(f, w, labels, { shard }), 1],
  ['normface', (f, w, labels, scale, shard) => cosineSoftmaxHead(f, w, labels, { scale, shard }), 12],
  [
    'normface with smoothed labels',
    (f, w, labels, scale, shard) => cosineSoftmaxHead(f, w, labels, { scale, shard, labelSmoothing: 0.2 }),
    12,
  ],
  [
    'weights normalised alone',
    (f, w, labels, scale, shard) =>
      cosineSoftmaxHead(f, w, labels, { scale, normaliseFeatures: false, shard }),
    2,
  ],
  [
    'cosface',
    (f, w, labels, scale, shard) =>
      marginSoftmaxHead(f, w, labels, { scale, margin: { kind: 'cosine', margin: 0.35 }, shard }),
    16,
  ],
  [
    'arcface',
    (f, w, labels, scale, shard) =>
      marginSoftmaxHead(f, w, labels, { scale, margin: { kind: 'angle', margin: 0.5 }, shard }),
    16,
  ],
  [
    'sphereface',
    (f, w, labels, scale, shard) =>
      marginSoftmaxHead(f, w, labels, {
        scale,
        margin: { kind: 'multiple-angle', multiple: 4, annealing: 5 },
        normaliseFeatures: false,
        shard,
      }),
    1,
  ],
  [
    'circle',
    (f, w, labels, scale, shard) =>
      marginSoftmaxHead(f, w, labels, { scale, margin: { kind: 'circle', margin: 0.25 }, shard }),
    16,
  ],
  [
    'curricularface, with a t that stays',
    (f, w, labels, scale, shard) =>
      marginSoftmaxHead(f, w, labels, { scale, margin: { kind: 'curricular', margin: 0.5, t: 0.3 }, shard }),
    16,
  ],
  [
    'adaface',
    (f, w, labels, scale, shard, running) =>
      marginSoftmaxHead(f, w, labels, {
        scale,
        margin: { kind: 'adaptive', margin: 0.4, concentration: 1, alpha: 0.3, running: running! },
        shard,
      }),
    16,
  ],
  [
    'magface',
    (f, w, labels, scale, shard) =>
      marginSoftmaxHead(f, w, labels, {
        scale,
        margin: { kind: 'magnitude', margins: [0.45, 0.8], norms: [1.5, 3.5], regulariser: 2 },
        shard,
      }),
    16,
  ],
  [
    'elasticface, sorted',
    (f, w, labels, scale, shard) =>
      marginSoftmaxHead(f, w, labels, {
        scale,
        margin: { kind: 'elastic', of: 'cosine', margin: 0.35, deviation: 0.2, assignment: 'sorted' },
        shard,
      }),
    16,
  ],
  ['sphereface2', (f, w, labels, bias, shard) => sphereFace2Head(f, w, labels, { bias, shard }), 0.3],
  [
    'uniface',
    (f, w, labels, bias, shard) => uniFaceHead(f, w, labels, { bias, s: 16, lambda: 0.5, shard }),
    3,
  ],
  [
    'c-contrastive',
    (f, w, labels, _, shard) => cContrastiveHead(f, w, labels, { negativeMargin: 3, shard }),
    1,
  ],
  [
    'c-contrastive as the author',
    (f, w, labels, _, shard) =>
      cContrastiveHead(f, w, labels, { negativeMargin: 3, maxNegativeOnly: true, gradient: 'caffe', shard }),
    1,
  ],
  ['c-triplet', (f, w, labels, _, shard) => cTripletHead(f, w, labels, { margin: 1, shard }), 1],
  [
    'c-triplet, all negatives',
    (f, w, labels, _, shard) => cTripletHead(f, w, labels, { margin: 1, hardestOnly: false, shard }),
    1,
  ],
];

const features = Float32Array.from(sampleInput({ shape: [samples, d] }, 1).data);
const weights = Float32Array.from(sampleInput({ shape: [classes, d] }, 2).data);
const labels = Uint32Array.of(0, 10, 5, 5, 3, 7, 0);

interface Result {
  readonly loss: number;
  readonly statistics: number[];
  readonly features: Float32Array;
  readonly weights: Float32Array;
  readonly own: number | null;
  readonly running: number[];
}

/** Loss and gradients of a head, on one rank of several or without ranks. */
async function run(head: Head, start: number, ranks?: Communicator, classRows = weights): Promise<Result> {
  const rows = ranks ? rangeOf(samples, ranks.size, ranks.rank) : { first: 0, count: samples };
  const part = ranks ? rangeOf(classes, ranks.size, ranks.rank) : { first: 0, count: classes };
  const matrix = (values: Float32Array, { first, count }: { first: number; count: number }) =>
    device.tensor(values.subarray(first * d, (first + count) * d), [count, d]).requireGradient();
  const [f, w] = [matrix(features, rows), matrix(classRows, part)];
  const own = device.tensor([start], [1]).requireGradient();
  const running = device.tensor([2.4, 0.6], [2]);
  // A rank draws for the rows of all, wherever its own begin.
  device.setRandom(5, 3, rows.first);
  const allLabels = device.tensor(labels, [samples], 'u32');
  const step = device.capture(() => {
    // So that the features are the step's own, as those of a net.
    const x = scaled(f, 1);
    const all = ranks ? new GatheredRows(x, samples, ranks).for('add') : x;
    const shard = ranks && { first: part.first, classes, ranks };
    const { loss, statistics } = head(all, w, allLabels, own, shard, running);
    loss.backward();
    const gradients = [f.gradient!, w.gradient!, own.gradient ?? loss];
    return { loss, statistics: statistics.values, gradients, hasOwn: own.gradient !== null };
  });
  const { loss, statistics, gradients, hasOwn } = step.outputs;
  const [value, numbers, dFeatures, dWeights, dOwn] = await step.runAndRead([loss, statistics, ...gradients]);
  const kept = [...(await running.readFloats())];
  step.dispose();
  return {
    loss: value![0]!,
    statistics: [...numbers!],
    features: dFeatures as Float32Array,
    weights: dWeights as Float32Array,
    own: hasOwn ? dOwn![0]! : null,
    running: kept,
  };
}

const join = (parts: Float32Array[]): number[] => parts.flatMap((part) => [...part]);

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${i}: ${value}, not ${expected[i]}`).toBeLessThanOrEqual(
      2e-6 * size,
    );
  });
}

/** Of three, one is in the middle, and parts are not all equal. Two are another share of the classes: for one head of each kind of gradient. */
const onTwo = new Set(['softmax', 'normface', 'sphereface2', 'c-triplet']);

test.each(heads)('%s: classes spread over ranks give what one process gives', async (name, head, start) => {
  const whole = await run(head, start);
  for (const size of onTwo.has(name) ? [2, 3] : [3]) {
    const results = await runInProcess(size, (ranks) => run(head, start, ranks));
    for (const { loss, statistics, own, running } of results) {
      expectClose([loss], [whole.loss]);
      expectClose(running, whole.running);
      expect(running).toEqual(results[0]!.running);
      expectClose(statistics, whole.statistics);
      if (whole.own !== null) expectClose([own!], [whole.own]);
      expect([loss, ...statistics, own]).toEqual([
        results[0]!.loss,
        ...results[0]!.statistics,
        results[0]!.own,
      ]);
    }
    expectClose(join(results.map((result) => result.features)), [...whole.features]);
    expectClose(join(results.map((result) => result.weights)), [...whole.weights]);
  }
});

test('a NaN in the class weights of one rank is the loss of all', async () => {
  const spoilt = weights.slice();
  spoilt[0] = Number.NaN;
  const results = await runInProcess(2, (ranks) => run(heads[1]![1], 12, ranks, spoilt));
  expect(results.map(({ loss }) => loss)).toEqual([Number.NaN, Number.NaN]);
});
