/** Training on several ranks: every one with the whole net, some rows of the batch, and some classes. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import type { Communicator } from '../../../src/engine/distributed/communicator.ts';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { rangeOf } from '../../../src/engine/distributed/range.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';
import { batch, batchSize } from './tiny.ts';

/** One for each rank: seed and step of the random numbers are a device's. */
let devices: Device[];
beforeAll(async () => {
  devices = await Promise.all(Array.from({ length: 4 }, () => openDevice()));
  // The software driver keeps kernels for all devices, but ranks would compile the same ones side by side: once for their numbers of rows.
  for (const rows of [2, 3, 4]) await train(losses[0]![1], 1, null, rows);
});
afterAll(() => {
  for (const device of devices) device.close();
});

const pictureBytes = batch.pixels.length / batchSize;
const classes = 11;

interface Trained {
  readonly losses: number[];
  readonly weights: Float32Array;
  readonly net: Float32Array;
}

/** Some steps on the batch, or on its first rows. */
async function train(
  input: TrainingConfigInput,
  steps: number,
  communicator: Communicator | null,
  rows = batchSize,
): Promise<Trained> {
  const config = parseConfig({ net: 'tiny', batchSize: rows, ...input });
  const model = new Model(
    devices[communicator?.rank ?? 0]!,
    config,
    classes,
    communicator && { communicator, bucketBytes: 20_000 },
  );
  const { first, count } = rangeOf(rows, communicator?.size ?? 1, communicator?.rank ?? 0);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const labels = batch.labels.map((label) => 3 * label);
    const part = {
      pixels: batch.pixels.subarray(first * pictureBytes, (first + count) * pictureBytes),
      labels: labels.slice(first, first + count),
    };
    losses.push((await model.step(part, 0.004, step)).loss);
  }
  const [weights, net] = await Promise.all([model.read('loss.weight'), model.read('conv1.weight')]);
  model.dispose();
  return { losses, weights, net };
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!))) / Math.max(...Array.from(b, Math.abs));

const losses: [string, TrainingConfigInput][] = [
  [
    'normface with a learnt scale, dropout, clipping and random shifts',
    {
      loss: { name: 'normface', dropout: 0.3 },
      optimiser: { clipNorm: 1, weightDecay: 5e-4 },
      augmentation: { mirror: true, shift: 2 },
    },
  ],
  [
    'arcface with a part of the classes and changed images',
    {
      loss: { name: 'arcface', scale: { initial: 8 }, classSampling: { rate: 0.5 } },
      augmentation: {
        crop: { probability: 0.3 },
        lowResolution: { probability: 0.3 },
        photometric: { probability: 0.5 },
        erase: { probability: 0.3 },
      },
    },
  ],
  [
    'adaface with a part of the classes',
    { loss: { name: 'adaface', alpha: 0.3, scale: { initial: 8 }, classSampling: { rate: 0.5 } } },
  ],
  [
    'curricularface with smoothed labels and uniface, each with a part of the classes',
    {
      loss: {
        name: 'curricularface',
        momentum: 0.5,
        scale: { initial: 8 },
        classSampling: { rate: 0.5 },
        labelSmoothing: 0.1,
      },
      auxiliaryLoss: { name: 'uniface', s: 8, weight: 0.5, classSampling: { rate: 0.4 } },
    },
  ],
  [
    'normface with batch norm over all ranks',
    {
      net: {
        name: 'normed',
        input: [56, 48, 3],
        layers: [
          { kind: 'conv', name: 'conv1', channels: 8, kernel: 3, stride: 4, padding: 1, bias: false },
          { kind: 'batchNorm', name: 'norm1' },
          { kind: 'prelu', name: 'prelu1' },
          { kind: 'flatten', name: 'flatten' },
          { kind: 'fullyConnected', name: 'fc2', outputs: 16 },
        ],
      },
      loss: { name: 'normface' },
      ranks: { syncBatchNorm: true },
    },
  ],
  [
    'softmax with biases, and center loss',
    { loss: { name: 'softmax', bias: true }, auxiliaryLoss: { name: 'center' } },
  ],
];

describe('20 steps', () => {
  test.each(losses)('of %s: ranks follow the curve of one process', async (_, input) => {
    const whole = await train(input, 20, null);
    expect(whole.losses.at(-1)).toBeLessThan(whole.losses[0]!);
    // Two ranks do nothing that four do not; each number has kernels of its own to compile.
    for (const size of input === losses[0]![1] ? [2, 4] : [4]) {
      const ranks = await runInProcess(size, (communicator) => train(input, 20, communicator));
      for (const { losses, net } of ranks) {
        expect(losses).toEqual(ranks[0]!.losses);
        expect(net).toEqual(ranks[0]!.net);
      }
      const { losses, net } = ranks[0]!;
      losses.forEach((loss, step) => {
        expect(Math.abs(loss / whole.losses[step]! - 1), `step ${step}`).toBeLessThan(1e-5);
      });
      expect(distance(net, whole.net)).toBeLessThan(1e-4);
      const weights = ranks.flatMap((rank) => [...rank.weights]);
      expect(weights).toHaveLength(whole.weights.length);
      expect(distance(weights, whole.weights)).toBeLessThan(1e-4);
    }
  });
});

test('ranks get the same bits every time', async () => {
  const twice = [];
  for (let k = 0; k < 2; k++)
    twice.push(await runInProcess(3, (communicator) => train(losses[0]![1], 3, communicator)));
  expect(twice[0]).toEqual(twice[1]);
});
