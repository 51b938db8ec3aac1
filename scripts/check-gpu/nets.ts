/** Steps of whole nets, as a training and an embedding run them. */

import { elementCount } from '../../src/engine/core/shape.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { SilentCommunicator } from '../../src/engine/distributed/silent.ts';
import { NetEmbedder } from '../../src/normface/embedding/embedder.ts';
import { inferenceNet } from '../../src/normface/embedding/inference.ts';
import { buildNet } from '../../src/normface/nets/build.ts';
import { findNet } from '../../src/normface/nets/index.ts';
import { parseConfig, type TrainingConfigInput } from '../../src/normface/training/config/config.ts';
import { Model } from '../../src/normface/training/model.ts';
import { batch, ranks, type Work } from './work.ts';

const netNames = ['center-face-resnet', 'light-cnn-b', 'iresnet-50', 'mobilefacenet'];

interface Training extends TrainingConfigInput {
  readonly people: number;
  /** Ranks that train together (default: one that trains alone). */
  readonly together?: number;
}

/** A step of a configuration. */
function training(name: string, { people, together = 1, ...config }: Training): Work {
  const optimiser = { learningRate: 0.1, weightDecay: 5e-4, clipNorm: 5, ...config.optimiser };
  return {
    name,
    capture(device) {
      const complete = parseConfig({ data: { path: 'none' }, batchSize: batch, ...config, optimiser });
      const exchange = together > 1 ? { communicator: new SilentCommunicator(together) } : null;
      return [new Model(device, complete, people, exchange).captured];
    },
  };
}

/** A step that embeds with the folded net, as evaluations do. */
function embed(device: Device, name: string) {
  const design = findNet(name);
  const net = buildNet(design, design.input, 1);
  // Weights that do not matter.
  const values = net.declarations.map(
    ({ name, shape }) => [name, new Float32Array(elementCount(shape))] as const,
  );
  const { net: folded, parameters } = inferenceNet(device, net, new Map(values));
  return new NetEmbedder(device, folded, parameters, batch).step(false);
}

const casia = { loss: { name: 'normface' }, people: 10_572 } as const;

export const nets: readonly Work[] = [
  ...netNames.flatMap((net) => [
    training(net, { net, ...casia }),
    training(`${net} f16`, { net, ...casia, precision: 'f16' }),
    { name: net, capture: (device: Device) => [embed(device, net)] },
  ]),
  training('iresnet-50 f16, augmented', {
    net: 'iresnet-50',
    precision: 'f16',
    loss: { name: 'adaface' },
    people: 85_742,
    augmentation: { shift: 4, crop: {}, lowResolution: {}, photometric: {}, erase: {} },
    average: { decay: 0.999 },
  }),
  training('iresnet-50 f16, accumulated', {
    net: 'iresnet-50',
    precision: 'f16',
    loss: { name: 'cosface', classSampling: { rate: 0.2 } },
    people: 617_970,
    accumulate: 2,
    optimiser: { name: 'adamw' },
  }),
  training(`iresnet-50 f16 on ${ranks} ranks`, {
    net: 'iresnet-50',
    precision: 'f16',
    loss: { name: 'cosface', classSampling: { rate: 0.2 } },
    people: 617_970,
    batchSize: ranks * batch,
    ranks: { syncBatchNorm: true },
    together: ranks,
  }),
];
