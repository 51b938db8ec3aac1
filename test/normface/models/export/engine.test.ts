/** What the engine computes of a net, what onnxruntime computes of its export, and what the engine computes of that imported again. */

import { expect, test } from 'vitest';
import { hash32 } from '../../../../src/engine/core/random.ts';
import { NetEmbedder } from '../../../../src/normface/embedding/embedder.ts';
import { inferenceNet } from '../../../../src/normface/embedding/inference.ts';
import { encodeOnnx } from '../../../../src/normface/models/export/write-onnx.ts';
import { readOnnx } from '../../../../src/normface/models/formats/onnx.ts';
import { netOfGraph } from '../../../../src/normface/models/graph-net.ts';
import { buildNet } from '../../../../src/normface/nets/build.ts';
import type { NetWithValues } from '../../../../src/normface/nets/fold.ts';
import { findNet } from '../../../../src/normface/nets/index.ts';
import { testDevice } from '../../../engine/open.ts';
import { withRandomValues } from '../../nets/reference.ts';
import { channelsFirst, runOnnx } from '../onnxruntime.ts';

const device = await testDevice();

const input = [16, 12, 3] as const;
const images = 2;
const pixels = Uint8Array.from({ length: images * 16 * 12 * 4 }, (_, i) => hash32(3, i) & 0xff);

async function embed({ net, values }: NetWithValues): Promise<Float32Array> {
  const { net: built, parameters } = inferenceNet(device, buildNet(net, input, 0), values);
  const embedder = new NetEmbedder(device, built, parameters, images, { owned: parameters });
  const features = await embedder.embed(pixels);
  embedder.dispose();
  return features;
}

test('tiny: onnxruntime agrees to 1e-4, and the import has the same bits', async () => {
  const made = withRandomValues(findNet('tiny'), input);
  const model = encodeOnnx(made, { input, includePreprocessing: true });
  const features = await embed(made);
  const rgb = pixels.filter((_, i) => i % 4 !== 3);
  const expected = await runOnnx(model, channelsFirst(rgb, [images, ...input]), [images, 3, 16, 12]);
  const size = Math.max(...expected.map(Math.abs));
  expect(features).toHaveLength(expected.length);
  const errors = [...features].map((value, i) => Math.abs(value - expected[i]!) / size);
  expect(Math.max(...errors)).toBeLessThan(1e-4);

  const { graph, tensors } = readOnnx(model, 'tiny.onnx');
  const again = netOfGraph(graph!, tensors, { name: 'tiny', source: 'tiny.onnx' });
  expect(await embed(again)).toEqual(features);
});
