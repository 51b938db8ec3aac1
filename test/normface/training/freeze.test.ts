/** What is frozen, and single rates, in a training step. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { float32Tensor } from '../../../src/normface/training/checkpoint/safetensors.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Objective } from '../../../src/normface/training/objective.ts';
import { batch, batchSize, tinyModel } from './tiny.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.close());

const net = {
  name: 'normed',
  input: [56, 48, 3],
  layers: [
    { kind: 'conv', name: 'conv1', channels: 8, kernel: 3, stride: 4, padding: 1, bias: false },
    { kind: 'batchNorm', name: 'norm1' },
    { kind: 'prelu', name: 'prelu1' },
    { kind: 'conv', name: 'conv2', channels: 8, kernel: 3, stride: 2, padding: 1 },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc2', outputs: 16 },
  ],
} satisfies TrainingConfigInput['net'];

async function trained(input: TrainingConfigInput) {
  const model = tinyModel(device, { net, loss: { name: 'normface' }, ...input });
  const weights = async () => {
    const { weights } = await model.snapshot();
    return Object.fromEntries(
      [...weights].map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]),
    );
  };
  const before = await weights();
  for (let step = 0; step < 3; step++) await model.step(batch, 0.02, step);
  const after = await weights();
  const { arenaBytes, dispatches } = model.captured;
  const kernels = dispatches.map(({ dispatch }) => dispatch.kernel.name);
  model.dispose();
  return { before, after, arenaBytes, kernels };
}

const front = ['conv1.*', 'norm1.*', 'prelu1.*'];

test('what is frozen keeps its bits, running statistics among it, and the reverse pass ends before it', async () => {
  const [all, part] = [await trained({}), await trained({ freeze: front })];
  const moved = ({ before, after }: typeof all) =>
    Object.keys(before).filter((name) => before[name]!.some((value, i) => value !== after[name]![i]));
  expect(moved(all)).toEqual(Object.keys(all.before));
  expect(moved(part)).toEqual([
    'conv2.weight',
    'conv2.bias',
    'fc2.weight',
    'fc2.bias',
    'loss.weight',
    'loss.scale',
  ]);
  // A gradient of conv2's input, and all of those before it, are not there; nor is what they would have needed.
  const gradients = ({ kernels }: typeof all) =>
    kernels.filter((name) => /conv2d_grad|batch_norm_|prelu_grad/.test(name));
  expect(gradients(all).some((name) => name.includes('batch_norm'))).toBe(true);
  expect(gradients(part).filter((name) => name.includes('batch_norm_backward'))).toEqual([]);
  expect(part.kernels.length).toBeLessThan(all.kernels.length);
  expect(part.arenaBytes).toBeLessThan(all.arenaBytes);
});

test('a frozen front gives the features that it gives in an evaluation', async () => {
  // The batch has one picture twice as often as the others: statistics of the batch would differ from those that run.
  const config = parseConfig({
    net,
    batchSize,
    loss: { name: 'softmax' },
    freeze: ['norm1.running*', 'conv1.*'],
  });
  const objective = new Objective(device, config, 4);
  const mean = objective.parameters.get('norm1.runningMean');
  mean.write(Float32Array.from({ length: mean.size }, (_, i) => i / 10));
  objective.batches[0]!.images.write(batch.pixels);
  objective.batches[0]!.labels.write(batch.labels);
  objective.forward();
  expect(await mean.readFloats()).toEqual(Float32Array.from({ length: mean.size }, (_, i) => i / 10));
  objective.dispose();
});

test('a rate by name is that of the settings of the loss', async () => {
  const bySetting = await trained({
    loss: { name: 'normface', learningRateMultiplier: 3, decayMultiplier: 0 },
  });
  const byName = await trained({
    parameters: [{ match: 'loss.weight', learningRateMultiplier: 3, decayMultiplier: 0 }],
  });
  expect(byName.after).toEqual(bySetting.after);
  const plain = await trained({});
  expect(plain.after['loss.weight']).not.toEqual(byName.after['loss.weight']);
});

test('a frozen class matrix with class sampling stays as it is', async () => {
  const input: TrainingConfigInput = {
    loss: { name: 'cosface', classSampling: { rate: 0.5 } },
    freeze: ['loss.weight'],
  };
  const { before, after } = await trained(input);
  expect(after['loss.weight']).toEqual(before['loss.weight']);
  expect(after['conv1.weight']).not.toEqual(before['conv1.weight']);
});

test.each([1, 0.5])(
  'a frozen class matrix is not overwritten by its directions either: rate %d',
  async (rate) => {
    const loss = { name: 'cosface', classSampling: { rate }, weightNormalisation: 'hard' } as const;
    const losses = [];
    for (const freeze of [[], ['loss.weight']]) {
      const model = tinyModel(device, { net, loss, freeze });
      const weights = new Map((await model.snapshot()).weights);
      const { data, shape } = weights.get('loss.weight')!;
      const long = Float32Array.from(data as Float32Array, (x) => 3 * x);
      weights.set('loss.weight', float32Tensor(long, shape));
      model.initialise(weights, { source: 'x', net: 'normed', keepHead: true });
      losses.push((await model.step(batch, 0.02, 0)).loss);
      if (freeze.length > 0) expect(await model.read('loss.weight')).toEqual(long);
      model.dispose();
    }
    expect(losses[1]! / losses[0]!).toBeCloseTo(1, 5);
  },
);

test('what is frozen takes no memory of the optimiser, and checkpoints that have its arrays are read', async () => {
  const config: TrainingConfigInput = {
    net,
    loss: { name: 'cosface', classSampling: { rate: 0.5 } },
    optimiser: { name: 'adam' },
  };
  const [all, front, head, alike] = [
    tinyModel(device, config),
    tinyModel(device, { ...config, freeze: ['conv*'] }),
    tinyModel(device, { ...config, freeze: ['conv*', 'loss.weight'] }),
    tinyModel(device, { ...config, freeze: ['conv*', 'loss.weight'] }),
  ];
  const names = { source: 'x', net: 'normed' };
  const saved = await head.snapshot();
  expect([...saved.optimiser.keys()].filter((name) => /^(conv|loss)|running/.test(name))).toEqual([]);
  expect(front.memory.optimiser).toBeLessThan(all.memory.optimiser);
  expect(head.memory.optimiser).toBeLessThan(front.memory.optimiser);
  // The whole matrix and the rows of a step have two moments each.
  expect(front.memory.optimiser).toBe(2 * (front.memory.gradients + 4 * Math.ceil((4 * 16) / 64) * 64));
  // As versions before wrote it.
  const zeros = [...saved.weights].flatMap(([name, { shape, data }]) =>
    ['firstMoment', 'secondMoment'].map(
      (array) => [`${name}.${array}`, float32Tensor(new Float32Array(data.length), shape)] as const,
    ),
  );
  alike.restore({ ...saved, optimiser: new Map([...zeros, ...saved.optimiser]) }, names);
  head.restore(saved, names);
  for (let step = 0; step < 2; step++)
    expect(await alike.step(batch, 0.02, step)).toEqual(await head.step(batch, 0.02, step));
  all.restore(await head.snapshot(), names);
  expect((await all.step(batch, 0.02, 2)).loss).toBe((await head.step(batch, 0.02, 2)).loss);
  for (const one of [all, front, head, alike]) one.dispose();
});
