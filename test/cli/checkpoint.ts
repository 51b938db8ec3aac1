import { buildNet } from '../../src/normface/nets/build.ts';
import { findNet } from '../../src/normface/nets/index.ts';
import { saveCheckpoint } from '../../src/normface/training/checkpoint/checkpoint.node.ts';
import { float32Tensor } from '../../src/normface/training/checkpoint/safetensors.ts';

/** Saves a checkpoint of an untrained net: enough for everything that only embeds. @returns its folder */
export function untrained(runFolder: string, net = 'tiny', seed = 1): string {
  const { declarations } = buildNet(findNet(net), [56, 48, 3], seed);
  const weights = new Map(
    declarations.map(({ name, shape, init }) => [
      name,
      float32Tensor(typeof init === 'function' ? init() : init, shape),
    ]),
  );
  return saveCheckpoint(runFolder, {
    weights,
    metadata: { net, imageSize: '56x48', step: '1' },
    optimiser: new Map(),
    state: {
      format: 1,
      step: 1,
      totalSteps: 1,
      seed,
      cursor: { epoch: 0, position: 0 },
      configHash: '',
      imagesHash: '',
    },
  });
}
