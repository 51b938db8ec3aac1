/** `precision: f16`: what a training stores, that it learns, survives overflow and resumes. */

import { afterAll, expect, test as vitest } from 'vitest';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { float32Tensor } from '../../../src/normface/training/checkpoint/safetensors.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';
import { batch, tinyModel } from './tiny.ts';

const device = await openDevice();
afterAll(() => device.close());
/** Where an adapter has no f16, only that it says so. */
const test = device.report.features.includes('shader-f16') ? vitest : vitest.skip;

const names = { source: 'x', net: 'tiny' };
/** A convolution with its activation, a sum, batch norm and a product, of few kernels: compiling them is what takes time. */
const net = {
  name: 'tiny',
  input: [56, 48, 3],
  layers: [
    { kind: 'conv', name: 'conv1', channels: 8, kernel: 5, stride: 4, padding: 2 },
    { kind: 'prelu', name: 'prelu1' },
    {
      kind: 'residual',
      name: 'sum',
      layers: [
        { kind: 'conv', name: 'conv2', channels: 8, kernel: 1 },
        { kind: 'batchNorm', name: 'norm2' },
      ],
    },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc3', outputs: 16 },
  ],
} as const;

const half: TrainingConfigInput = {
  net,
  precision: 'f16',
  loss: { name: 'normface' },
  augmentation: { mirror: false },
};

test('learns as f32 does', async () => {
  const [whole, halved] = [tinyModel(device, { ...half, precision: 'f32' }), tinyModel(device, half)];
  const course = [];
  for (let step = 0; step < 20; step++)
    course.push([await whole.step(batch, 0.02, step), await halved.step(batch, 0.02, step)] as const);
  const [first, last] = [course[0]!, course.at(-1)!];
  expect(Math.abs(first[1].loss / first[0].loss - 1)).toBeLessThan(2e-3);
  expect(last[1].loss).toBeLessThan(0.7 * first[1].loss);
  expect(Math.abs(last[1].loss / last[0].loss - 1)).toBeLessThan(0.05);
  expect(last[0]).not.toHaveProperty('lossScale');
  expect(last[1]).toMatchObject({ lossScale: 2 ** 16, skipped: 0 });
  whole.dispose();
  halved.dispose();
});

test('overflowing gradients are survived, and counted', async () => {
  const model = tinyModel(device, half);
  const saved = await model.snapshot();
  // So large that gradients of f16 are infinite, and those of f32 are not.
  const planted = float32Tensor(Float32Array.of(2 ** 40, 0, 0, 0), [4]);
  model.restore({ ...saved, optimiser: new Map([...saved.optimiser, ['lossScale', planted]]) }, names);
  const course = [];
  for (let step = 0; step < 40; step++) course.push(await model.step(batch, 0.02, step));
  const skipped = course.findIndex((metrics) => metrics.skipped === 0);
  expect(skipped).toBeGreaterThan(5);
  expect(skipped).toBeLessThan(30);
  // Nothing has changed until then: not a bit of the loss.
  expect(new Set(course.slice(0, skipped + 1).map(({ loss }) => loss)).size).toBe(1);
  expect(course[skipped]!.lossScale).toBe(2 ** (40 - skipped));
  expect(course.at(-1)!.loss).toBeLessThan(course[0]!.loss);
  const { optimiser } = await model.snapshot();
  expect(optimiser.get('lossScale')!.data[2]).toBe(
    course.reduce((sum, metrics) => sum + metrics.skipped!, 0),
  );
  model.dispose();
});

test('a restored model continues with the same bits', async () => {
  const config: TrainingConfigInput = { ...half, augmentation: { mirror: true, shift: 2 } };
  const [whole, other] = [tinyModel(device, config), tinyModel(device, config)];
  for (let step = 0; step < 3; step++) await whole.step(batch, 0.02, step);
  other.restore(await whole.snapshot(), names);
  for (let step = 3; step < 6; step++)
    expect(await other.step(batch, 0.01, step)).toEqual(await whole.step(batch, 0.01, step));
  expect(await other.snapshot()).toEqual(await whole.snapshot());
  const { weights, optimiser: complete } = await whole.snapshot();
  const optimiser = new Map([...complete].filter(([name]) => name !== 'lossScale'));
  expect(() => other.restore({ weights, optimiser }, names)).toThrow(/does not fit: .*lacks lossScale/);
  whole.dispose();
  other.dispose();
});

test('Center Face ResNet takes no more than 0.6 of the memory between layers', () => {
  const bytes = (['f32', 'f16'] as const).map((precision) => {
    const model = new Model(
      device,
      parseConfig({ net: 'center-face-resnet', batchSize: 32, precision }),
      100,
    );
    const { arenaBytes } = model.captured;
    model.dispose();
    return arenaBytes;
  });
  expect(bytes[1]! / bytes[0]!).toBeLessThan(0.6);
});

vitest('a device without f16 says so before anything is made', async () => {
  const without = await openDevice({ features: [] });
  expect(() => tinyModel(without, half)).toThrow(
    /^precision f16 needs the feature shader-f16, which this device of the adapter .+ lacks$/,
  );
  without.close();
});
