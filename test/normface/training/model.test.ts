import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import type { TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { batch, tinyModel } from './tiny.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.close());

const model = (input: TrainingConfigInput) => tinyModel(device, input);

const losses: [title: string, config: TrainingConfigInput][] = [
  ['softmax with bias', { loss: { name: 'softmax', bias: true } }],
  ['NormFace, scale learnt', { loss: { name: 'normface' } }],
  ['NormFace, scale fixed', { loss: { name: 'normface', scale: { initial: 24, learn: false } } }],
  ['NormFace, hard weight normalisation', { loss: { name: 'normface', weightNormalisation: 'hard' } }],
  ['C-contrastive', { loss: { name: 'c-contrastive' } }],
  [
    'C-contrastive, running margin, hard weight normalisation',
    { loss: { name: 'c-contrastive', addIntraMae: true, weightNormalisation: 'hard' } },
  ],
  ["C-contrastive, the author's gradient", { loss: { name: 'c-contrastive', gradient: 'caffe' } }],
  ['C-triplet', { loss: { name: 'c-triplet' } }],
  [
    'C-triplet of all negatives, hard weight normalisation',
    {
      loss: { name: 'c-triplet', hardestOnly: false, addCenterLoss: false, weightNormalisation: 'hard' },
    },
  ],
  [
    'NormFace and C-contrastive with agents of their own',
    {
      loss: { name: 'normface', scale: { initial: 4 } },
      auxiliaryLoss: { name: 'c-contrastive', weight: 0.01 },
    },
  ],
  [
    'NormFace and softmax with class weights of their own',
    {
      loss: { name: 'normface', scale: { initial: 4 } },
      auxiliaryLoss: { name: 'softmax', weight: 0.01 },
    },
  ],
  ['center loss', { loss: { name: 'center', weight: 1 } }],
  [
    'softmax and center loss of features as they are',
    { loss: { name: 'softmax' }, auxiliaryLoss: { name: 'center', normalise: false } },
  ],
  ['contrastive of all pairs', { loss: { name: 'pair-contrastive' } }],
  ['contrastive of adjacent pairs', { loss: { name: 'pair-contrastive', pairs: 'adjacent', margin: 2 } }],
  ['triplet, all', { loss: { name: 'triplet', mining: 'all', margin: 0.5 } }],
  ['triplet, hardest', { loss: { name: 'triplet', mining: 'hardest', margin: 0.5 } }],
  ['NormFace and triplet', { loss: { name: 'normface' }, auxiliaryLoss: { name: 'triplet' } }],
];

describe('every loss learns one batch', () => {
  test.each(losses)('%s', async (_, config) => {
    const trained = model({ ...config, augmentation: { mirror: false } });
    const course = [];
    for (let step = 0; step < 40; step++) course.push(await trained.step(batch, 0.02, step));
    const [first, last] = [course[0], course.at(-1)!];
    expect(last.loss).toBeLessThan(0.5 * first!.loss);
    if (config.loss?.name !== 'softmax') expect(last.positiveCosine).toBeGreaterThan(last.negativeCosine!);
    trained.dispose();
  });
});

test('the scale is reported, learnt, and held when it is fixed', async () => {
  const learnt = model({ loss: { name: 'normface' } });
  const fixed = model({ loss: { name: 'normface', scale: { initial: 24, learn: false } } });
  const scales = [];
  for (let step = 0; step < 3; step++) {
    scales.push((await learnt.step(batch, 0.02, step)).scale);
    expect((await fixed.step(batch, 0.02, step)).scale).toBe(24);
  }
  expect(scales[0]).toBe(10);
  expect(scales[2]).not.toBe(10);
  expect((await learnt.snapshot()).weights.get('loss.scale')?.shape).toEqual([1]);
  learnt.dispose();
  fixed.dispose();
});

test('agents start as unit vectors, and hard normalisation keeps them', async () => {
  const trained = model({ loss: { name: 'normface', weightNormalisation: 'hard' } });
  const norms = async () => {
    const { data, shape } = (await trained.snapshot()).weights.get('loss.weight')!;
    return Array.from({ length: shape[0]! }, (_, row) =>
      Math.hypot(...(data as Float32Array).subarray(row * shape[1]!, (row + 1) * shape[1]!)),
    );
  };
  for (const norm of await norms()) expect(norm).toBeCloseTo(1, 5);
  for (let step = 0; step < 5; step++) await trained.step(batch, 0.02, step);
  for (const norm of await norms()) expect(Math.abs(norm - 1)).toBeLessThan(0.1);
  trained.dispose();
});

test.each<TrainingConfigInput['loss']>([
  { name: 'normface' },
  { name: 'c-contrastive', addIntraMae: true },
  { name: 'center', weight: 1 },
])('a restored model continues with the same bits: %o', async (loss) => {
  const config: TrainingConfigInput = {
    loss,
    augmentation: { mirror: true, shift: 2 },
    optimiser: { clipNorm: 1 },
  };
  const names = { source: 'x', net: 'tiny' };
  const whole = model(config);
  for (let step = 0; step < 3; step++) await whole.step(batch, 0.02, step);
  const saved = await whole.snapshot();
  const expected = [];
  for (let step = 3; step < 6; step++) expected.push(await whole.step(batch, 0.01, step));
  const other = model({ ...config, seed: 1 });
  await other.step(batch, 0.5, 0);
  other.restore(saved, names);
  const resumed = [];
  for (let step = 3; step < 6; step++) resumed.push(await other.step(batch, 0.01, step));
  expect(resumed).toEqual(expected);
  expect(await other.snapshot()).toEqual(await whole.snapshot());
  const bare = { weights: saved.weights, optimiser: new Map() };
  expect(() => other.restore(bare, names)).toThrow(/optimiser's state in x does not fit: .*lacks/);
  whole.dispose();
  other.dispose();
});

test('centers move by their own step, whatever the learning rate, and only those of people in the batch', async () => {
  const centers = async (trained: ReturnType<typeof model>) =>
    (await trained.snapshot()).weights.get('auxiliary.center')!.data as Float32Array;
  const auxiliaryLoss = { name: 'center', normalise: false } as const;
  const still = model({ auxiliaryLoss: { ...auxiliaryLoss, alpha: 0 } });
  const [slow, fast] = [model({ auxiliaryLoss }), model({ auxiliaryLoss })];
  const start = await centers(slow);
  const first = { ...batch, labels: batch.labels.map((label) => label % 3) };
  await still.step(first, 0.1, 0);
  expect(await centers(still)).toEqual(start);
  await slow.step(first, 1e-6, 0);
  await fast.step(first, 0.1, 0);
  const moved = await centers(slow);
  expect(await centers(fast)).toEqual(moved);
  const people = Math.max(...batch.labels) + 1;
  const width = start.length / people;
  for (let person = 0; person < people; person++) {
    const row = (data: Float32Array) => data.subarray(person * width, (person + 1) * width);
    if (person === 3) expect(row(moved)).toEqual(row(start));
    else expect(row(moved)).not.toEqual(row(start));
  }
  for (const trained of [still, slow, fast]) trained.dispose();
});

test('a batch may be submitted before the metrics of the last one are read', async () => {
  const [eager, pipelined] = [model({ loss: { name: 'normface' } }), model({ loss: { name: 'normface' } })];
  const one = [await eager.step(batch, 0.02, 0), await eager.step(batch, 0.02, 1)];
  const two = await Promise.all([pipelined.step(batch, 0.02, 0), pipelined.step(batch, 0.02, 1)]);
  expect(two).toEqual(one);
  eager.dispose();
  pipelined.dispose();
});

test('a label that no person has is refused before anything is uploaded', async () => {
  const training = model({ loss: { name: 'normface' }, net: 'tiny' });
  const labels = batch.labels.map((label, i) => (i === 5 ? 4 : label));
  expect(() => training.load({ ...batch, labels }, 0.1, 0)).toThrow(
    'the label 4 is outside the classes: there are 4 classes, with labels 0 to 3',
  );
  training.load(batch, 0.1, 0);
  training.dispose();
});
