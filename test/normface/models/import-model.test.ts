import { expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import { readCaffe } from '../../../src/normface/models/formats/caffe.ts';
import { type ImportOptions, importModel } from '../../../src/normface/models/import-model.ts';
import { layerSlots } from '../../../src/normface/models/layer-slots.ts';
import type { ModelFile } from '../../../src/normface/models/model-file.ts';
import { storedShape } from '../../../src/normface/models/slot-values.ts';
import { findNet } from '../../../src/normface/nets/index.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { netOf, ramp } from './formats/caffe-writer.ts';

const options: ImportOptions = { source: 'x', name: 'mine' };

type Numbers = readonly (readonly [name: string, shape: readonly number[], numbers: readonly number[]])[];

const file = (numbers: Numbers, format: ModelFile['format'] = 'pytorch'): ModelFile => ({
  format,
  tensors: numbers.map(([name, shape, values]) => ({ name, shape, values: () => Float32Array.from(values) })),
});

/** One convolution, whose image of 1×2 pixels and 2 channels is flattened before a matrix. */
const net: Net = {
  name: 'two',
  input: [1, 2, 1],
  layers: [
    { kind: 'conv', name: 'conv1', channels: 2, kernel: 1 },
    { kind: 'batchNorm', name: 'bn1' },
    { kind: 'prelu', name: 'prelu1' },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc', outputs: 2, bias: false },
    { kind: 'batchNorm', name: 'features', scale: false },
  ],
};
const stored: Numbers = [
  ['conv1.weight', [2, 1, 1, 1], [1, 2]],
  ['conv1.bias', [2], [3, 4]],
  ['bn1.weight', [2], [5, 6]],
  ['bn1.bias', [2], [7, 8]],
  ['bn1.running_mean', [2], [9, 10]],
  ['bn1.running_var', [2], [11, 12]],
  ['bn1.num_batches_tracked', [], [100]],
  ['prelu1.weight', [2], [13, 14]],
  // Columns: channel 0 of both pixels, then channel 1.
  ['fc.weight', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]],
  ['features.weight', [2], [1, 1]],
  ['features.bias', [2], [15, 16]],
  ['features.running_mean', [2], [17, 18]],
  ['features.running_var', [2], [19, 20]],
];
const expected = {
  'conv1.weight': [1, 2],
  'conv1.bias': [3, 4],
  'bn1.gamma': [5, 6],
  'bn1.beta': [7, 8],
  'bn1.runningMean': [9, 10],
  'bn1.runningVariance': [11, 12],
  'prelu1.slope': [13, 14],
  // Rows: pixel 0 with its channels, then pixel 1; both outputs in each.
  'fc.weight': [1, 5, 3, 7, 2, 6, 4, 8],
  'features.gamma': [1, 1],
  'features.beta': [15, 16],
  'features.runningMean': [17, 18],
  'features.runningVariance': [19, 20],
};
const plain = (values: ReadonlyMap<string, Float32Array>) =>
  Object.fromEntries([...values].map(([name, numbers]) => [name, [...numbers]]));
const renamed = (rename: (name: string) => string): Numbers =>
  stored.map(([name, ...rest]) => [rename(name), ...rest]);

test('tensors with the names of the net, in the layouts of the net', () => {
  const { values, unused, remarks } = importModel(file(stored), { ...options, net });
  expect(plain(values)).toEqual(expected);
  expect(unused).toEqual(['bn1.num_batches_tracked']);
  expect(remarks).toEqual([]);
});

test('filters [out, in, height, width]', () => {
  const filters: Net = {
    name: 'filters',
    input: [2, 3, 1],
    layers: [
      { kind: 'conv', name: 'a', channels: 2, kernel: [1, 2], bias: false },
      { kind: 'conv', name: 'b', channels: 1, kernel: [2, 1], bias: false },
      { kind: 'flatten', name: 'flatten' },
      { kind: 'fullyConnected', name: 'fc', outputs: 1, bias: false },
    ],
  };
  const tensors: Numbers = [
    ['a.weight', [2, 1, 1, 2], [1, 2, 3, 4]],
    ['b.weight', [1, 2, 2, 1], [1, 2, 3, 4]],
    ['fc.weight', [1, 2], [5, 6]],
  ];
  const first = importModel(file(tensors), { ...options, net: filters });
  expect(plain(first.values)).toEqual({
    'a.weight': [1, 3, 2, 4],
    'b.weight': [1, 3, 2, 4],
    'fc.weight': [5, 6],
  });
  const last: Numbers = [
    ['a/filters', [1, 2, 1, 2], [1, 3, 2, 4]],
    ['b/filters', [2, 1, 2, 1], [1, 3, 2, 4]],
    ['fc/weights', [2, 1], [5, 6]],
  ];
  expect(plain(importModel(file(last, 'face-api'), { ...options, net: filters }).values)).toEqual(
    plain(first.values),
  );
});

test('a beginning that all names share', () => {
  const { values, remarks } = importModel(file(renamed((name) => `module.backbone.${name}`)), {
    ...options,
    net,
  });
  expect(plain(values)).toEqual(expected);
  expect(remarks).toEqual([]);
});

/** Names of a torch.nn.Sequential. */
const order = ['conv1', 'bn1', 'prelu1', 'fc', 'features'];
const numbered = (name: string) => {
  const [layer, ending] = name.split('.');
  return `net.${order.indexOf(layer!)}.${ending}`;
};

test('other names, in the same order: said, and a classifier behind it is unused', () => {
  const classifier: Numbers = [['head.weight', [10, 2], ramp(20)]];
  const { values, unused, remarks } = importModel(file([...renamed(numbered), ...classifier]), {
    ...options,
    net,
  });
  expect(plain(values)).toEqual(expected);
  expect(unused).toEqual(['net.1.num_batches_tracked', 'head.weight']);
  expect(remarks).toEqual([
    'no names agree: the tensors were matched in their order, by the kinds and shapes of the layers',
  ]);
});

test('a map of layers and parameters', () => {
  const swapped = [...renamed(numbered)].reverse();
  const map = {
    conv1: 'net.0',
    bn1: 'net.1',
    'prelu1.slope': 'net.2.weight',
    fc: 'net.3',
    features: 'net.4',
  };
  expect(plain(importModel(file(swapped), { ...options, net, map }).values)).toEqual(expected);
  const refused = (more: Record<string, string>) => () =>
    importModel(file(swapped), { ...options, net, map: { ...map, ...more } });
  expect(refused({ conv9: 'net.0' })).toThrow(
    'the map has "conv9", which is no layer and no parameter of the net',
  );
  expect(refused({ 'conv1.bias': 'nothing' })).toThrow(
    'x has no tensor "nothing", which the map has for "conv1.bias"',
  );
  expect(refused({ fc: 'net.9' })).toThrow(
    'x has no tensors that begin with "net.9", which the map has for "fc"',
  );
});

test('what the file lacks and what changes nothing is said', () => {
  const without = stored.filter(([name]) => !/^(conv1\.bias|features\.weight)$/.test(name));
  const { values, remarks } = importModel(file(without), { ...options, net });
  expect(plain(values)).toEqual({ ...expected, 'conv1.bias': [0, 0] });
  expect(remarks).toEqual([
    'not in the file, and taken as what changes nothing: conv1.bias = 0, features.gamma = 1',
  ]);
});

test('what does not fit is refused with the layer', () => {
  const attempt =
    (numbers: Numbers, more: Partial<ImportOptions> = {}) =>
    () =>
      importModel(file(numbers), { ...options, net, ...more });
  expect(
    attempt(stored.map(([name, shape, numbers]) => [name, name === 'fc.weight' ? [4, 2] : shape, numbers])),
  ).toThrow('x: "fc.weight" is [4, 2], but "fc.weight" of two takes [2, 4]');
  expect(attempt([...stored, ['fc.bias', [2], [1, 2]]])).toThrow(
    'x: the net has no place for "fc.bias", although it takes the other tensors of that layer',
  );
  const others = renamed(numbered).filter(([name]) => !name.startsWith('net.2'));
  expect(attempt(others)).toThrow(
    'x does not fit two: neither the names of its tensors nor their order; the net\'s "prelu1", prelu [2] meets "net.3", fullyConnected [2, 4]; --map says which tensor is which',
  );
  expect(attempt([])).toThrow('the file ends before "conv1", conv [2, 1, 1, 1]');
  expect(attempt(stored, { net: undefined })).toThrow(
    'x stores tensors without the net that they belong to: name it with --net',
  );
  expect(attempt(stored, { imageSize: [2, 2] })).toThrow(
    '"fc.weight" is [2, 4], but "fc.weight" of two takes [2, 8]',
  );
  const broken = attempt(
    stored.map(([name, shape, numbers]) => [name, shape, name === 'conv1.bias' ? [Number.NaN, 1] : numbers]),
  );
  expect(broken).toThrow('x has numbers that are infinite or not a number: conv1.bias');
});

/** A file of a net as PyTorch would store it, layer by layer as a program declares them: shortcuts last. */
function torchFile(
  of: Net,
  rename: (layer: string, i: number) => string,
): { file: ModelFile; firsts: Map<string, number> } {
  const firsts = new Map<string, number>();
  const endings = {
    gamma: 'weight',
    beta: 'bias',
    runningMean: 'running_mean',
    runningVariance: 'running_var',
    slope: 'weight',
    weight: 'weight',
    bias: 'bias',
  };
  const tensors = layerSlots(of, 'shortcut last').flatMap((slot, i) =>
    slot.parameters.map((parameter) => {
      const first = hash32(i, firsts.size) % 1000;
      firsts.set(parameter.name, first);
      const shape = storedShape(slot, parameter, 'first');
      const numbers = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(first);
      return { name: `${rename(slot.layer, i)}.${endings[parameter.role]}`, shape, values: () => numbers };
    }),
  );
  return { file: { format: 'pytorch', tensors }, firsts };
}

test.each([
  ['mobilefacenet', (layer: string) => layer],
  ['mobilefacenet', (_: string, i: number) => `m${i}`],
  ['light-cnn-small', (_: string, i: number) => `features.${i}.filter`],
])('every tensor of %s finds its place', (name, rename) => {
  const whole = findNet(name);
  const torch = torchFile(whole, rename);
  const { values, unused } = importModel(torch.file, { ...options, net: whole });
  expect(unused).toEqual([]);
  expect(values.size).toBe(torch.firsts.size);
  for (const [parameter, first] of torch.firsts) expect(values.get(parameter)![0], parameter).toBe(first);
});

test("a graph: its own net, with the range of numbers of the file's layer of data", () => {
  const {
    net: made,
    values,
    unused,
    remarks,
  } = importModel(withChannels(1), { ...options, imageSize: [4, 6] });
  expect(made).toMatchObject({ name: 'mine', input: [4, 6, 1], pixels: { mean: 127.5, scale: 1 / 128 } });
  expect(made.layers.map(({ kind }) => kind)).toEqual([
    'conv',
    'batchNorm',
    'prelu',
    'maxPool',
    'maxFeatureMap',
    'flatten',
    'fullyConnected',
  ]);
  expect(unused).toEqual([]);
  expect(remarks).toContain('left out: loss (SoftmaxWithLoss)');
  const [conv] = made.layers;
  expect([...values.get(`${conv!.name}.bias`)!]).toEqual([1, 2, 3, 4]);
  expect(() => importModel(withChannels(1), options)).toThrow(/does not say how large its images are/);
  expect(() => importModel(withChannels(1), { ...options, imageSize: [4, 6], feature: 'fc9' })).toThrow(
    UserError,
  );
  expect(() => importModel(withChannels(1), { ...options, net, feature: 'fc' })).toThrow('give one of them');
});

/** The net of Caffe's tests for images of so many channels. */
const withChannels = (channels: number): ModelFile => readCaffe(netOf(channels), 'x');

test('nets that get blue first: the colours of the first filters change places', () => {
  const usual = importModel(withChannels(3), { ...options, imageSize: [4, 6] });
  const turned = importModel(withChannels(3), { ...options, imageSize: [4, 6], blueFirst: true });
  const name = `${usual.net.layers[0]!.name}.weight`;
  const [before, after] = [usual.values.get(name)!, turned.values.get(name)!];
  // [3, 3, 3 colours, 4 filters]
  for (let at = 0; at < before.length; at++) {
    const colour = Math.floor(at / 4) % 3;
    expect(after[at]).toBe(before[at + (2 - 2 * colour) * 4]);
  }
  expect(usual.remarks.join()).toContain('--blue-first says it');
  expect(turned.remarks.join()).not.toContain('--blue-first');
  expect(() => importModel(withChannels(1), { ...options, imageSize: [4, 6], blueFirst: true })).toThrow(
    'x is no net for colour images',
  );
});
