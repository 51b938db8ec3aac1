import { describe, expect, test } from 'vitest';
import { uniform01 } from '../../../../src/engine/core/random.ts';
import { encodeOnnx, type OnnxExport } from '../../../../src/normface/models/export/write-onnx.ts';
import { readOnnx } from '../../../../src/normface/models/formats/onnx.ts';
import { netOfGraph } from '../../../../src/normface/models/graph-net.ts';
import { foldNet, type NetWithValues } from '../../../../src/normface/nets/fold.ts';
import { findNet } from '../../../../src/normface/nets/index.ts';
import { layerKinds } from '../../../../src/normface/nets/kinds.ts';
import { planNet, withInner } from '../../../../src/normface/nets/plan.ts';
import { type Input, runReference, withRandomValues } from '../../nets/reference.ts';
import { smallNets } from '../nets.ts';
import { channelsFirst, runOnnx } from '../onnxruntime.ts';

/** Three images: at random, with numbers that are large, tiny and zero, and black. */
function imagesOf([height, width, channels]: Input): Float64Array[] {
  const length = height * width * channels;
  const random = Float64Array.from({ length }, (_, i) => Math.fround(2 * uniform01(5, 0, i) - 1));
  const hostile = [0, -0, 1e-30, -1e-7, 1000, -1000, 0.5, 1];
  return [random, random.map((x, i) => hostile[i % 11] ?? x), new Float64Array(length)];
}

/** The largest difference to the right values, as a share of the largest of them in the image. */
function errorOf(actual: Float32Array, expected: readonly Float64Array[]): number {
  const length = expected[0]!.length;
  expect(actual).toHaveLength(length * expected.length);
  const errors = expected.map((features, image) => {
    const size = Math.max(1e-3, ...features.map(Math.abs));
    return Math.max(...features.map((value, i) => Math.abs(value - actual[image * length + i]!))) / size;
  });
  return Math.max(...errors);
}

const images4 = (input: Input) => [3, ...input] as [number, number, number, number];

async function run(made: NetWithValues, options: OnnxExport, images = imagesOf(options.input)) {
  const flat = Float64Array.from(images.flatMap((image) => [...image]));
  const shape = images4(options.input);
  const [n, height, width, channels] = shape;
  return runOnnx(encodeOnnx(made, options), channelsFirst(flat, shape), [n, channels, height, width]);
}

const reference = (made: NetWithValues, input: Input, images = imagesOf(input)) =>
  images.map((data) => runReference(made, { shape: [1, ...input], data }).data);

/** As they are read again. */
const reread = (bytes: Uint8Array, name: string) => {
  const { graph, tensors } = readOnnx(bytes, 'model.onnx');
  return netOfGraph(graph!, tensors, { name, source: 'model.onnx' });
};

test('the small nets have every kind of layer', () => {
  const kinds = smallNets.flatMap((net) =>
    planNet(net)
      .flatMap(withInner)
      .map(({ kind }) => kind),
  );
  expect([...new Set(kinds)].sort()).toEqual(Object.keys(layerKinds).sort());
});

describe.each(smallNets.map((net) => [net.name, net] as const))('%s', (_, net) => {
  const made = withRandomValues(net);
  const { input } = net;

  test('onnxruntime computes what the layers do, also with batch norms folded', async () => {
    const expected = reference(made, input);
    expect(errorOf(await run(made, { input }), expected)).toBeLessThan(1e-5);
    expect(errorOf(await run(foldNet(made), { input }), expected)).toBeLessThan(1e-5);
  });

  test('imported again it has the same parameters bit for bit, and computes the same', () => {
    const again = reread(encodeOnnx(made, { input }), net.name);
    expect(again.unused).toEqual([]);
    expect(again.values).toEqual(new Map(made.values));
    expect(reference(again, input)).toEqual(reference(made, input));
  });
});

test.each([
  ['tiny', [16, 12, 3]],
  ['light-cnn-small', [16, 16, 1]],
] as const)('%s in onnxruntime, and imported again', async (name, input) => {
  const made = withRandomValues(findNet(name), input);
  const [image] = imagesOf(input);
  const bytes = encodeOnnx(made, { input });
  const [height, width, channels] = input;
  const features = await runOnnx(bytes, channelsFirst(image!, [1, ...input]), [1, channels, height, width]);
  expect(errorOf(features, reference(made, input, [image!]))).toBeLessThan(1e-4);
  const again = reread(bytes, name);
  expect(again.values).toEqual(new Map(made.values));
  const kinds = (net: typeof made.net) =>
    planNet(net, input)
      .flatMap(withInner)
      .map(({ kind, name, output }) => `${kind} ${name} ${output}`);
  expect(kinds(again.net)).toEqual(kinds(made.net).filter((layer) => !layer.startsWith('dropout')));
});

test('preprocessing scales pixels inside the model, and comes back as the pixels of the net', async () => {
  const net = smallNets.find(({ name }) => name === 'grey')!;
  const made = withRandomValues(net);
  const { input } = net;
  const bytes = imagesOf(input).map((image) => image.map((x) => Math.round(127 * Math.min(1, Math.abs(x)))));
  const scaled = bytes.map((image) => image.map((byte) => (byte - 10) / 100));
  const options = { input, includePreprocessing: true };
  expect(errorOf(await run(made, options, bytes), reference(made, input, scaled))).toBeLessThan(1e-5);
  const again = reread(encodeOnnx(made, options), 'grey');
  expect(again.net.pixels).toEqual({ mean: 10, scale: Math.fround(1 / 100) });
  expect(again.values).toEqual(new Map(made.values));
  expect(again.remarks).toEqual([]);
});

test('features get unit length, and zeros stay zeros; the importer leaves that out and says so', async () => {
  const net = smallNets.find(({ name }) => name === 'no-product')!;
  const made = withRandomValues(net);
  made.values.get('a.bias')!.fill(0);
  const { input } = net;
  const expected = reference(made, input).map((features) => {
    const length = Math.hypot(...features);
    return features.map((x) => (length === 0 ? 0 : x / length));
  });
  expect(errorOf(await run(made, { input, includeNormalise: true }), expected)).toBeLessThan(1e-5);
  expect(Math.hypot(...expected[0]!)).toBeCloseTo(1);
  expect(expected[2]!.every((x) => x === 0)).toBe(true);
  const again = reread(encodeOnnx(made, { input, includeNormalise: true }), 'n');
  expect(again.remarks.join('\n')).toMatch(
    /"\/normalise\/divide", which gives features unit length, is left out/,
  );
  expect(again.values).toEqual(new Map(made.values));
});

test('the file says what it is in words', () => {
  const net = smallNets.find(({ name }) => name === 'grey')!;
  const metadata = { net: 'grey', classes: '40', 'a name': 'ein Wert mit Umlaut: ä' };
  const bytes = encodeOnnx(withRandomValues(net), { input: net.input, metadata });
  const { format, graph, metadata: read } = readOnnx(bytes, 'model.onnx');
  expect([format, read]).toEqual(['onnx', metadata]);
  expect(graph!.inputs).toEqual([{ name: 'images', shape: [1, 6, 6] }]);
  expect(graph!.outputs).toEqual(['features']);
});
