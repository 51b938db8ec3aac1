import { expect, test, vi } from 'vitest';
import { Parameters } from '../../../src/engine/core/parameters.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import { NetEmbedder } from '../../../src/normface/embedding/embedder.ts';
import { inferenceNet } from '../../../src/normface/embedding/inference.ts';
import { buildNet } from '../../../src/normface/nets/build.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice();

const net: Net = {
  name: 'one convolution',
  input: [7, 5, 3],
  layers: [
    { kind: 'conv', name: 'conv', channels: 4, kernel: 3, padding: 1 },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc', outputs: 6 },
  ],
};
const [height, width] = [7, 5];
const built = buildNet(net, net.input, 3);
const parameters = new Parameters(device, built.declarations);
const batchSize = 4;

const pictures = (count: number, rows: number, columns: number) =>
  Uint8Array.from({ length: count * rows * columns * 4 }, (_, i) => hash32(11, i) % 256);

/** RGBA images flipped from left to right on the host. */
function flipped(pixels: Uint8Array, columns: number): Uint8Array {
  const words = new Uint32Array(pixels.slice().buffer);
  for (let row = 0; row < words.length; row += columns) words.subarray(row, row + columns).reverse();
  return new Uint8Array(words.buffer);
}

test.each([1, 3, batchSize])(
  '%d images and their mirror images at once are, bit for bit, those of two batches',
  async (count) => {
    const embedder = new NetEmbedder(device, built, parameters, batchSize);
    const pixels = pictures(count, height, width);
    const { front, mirrored } = await embedder.embedMirrored(pixels);
    expect(front).toHaveLength(count * 6);
    expect(front).toEqual(await embedder.embed(pixels));
    expect(mirrored).toEqual(await embedder.embed(flipped(pixels, width)));
    expect(mirrored).not.toEqual(front);
    embedder.dispose();
  },
);

test('of larger images the crop in the middle is mirrored, also where it cannot lie exactly there', async () => {
  const whole = new NetEmbedder(device, built, parameters, batchSize);
  const cropping = new NetEmbedder(device, built, parameters, batchSize, {
    imageSize: [height, width + 3],
    mirror: true,
  });
  const pixels = pictures(2, height, width + 3);
  const words = new Uint32Array(pixels.buffer);
  const crop = Uint32Array.from(
    { length: 2 * height * width },
    (_, i) => words[Math.floor(i / width) * (width + 3) + 1 + (i % width)]!,
  );
  const { front, mirrored } = await cropping.embedMirrored(pixels);
  const centres = new Uint8Array(crop.buffer);
  expect(front).toEqual(await whole.embed(centres));
  expect(mirrored).toEqual(await whole.embed(flipped(centres, width)));
  whole.dispose();
  cropping.dispose();
});

test('batches that overlap keep their own features, and each is one upload, one step and one read', async () => {
  const embedder = new NetEmbedder(device, built, parameters, batchSize, { mirror: true });
  const pixels = pictures(3 * batchSize, height, width);
  const batches = [0, 1, 2].map((k) =>
    pixels.subarray(k * batchSize * height * width * 4, (k + 1) * batchSize * height * width * 4),
  );
  const alone = [];
  for (const batch of batches) alone.push(await embedder.embedMirrored(batch));
  const upload = vi.spyOn(device.gpu.queue, 'writeBuffer');
  const submit = vi.spyOn(device.gpu.queue, 'submit');
  try {
    expect(await Promise.all(batches.map((batch) => embedder.embedMirrored(batch)))).toEqual(alone);
    expect(upload).toHaveBeenCalledTimes(3);
    // The step together with the copy to where the host reads.
    expect(submit).toHaveBeenCalledTimes(3);
  } finally {
    upload.mockRestore();
    submit.mockRestore();
    embedder.dispose();
  }
});

test('a net made ready to embed gives the features of its layers one by one, and has no batch norm left', async () => {
  const layers: Net['layers'] = [
    { kind: 'conv', name: 'conv', channels: 4, kernel: 3, padding: 1, bias: false },
    { kind: 'batchNorm', name: 'norm' },
    { kind: 'prelu', name: 'prelu' },
    {
      kind: 'residual',
      name: 'sum',
      layers: [
        { kind: 'conv', name: 'linear', channels: 4, kernel: 1, bias: false },
        { kind: 'batchNorm', name: 'linear_norm' },
      ],
    },
    ...net.layers.slice(1),
  ];
  const normalised = buildNet({ ...net, layers }, net.input, 3);
  const values = new Map(
    normalised.declarations.map(({ name, init }) => {
      const first = typeof init === 'function' ? init() : init;
      const spread = name.endsWith('.weight') ? 0 : 0.5;
      return [name, first.map((value, i) => value + spread * (hash32(5, name.length, i) / 2 ** 32))] as const;
    }),
  );
  const unfolded = new Parameters(
    device,
    normalised.declarations.map((declaration) => ({ ...declaration, init: values.get(declaration.name)! })),
  );
  const { net: folded, parameters: foldedParameters } = inferenceNet(device, normalised, values);
  expect(folded.declarations.map(({ name }) => name)).not.toContain('norm.gamma');
  const plain = new NetEmbedder(device, normalised, unfolded, batchSize, { owned: unfolded });
  const ready = new NetEmbedder(device, folded, foldedParameters, batchSize, { owned: foldedParameters });
  const pixels = pictures(batchSize, height, width);
  const [expected, features] = [await plain.embed(pixels), await ready.embed(pixels)];
  const scale = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => {
    expect(Math.abs(features[i]! - value) / scale).toBeLessThan(3e-6);
  });
  plain.dispose();
  ready.dispose();
});
