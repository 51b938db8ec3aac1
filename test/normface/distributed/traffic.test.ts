/** What ranks send in a training step, counted, beside what the plan says that they do. */

import { expect, test } from 'vitest';
import { globals } from 'webgpu';
import { bytesSent } from '../../../src/engine/distributed/communicator.ts';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { rangeOf } from '../../../src/engine/distributed/range.ts';
import { openIdle } from '../../../src/inspector/compiled/idle-adapter.ts';
import { adapterOf, cards } from '../../../src/inspector/estimate/cards.ts';
import { planDistributed } from '../../../src/normface/distributed/plan.ts';
import { TrainingGroup } from '../../../src/normface/distributed/training-group.ts';
import { trainingSize } from '../../../src/normface/distributed/training-size.ts';
import { lossNames } from '../../../src/normface/losses/names.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';
import { stepExchange } from '../../../src/normface/training/run/step-exchange.ts';

// The constants of WebGPU, which come with an implementation; nothing computes here, and all that is read is zero.
Object.assign(globalThis, globals);

const [batchSize, classes, side] = [7, 23, 8];

const net = {
  name: 'one-layer',
  input: [side, side, 3],
  layers: [
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc', outputs: 64 },
  ],
};

/** One of its batch norms is within another layer. */
const normed: TrainingConfigInput['net'] = {
  name: 'normed',
  input: [side, side, 3],
  layers: [
    { kind: 'conv', name: 'conv', channels: 64, kernel: 1, stride: 4 },
    { kind: 'batchNorm', name: 'norm' },
    { kind: 'residual', name: 'sum', layers: [{ kind: 'batchNorm', name: 'inner', scale: false }] },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc', outputs: 64 },
  ],
};

/** Bytes of a step, by rank, as the communicator counts them. */
function countedBytes(input: TrainingConfigInput, size: number, people = classes): Promise<number[]> {
  const config = parseConfig({ ...shared, ...input });
  const { batchSize: rows } = config;
  return runInProcess(size, async (communicator) => {
    const device = await openIdle(adapterOf(cards['rtx-4090']));
    const group = new TrainingGroup(communicator, { host: 'here' });
    const model = new Model(device, config, people, { ...stepExchange(group, config), bucketBytes: 1000 });
    const { first, count } = rangeOf(rows, size, communicator.rank);
    const labels = Uint32Array.from({ length: count }, (_, i) => (5 * (first + i)) % classes);
    await model.step({ pixels: new Uint8Array(4 * count * side * side), labels }, 0.1, 0);
    const sent = bytesSent(communicator);
    model.dispose();
    device.close();
    return sent;
  });
}

/** Losses of pairs and triplets need batches of several images of a person. */
const inPairs = ['pair-contrastive', 'triplet'];

const trainings: [string, TrainingConfigInput][] = [
  ...lossNames.map((name): [string, TrainingConfigInput] => [
    name,
    {
      loss: { name } as TrainingConfigInput['loss'],
      ...(inPairs.includes(name) && { sampling: { kind: 'balanced', people: 2, images: 3 }, batchSize: 6 }),
    },
  ]),
  ['elasticface of cosines', { loss: { name: 'elasticface', form: 'cos' } }],
  ['elasticface of cosines, sorted', { loss: { name: 'elasticface', form: 'cos', assignment: 'sorted' } }],
  ['adacos with a scale that moves', { loss: { name: 'adacos', dynamic: true } }],
  ['normface with a part of the classes', { loss: { name: 'normface', classSampling: { rate: 0.3 } } }],
  ['arcface with a part of the classes', { loss: { name: 'arcface', classSampling: { rate: 0.3 } } }],
  ['softmax with smoothed labels', { loss: { name: 'softmax', labelSmoothing: 0.1 } }],
  ['normface, clipped', { loss: { name: 'normface' }, optimiser: { clipNorm: 1 } }],
  ['normface, in half precision', { loss: { name: 'normface' }, precision: 'f16' }],
  ['center, clipped', { loss: { name: 'center' }, optimiser: { clipNorm: 1 } }],
  ['softmax and center loss', { loss: { name: 'softmax' }, auxiliaryLoss: { name: 'center' } }],
  [
    'center loss and one over classes, clipped',
    {
      loss: { name: 'center' },
      auxiliaryLoss: { name: 'c-contrastive' },
      optimiser: { clipNorm: 1 },
    },
  ],
  ['batch norms of each rank', { net: normed, loss: { name: 'normface' } }],
  ['batch norms of all ranks', { net: normed, loss: { name: 'normface' }, ranks: { syncBatchNorm: true } }],
  [
    'dropout, and two losses over classes',
    { loss: { name: 'softmax', dropout: 0.5 }, auxiliaryLoss: { name: 'c-contrastive' } },
  ],
];

const shared = { net, batchSize, data: { imageSize: [side, side] as [number, number] } };

function planned(input: TrainingConfigInput, ranks: number): number {
  const size = trainingSize(parseConfig({ ...shared, ...input }), classes);
  return planDistributed(size, { ranks, gigabitsPerSecond: 1, latency: 0 }).bytes;
}

test.each(trainings)('%s: 2 and 3 ranks send what the plan says', async (_, input) => {
  for (const ranks of [2, 3]) {
    // Parts of 7 rows differ, so that sums of thirds may.
    const bytes = expect.closeTo(planned(input, ranks), 6);
    expect(await countedBytes(input, ranks)).toEqual(Array.from({ length: ranks }, () => bytes));
  }
});

test('gradients of 16 bits take half of the way, but for what makes the parts of ranks equal', async () => {
  const input: TrainingConfigInput = { loss: { name: 'normface' }, ranks: { gradients: 'f16' } };
  const half = planned(input, 3);
  expect(half).toBeLessThan(0.55 * planned({ loss: { name: 'normface' } }, 3));
  for (const counted of await countedBytes(input, 3)) expect(counted / half).toBeCloseTo(1, 2);
});

test('what is sent does not depend on the number of people', async () => {
  const input: TrainingConfigInput = { loss: { name: 'normface' } };
  expect(await countedBytes(input, 2, 10 * classes)).toEqual(await countedBytes(input, 2));
});
