/** Losses with many people on features of 512 numbers, as far as the gradients of features and class weights. */

import { Parameters } from '../../src/engine/core/parameters.ts';
import { SilentCommunicator } from '../../src/engine/distributed/silent.ts';
import { lossSchema } from '../../src/normface/losses/index.ts';
import { createHead } from '../../src/normface/training/head.ts';
import { batch, ranks, type Work } from './work.ts';

const featureSize = 512;

/** One of each family of kernels, and of each way to have a margin. */
const losses = [
  'normface',
  'arcface',
  'curricularface',
  'adaface',
  'magface',
  'elasticface',
  'uniface',
  'c-contrastive',
];

/** One of each way to have the state of a sample, which ranks merge. */
const families = ['normface', 'curricularface', 'uniface', 'c-contrastive'];

function head(loss: string, classes: number, size = 1): Work {
  return {
    name: `${loss} with ${classes} people${size > 1 ? ` on ${size} ranks` : ''}`,
    capture(device) {
      const config = lossSchema.parse({ name: loss });
      const communicator = size > 1 ? new SilentCommunicator(size) : null;
      const batchSize = size * batch;
      const context = { device, classes, featureSize, batchSize, seed: 1 };
      const head = createHead('loss', config, context, communicator);
      const parameters = new Parameters(device, head.declarations);
      const features = device.empty([batch, featureSize]).requireGradient();
      const labels = device.empty([batchSize], 'u32');
      return [device.capture(() => head.apply(features, labels, parameters).loss.backward())];
    },
  };
}

/** With scores in memory, which GPUs take where that was measured to be faster. */
function inMemory({ name, capture }: Work): Work {
  return {
    name: `${name}, scores in memory`,
    capture: (device) =>
      device.tuner.preferring(
        (operation) => (operation === 'head' ? 'in memory' : undefined),
        () => capture(device),
      ),
  };
}

export const heads: readonly Work[] = [
  ...[10_572, 1_000_000].flatMap((people) => losses.map((loss) => head(loss, people))),
  ...families.map((loss) => inMemory(head(loss, 1_000_000))),
  ...families.map((loss) => head(loss, 1_000_000, ranks)),
];
