/** A training that keeps an average of its net. */

import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { rangeOf } from '../../../src/engine/distributed/range.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { writeThreshold } from '../../../src/normface/embedding/threshold-file.node.ts';
import { findWeights, saveCheckpoint } from '../../../src/normface/training/checkpoint/checkpoint.node.ts';
import type { TrainingState } from '../../../src/normface/training/checkpoint/checkpoint.ts';
import {
  readCheckpoint,
  readWeights,
} from '../../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import type { StoredTensor } from '../../../src/normface/training/checkpoint/safetensors.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';
import { temporaryFolder } from '../data/fixtures.ts';
import { batch, batchSize, tinyModel } from './tiny.ts';

let devices: Device[];
beforeAll(async () => {
  devices = await Promise.all([openDevice(), openDevice()]);
});
afterAll(() => {
  for (const device of devices) device.close();
});
const folder = temporaryFolder();

const config: TrainingConfigInput = { loss: { name: 'normface' }, average: { decay: 0.9 } };
const model = (input = config) => tinyModel(devices[0]!, input);
const names = { source: 'x', net: 'tiny' };

async function train(trained: Model, from: number, to: number): Promise<Model> {
  for (let step = from; step < to; step++) await trained.step(batch, 0.02, step);
  return trained;
}

const numbers = (tensors: ReadonlyMap<string, StoredTensor> | undefined, name: string) =>
  Array.from(tensors!.get(name)!.data as Float32Array);

const state = (step: number): TrainingState => ({
  ...{ format: 1, step, totalSteps: 9, seed: 1, cursor: { epoch: 0, position: 0 } },
  ...{ configHash: '', imagesHash: '' },
});

test('the weights of a checkpoint are the average, the net that is trained is beside them, and it goes on bit for bit', async () => {
  const whole = await train(model(), 0, 3);
  const run = path.join(folder, 'run');
  const checkpoint = saveCheckpoint(run, {
    ...(await whole.snapshot()),
    metadata: { averageDecay: '0.9' },
    state: state(3),
  });
  expect(fs.readdirSync(checkpoint).sort()).toEqual([
    'DONE',
    'optimiser.safetensors',
    'state.json',
    'trained.safetensors',
    'weights.safetensors',
  ]);
  const average = readWeights(findWeights(run));
  const trained = readWeights(path.join(checkpoint, 'trained.safetensors'));
  expect([average.metadata, trained.metadata]).toEqual([{ averageDecay: '0.9' }, {}]);
  // ā of three steps from w₀: decays of 0.1, 2/11 and 3/12.
  const course = [model()];
  for (let steps = 1; steps <= 3; steps++) course.push(await train(model(), 0, steps));
  const weights = await Promise.all(course.map((one) => one.read('conv1.weight')));
  const expected = Array.from(weights[0]!, (first, i) =>
    [1 / 10, 2 / 11, 3 / 12].reduce(
      (mean, decay, k) => decay * mean + (1 - decay) * weights[k + 1]![i]!,
      first,
    ),
  );
  const stored = numbers(average.weights, 'conv1.weight');
  for (const [i, value] of expected.entries()) expect(stored[i]).toBeCloseTo(value, 6);
  expect(numbers(trained.weights, 'conv1.weight')).toEqual(Array.from(weights[3]!));
  // Class weights are those that are trained.
  expect(numbers(average.weights, 'loss.weight')).toEqual(Array.from(await whole.read('loss.weight')));
  expect([...trained.weights.keys()]).not.toContain('loss.weight');

  const resumed = model({ ...config, seed: 1 });
  resumed.restore(readCheckpoint(checkpoint), names);
  await train(whole, 3, 5);
  await train(resumed, 3, 5);
  expect(await resumed.snapshot()).toEqual(await whole.snapshot());
  for (const one of [...course, whole, resumed]) one.dispose();

  fs.appendFileSync(path.join(checkpoint, 'trained.safetensors'), ' ');
  expect(() => readCheckpoint(checkpoint)).toThrow(
    /trained\.safetensors is not a usable|trained\.safetensors is damaged/,
  );
});

test('what is evaluated is the average', async () => {
  const [averaging, plain] = [
    await train(model(), 0, 3),
    await train(model({ ...config, average: undefined }), 0, 3),
  ];
  const features = async (trained: Model) =>
    Array.from(await (await trained.embedder()).embed(batch.pixels.slice()));
  const before = await features(averaging);
  expect(before).not.toEqual(await features(plain));
  // Embedding the stored average gives the same.
  const { weights } = await averaging.snapshot();
  plain.initialise(weights, { ...names, keepHead: false });
  expect(await features(plain)).toEqual(before);
  averaging.dispose();
  plain.dispose();
});

test('a run that had no average begins one, and one that stops averaging goes on with what was trained', async () => {
  const plain = await train(model({ ...config, average: undefined }), 0, 2);
  const averaging = model();
  averaging.restore(await plain.snapshot(), names);
  const { weights, trained } = await averaging.snapshot();
  expect(weights.get('conv1.weight')).toEqual(trained!.get('conv1.weight'));
  await train(averaging, 2, 3);
  plain.restore(await averaging.snapshot(), names);
  expect(await plain.read('conv1.weight')).toEqual(await averaging.read('conv1.weight'));
  expect((await plain.snapshot()).trained).toBeUndefined();
  plain.dispose();
  averaging.dispose();
});

test('what is kept beside the two weights files has two names', () => {
  const stored = { threshold: 0.5 } as unknown as Parameters<typeof writeThreshold>[1];
  const files = ['weights', 'trained'].map((name) =>
    writeThreshold(path.join(folder, `${name}.safetensors`), stored),
  );
  expect(files.map((file) => path.basename(file))).toEqual(['threshold.json', 'trained-threshold.json']);
});

test('ranks have the same average, that of one process', async () => {
  const single = await train(model(), 0, 3);
  const expected = numbers((await single.snapshot()).weights, 'conv1.weight');
  single.dispose();
  const averages = await runInProcess(2, async (communicator) => {
    const { first, count } = rangeOf(batchSize, 2, communicator.rank);
    const bytes = batch.pixels.length / batchSize;
    const device = devices[communicator.rank]!;
    const trained = new Model(device, parseConfig({ net: 'tiny', batchSize, ...config }), 4, {
      communicator,
    });
    for (let step = 0; step < 3; step++)
      await trained.step(
        {
          pixels: batch.pixels.subarray(first * bytes, (first + count) * bytes),
          labels: batch.labels.slice(first, first + count),
        },
        0.02,
        step,
      );
    const { weights } = await trained.snapshot();
    trained.dispose();
    return numbers(weights, 'conv1.weight');
  });
  expect(averages[1]).toEqual(averages[0]);
  const scale = Math.max(...expected.map(Math.abs));
  for (const [i, value] of averages[0]!.entries())
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * scale);
});
