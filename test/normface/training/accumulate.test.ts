/** Gradients of several batches against those of one batch that is as large as all of them. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import type { Communicator } from '../../../src/engine/distributed/communicator.ts';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { rangeOf } from '../../../src/engine/distributed/range.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { accumulatedBatches } from '../../../src/normface/training/accumulated-batches.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import type { StepMetrics } from '../../../src/normface/training/loop.ts';
import { Model } from '../../../src/normface/training/model.ts';
import { batch, batchSize } from './tiny.ts';

let devices: Device[];
beforeAll(async () => {
  devices = await Promise.all([openDevice(), openDevice()]);
});
afterAll(() => {
  for (const device of devices) device.close();
});

/** Without batch norm, which takes the statistics of what goes through it at once. */
const net = {
  name: 'plain',
  input: [56, 48, 3],
  layers: [
    { kind: 'conv', name: 'conv1', channels: 8, kernel: 3, stride: 4, padding: 1 },
    { kind: 'prelu', name: 'prelu1' },
    { kind: 'dropout', name: 'dropout', rate: 0.2 },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc2', outputs: 16 },
  ],
} satisfies TrainingConfigInput['net'];

const classes = 7;
const steps = 3;
const imageBytes = batch.pixels.length / batchSize;

interface Trained {
  readonly metrics: readonly StepMetrics[];
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Steps on the batch of eight, in so many parts; a rank has its rows of each part. */
async function train(
  input: TrainingConfigInput,
  accumulate: number,
  communicator: Communicator | null = null,
): Promise<Trained> {
  const [size, rank] = [communicator?.size ?? 1, communicator?.rank ?? 0];
  const part = batchSize / accumulate;
  const config = parseConfig({ net, ...input, batchSize: part, accumulate });
  const model = new Model(devices[rank]!, config, classes, communicator && { communicator });
  const { first, count } = rangeOf(part, size, rank);
  const rows = Array.from({ length: accumulate }, (_, k) => k * part + first);
  const own = {
    pixels: Uint8Array.from(
      rows.flatMap((row) => [...batch.pixels.subarray(row * imageBytes, (row + count) * imageBytes)]),
    ),
    labels: Uint32Array.from(rows.flatMap((row) => [...batch.labels.subarray(row, row + count)])),
  };
  const metrics: StepMetrics[] = [];
  for (let step = 0; step < steps; step++) metrics.push(await model.step(own, 0.002, step));
  const { weights, optimiser } = await model.snapshot();
  model.dispose();
  return {
    metrics,
    weights: new Map([...weights, ...optimiser].map(([name, { data }]) => [name, data as Float32Array])),
  };
}

/** Largest difference of two arrays as a share of the largest number of the second. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!))) /
  Math.max(1e-30, ...Array.from(b, Math.abs));

function expectSame(parts: Trained, whole: Trained): void {
  parts.metrics.forEach((metrics, step) => {
    for (const [name, value] of Object.entries(metrics)) {
      const expected = whole.metrics[step]![name as keyof StepMetrics];
      // The mean of deviations of the parts is not the deviation of the whole.
      if (expected === undefined || value === undefined || name === 'normDeviation') continue;
      expect(Math.abs(value - expected), `${name} of step ${step}`).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(expected)),
      );
    }
  });
  expect([...parts.weights.keys()]).toEqual([...whole.weights.keys()]);
  // Biases, which begin at 0, and velocities are sums of gradients: their errors are those of sums in another order.
  for (const [name, values] of parts.weights)
    expect(distance(values, whole.weights.get(name)!), name).toBeLessThan(
      /bias|velocity/.test(name) ? 1e-4 : 1e-6,
    );
}

const random: TrainingConfigInput = {
  loss: { name: 'normface', dropout: 0.3 },
  auxiliaryLoss: { name: 'softmax', weight: 0.1, bias: true },
  optimiser: { clipNorm: 0.5, weightDecay: 5e-4 },
  augmentation: { mirror: true, shift: 2 },
};

const losses: [string, TrainingConfigInput][] = [
  ['normface and softmax, with dropout, random shifts and clipping', random],
  [
    'cosface with a part of the classes, arcface with its weights normalised in place',
    {
      loss: { name: 'cosface', classSampling: { rate: 0.6 } },
      auxiliaryLoss: { name: 'arcface', weightNormalisation: 'hard', scale: { initial: 8 } },
    },
  ],
  [
    'sphereface and sphereface2',
    { loss: { name: 'sphereface' }, auxiliaryLoss: { name: 'sphereface2', weight: 1 } },
  ],
  ['magface and uniface', { loss: { name: 'magface' }, auxiliaryLoss: { name: 'uniface' } }],
  ['circle and adacos', { loss: { name: 'circle', gamma: 16 }, auxiliaryLoss: { name: 'adacos' } }],
  [
    'c-contrastive and c-triplet',
    { loss: { name: 'c-contrastive', gradient: 'caffe' }, auxiliaryLoss: { name: 'c-triplet' } },
  ],
];

describe('parts of a batch give the step of the batch', () => {
  test.each(losses)('%s', async (_, input) => {
    expectSame(await train(input, 4), await train(input, 1));
  });

  test('on two ranks', async () => {
    const input: TrainingConfigInput = {
      ...random,
      loss: { name: 'cosface', dropout: 0.3, classSampling: { rate: 0.6 } },
      auxiliaryLoss: undefined,
    };
    const whole = await train(input, 1);
    const ranks = await runInProcess(2, (communicator) => train(input, 2, communicator));
    expect(ranks[0]!.metrics).toEqual(ranks[1]!.metrics);
    const joined = new Map(
      [...ranks[0]!.weights].map(([name, values]) => {
        const isShared = /^loss\.weight/.test(name);
        return [name, isShared ? Float32Array.from([...values, ...ranks[1]!.weights.get(name)!]) : values];
      }),
    );
    expectSame({ metrics: ranks[0]!.metrics, weights: joined }, whole);
  });
});

test('what needs its whole batch is refused', () => {
  const parse = (input: TrainingConfigInput) => () => parseConfig({ accumulate: 2, ...input }, 'x.json');
  expect(parse({ auxiliaryLoss: { name: 'center' } })).toThrow(
    'x.json: accumulate 2 does not go with the loss center: each batch moves its centers',
  );
  expect(parse({ loss: { name: 'triplet' } })).toThrow(
    /the loss triplet: it is a mean over triplets within a batch$/,
  );
  expect(parse({ loss: { name: 'pair-contrastive' } })).toThrow(/mean over pairs within a batch$/);
  expect(parse({ loss: { name: 'adacos', dynamic: true } })).toThrow(/each batch moves its scale$/);
  expect(parse({ loss: { name: 'c-contrastive', addIntraMae: true } })).toThrow(
    /addIntraMae moves its margin/,
  );
  expect(parse({ loss: { name: 'c-contrastive', maxPositiveOnly: true } })).toThrow(
    /one positive of each batch/,
  );
  expect(parse({ loss: { name: 'c-contrastive', normalizeNegative: 1, gradient: 'caffe' } })).toThrow(
    /sums over each batch/,
  );
  expect(parse({ loss: { name: 'adaface' } })).toThrow(/each batch moves the mean and the deviation/);
  expect(parse({ loss: { name: 'curricularface' } })).toThrow(
    /each batch moves the running mean of its cosines/,
  );
  expect(parse({ loss: { name: 'elasticface' } })).toThrow(/drawn for a batch as a whole/);
  expect(parse({ loss: { name: 'adacos' } })).not.toThrow();
  expect(parse({ accumulate: 1, loss: { name: 'triplet' } })).not.toThrow();
  expect(parse({ accumulate: 0 })).toThrow(/accumulate is 0, expected at least 1/);
});

test('batches one behind the other are one batch, and the cursor is that of the last', async () => {
  let at = 0;
  const source = {
    next: async () => {
      const from = at++;
      return {
        pixels: Uint8Array.of(2 * from, 2 * from + 1),
        labels: Uint32Array.of(10 + from),
        cursor: from,
      };
    },
  };
  const accumulated = accumulatedBatches(source, 3);
  expect(await accumulated.next()).toEqual({
    pixels: Uint8Array.of(0, 1, 2, 3, 4, 5),
    labels: Uint32Array.of(10, 11, 12),
    cursor: 2,
  });
  expect((await accumulated.next()).labels).toEqual(Uint32Array.of(13, 14, 15));
  expect(accumulatedBatches(source, 1)).toBe(source);
});
