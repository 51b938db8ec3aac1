import { expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { openEmbedder } from '../../../src/normface/embedding/embedder.node.ts';
import { findWeights, saveCheckpoint } from '../../../src/normface/training/checkpoint/checkpoint.node.ts';
import { parseConfig } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';
import { testDevice } from '../../engine/open.ts';
import { temporaryFolder } from '../data/fixtures.ts';

const device = await testDevice();
const folder = temporaryFolder();

const [count, height, width, crop] = [4, 34, 32, 28];
const bytes = Uint8Array.from({ length: count * height * width * 4 }, (_, i) => hash32(i >> 6) % 256);

/** The centres of the images. */
function centres(): Uint8Array {
  const pixel = new Uint32Array(bytes.buffer);
  const [top, left] = [(height - crop) / 2, (width - crop) / 2];
  const cut = Uint32Array.from({ length: count * crop * crop }, (_, i) => {
    const image = Math.floor(i / crop ** 2);
    const row = top + (Math.floor(i / crop) % crop);
    return pixel[(image * height + row) * width + left + (i % crop)]!;
  });
  return new Uint8Array(cut.buffer);
}

test('the checkpoint of a net that gets crops embeds the centres of images', async () => {
  const config = parseConfig({
    net: 'mnist-lenet',
    data: { imageSize: [height, width], cropSize: [crop, crop] },
    batchSize: count,
  });
  const model = new Model(device, config, 2);
  const { weights, optimiser } = await model.snapshot();
  const save = (name: string, sizes: Record<string, string>) =>
    findWeights(
      saveCheckpoint(`${folder}/${name}`, {
        weights,
        optimiser,
        metadata: { net: 'mnist-lenet', ...sizes },
        state: {
          format: 1,
          step: 3,
          totalSteps: 3,
          seed: 1,
          cursor: { epoch: 0, position: 0 },
          configHash: '',
          imagesHash: '',
        },
      }),
    );
  const whole = await openEmbedder(device, save('whole', { imageSize: '28x28' }), count);
  const expected = await whole.embed(centres());
  const cropping = await openEmbedder(
    device,
    save('crop', { imageSize: `${height}x${width}`, cropSize: '28x28' }),
    count,
  );
  expect([cropping.height, cropping.width]).toEqual([height, width]);
  expect(await cropping.embed(bytes)).toEqual(expected);
  whole.dispose();
  cropping.dispose();
  model.dispose();
});
