import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseIdx } from '../../../src/normface/data/mnist.ts';
import { NetEmbedder } from '../../../src/normface/embedding/embedder.ts';
import { inferenceNet } from '../../../src/normface/embedding/inference.ts';
import { readCaffe } from '../../../src/normface/models/formats/caffe.ts';
import { importModel } from '../../../src/normface/models/import-model.ts';
import { buildNet } from '../../../src/normface/nets/build.ts';
import { testDevice } from '../../engine/open.ts';
import { realData } from '../data/fixtures.ts';

/** How many of the 10,000 test images; NORMFACE_MNIST=10000 takes all. */
const count = Number(process.env.NORMFACE_MNIST ?? 300);

test("the NormFace author's LeNet gives his features", async ({ skip }) => {
  const files = [
    'interop/caffe/lenet_iter_20000.caffemodel',
    'mnist/t10k-images-idx3-ubyte.gz',
    'mnist/t10k-labels-idx1-ubyte.gz',
  ].map(realData);
  if (!files.every((file) => file !== undefined)) return skip();
  const [model, images, labels] = files.map((file) => fs.readFileSync(file)) as [Buffer, Buffer, Buffer];
  const file = readCaffe(model, 'lenet');
  const imported = importModel(file, {
    source: 'lenet',
    name: 'lenet',
    feature: 'ip1_dr',
    imageSize: [28, 28],
  });
  expect(imported.unused).toEqual(['id_weight.weight', 'scale_ip2.weight']);
  expect(imported.net.pixels).toEqual({ mean: 128, scale: 1 / 128 });
  const device = await testDevice();
  const built = buildNet(imported.net, imported.net.input, 0);
  const { net, parameters } = inferenceNet(device, built, imported.values);
  const embedder = new NetEmbedder(device, net, parameters, 100);
  const grey = parseIdx(gunzipSync(images), 'images', 'images').values;
  const truth = parseIdx(gunzipSync(labels), 'labels', 'labels').values;
  const classes = file.tensors.find(({ name }) => name === 'id_weight.weight')!.values();
  let right = 0;
  for (let from = 0; from < count; from += 100) {
    const pixels = Uint8Array.from({ length: 100 * 784 * 4 }, (_, i) => grey[from * 784 + (i >> 2)]!);
    const features = await embedder.embed(pixels);
    if (from === 0) for (const [i, value] of known.entries()) expect(features[i]! / value).toBeCloseTo(1, 4);
    for (let i = 0; i < 100; i++) {
      const scores = Array.from(
        { length: 10 },
        (_, k) => -(features[2 * i]! * classes[2 * k]! + features[2 * i + 1]! * classes[2 * k + 1]!),
      );
      if (scores.indexOf(Math.max(...scores)) === truth[from + i]) right++;
    }
  }
  embedder.dispose();
  console.info(`LeNet: ${right} of ${count} right`);
  expect(right / count).toBeGreaterThan(0.98);
});

/** Of the first three test images, computed with NumPy in float64. */
const known = [-5.46900797, -32.73420175, -20.49879681, -19.68544494, 17.45486005, -28.04969318];
