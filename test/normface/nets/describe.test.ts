import { expect, test } from 'vitest';
import { centerFaceResnet } from '../../../src/normface/nets/center-face-resnet.ts';
import { describeNet, type LayerDescription } from '../../../src/normface/nets/describe.ts';
import { findNet, nets } from '../../../src/normface/nets/index.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { small } from '../../../src/normface/nets/small.ts';
import { tiny } from '../../../src/normface/nets/tiny.ts';

const total = (parameters: LayerDescription['parameters']) =>
  Object.values(parameters).reduce((a, b) => a + b, 0);

test('the Center Face ResNet has the parameters and the cost of docs/reference.md#center-face-resnet', () => {
  const { parameters, macs, layers, output, activations } = describeNet(centerFaceResnet);
  // The sum of all layer outputs there includes the classifier.
  expect(activations).toBe(5_579_852 - 10_572);
  expect(parameters).toBe(27_536_800);
  expect(macs).toBe(2_113_360_256);
  expect(output).toEqual([512]);
  const slopes = layers.filter(({ kind }) => kind === 'prelu');
  expect(slopes.map((row) => total(row.parameters)).reduce((a, b) => a + b)).toBe(7264);
  expect(layers.filter(({ kind }) => kind === 'conv')).toHaveLength(27);
});

test('the Center Face ResNet equals the table of docs/reference.md#center-face-resnet row by row', () => {
  const repeat = (stage: number, count: number, row: [number, number, number, number, number]) =>
    Array.from({ length: count }, (_, i) => [`conv${stage}_${i + 1}`, ...row]);
  // Name, output as C, H, W, weights and biases, multiply-accumulates; the paper's table leaves out the PReLU.
  const table = [
    ['conv1a', 32, 110, 94, 896, 8_933_760],
    ['conv1b', 64, 108, 92, 18_496, 183_140_352],
    ['pool1b', 64, 54, 46, 0, 0],
    ...repeat(2, 2, [64, 54, 46, 36_864, 91_570_176]),
    ['conv2', 128, 52, 44, 73_856, 168_689_664],
    ['pool2', 128, 26, 22, 0, 0],
    ...repeat(3, 4, [128, 26, 22, 147_456, 84_344_832]),
    ['conv3', 256, 24, 20, 295_168, 141_557_760],
    ['pool3', 256, 12, 10, 0, 0],
    ...repeat(4, 10, [256, 12, 10, 589_824, 70_778_880]),
    ['conv4', 512, 10, 8, 1_180_160, 94_371_840],
    ['pool4', 512, 5, 4, 0, 0],
    ...repeat(5, 6, [512, 5, 4, 2_359_296, 47_185_920]),
    ['fc5', 512, 1, 1, 5_243_392, 5_242_880],
  ];
  const { layers } = describeNet(centerFaceResnet);
  const rows = layers
    .filter(({ kind }) => kind === 'conv' || kind === 'maxPool' || kind === 'fullyConnected')
    .map(({ name, output, parameters, macs }) => {
      const [height, width, channels] = output.length === 3 ? output : [1, 1, output[0]!];
      return [name, channels, height, width, total(parameters), macs];
    });
  expect(rows).toEqual(table);
  expect(layers.find(({ name }) => name === 'fc5')!.input).toEqual([10_240]);
});

test('the small nets have the size that was planned', () => {
  const large = describeNet(small);
  expect(large.parameters).toBe(1_151_264);
  expect(large.macs).toBe(35_478_528);
  expect(large.output).toEqual([128]);
  const little = describeNet(tiny);
  expect(little.parameters).toBeLessThan(150_000);
  expect(little.macs / large.macs).toBeLessThan(0.125);
  expect(little.output).toEqual([64]);
});

test('nets are data: JSON keeps them', () => {
  for (const net of nets) {
    const copy = JSON.parse(JSON.stringify(net)) as Net;
    expect(describeNet(copy)).toEqual(describeNet(net));
  }
});

test('layers of every kind have the shapes and parameters of their formulas', () => {
  const net: Net = {
    name: 'every-kind',
    input: [9, 7, 4],
    layers: [
      { kind: 'conv', name: 'c', channels: 6, kernel: 3, groups: 2, padding: [0, 1, 0, 1], bias: 0.1 },
      { kind: 'maxFeatureMap', name: 'mfm' },
      { kind: 'batchNorm', name: 'norm' },
      { kind: 'relu', name: 'relu' },
      { kind: 'maxPool', name: 'ceil', kernel: 2, ceilMode: true },
      { kind: 'averagePool', name: 'floor', kernel: 2, stride: 1 },
      { kind: 'globalAveragePool', name: 'global' },
      { kind: 'dropout', name: 'drop', rate: 0.5 },
      { kind: 'fullyConnected', name: 'fc', outputs: 5, bias: false },
    ],
  };
  const { layers } = describeNet(net);
  expect(layers.map(({ name, output }) => [name, ...output])).toEqual([
    ['c', 8, 6, 6],
    ['mfm', 8, 6, 3],
    ['norm', 8, 6, 3],
    ['relu', 8, 6, 3],
    ['ceil', 4, 3, 3],
    ['floor', 3, 2, 3],
    ['global', 3],
    ['drop', 3],
    ['fc', 5],
  ]);
  expect(layers[0]).toMatchObject({
    parameters: { 'c.weight': 9 * 2 * 6, 'c.bias': 6 },
    macs: 8 * 6 * 6 * 9 * 2,
  });
  expect(layers[2]!.parameters).toEqual({ 'norm.gamma': 3, 'norm.beta': 3 });
  expect(layers.at(-1)).toMatchObject({ parameters: { 'fc.weight': 15 }, macs: 15 });
});

const wrong = (layers: unknown): Net => ({
  name: 'wrong',
  input: [8, 8, 3],
  layers: layers as Net['layers'],
});

test.each<[string, unknown, RegExp]>([
  [
    'an unknown kind',
    [{ kind: 'cone', name: 'a' }],
    /^the net wrong: layers\[0\]: unknown layer kind "cone", .*known: conv, /,
  ],
  [
    'a kernel that does not fit',
    [{ kind: 'conv', name: 'a', channels: 4, kernel: 9 }],
    /^the net wrong does not fit images of 8×8×3: layers\[0\] "a": .*kernel is larger/,
  ],
  [
    'feature maps that were not flattened',
    [{ kind: 'fullyConnected', name: 'a', outputs: 4 }],
    /\[8, 8, 3\] is not flat/,
  ],
  [
    'a residual that changes the shape',
    [{ kind: 'residual', name: 'r', layers: [{ kind: 'conv', name: 'a', channels: 4, kernel: 3 }] }],
    /turn \[8, 8, 3\] into \[6, 6, 4\], which cannot be added/,
  ],
  [
    'a shortcut of another shape',
    [
      {
        kind: 'residual',
        name: 'r',
        layers: [{ kind: 'conv', name: 'a', channels: 4, kernel: 3 }],
        shortcut: [{ kind: 'conv', name: 'b', channels: 4, kernel: 1 }],
      },
    ],
    /layers\[0\] "r": residual: its layers turn \[8, 8, 3\] into \[6, 6, 4\], its shortcut into \[8, 8, 4\]: they cannot be added/,
  ],
  [
    'a misfit inside a shortcut, with its place',
    [
      {
        kind: 'residual',
        name: 'r',
        layers: [],
        shortcut: [{ kind: 'conv', name: 'b', channels: 4, kernel: 9 }],
      },
    ],
    /8×8×3: layers\[0\]\.shortcut\[0\] "b": .*kernel is larger/,
  ],
  [
    'branches whose images differ',
    [
      {
        kind: 'branches',
        name: 'b',
        branches: [[], [{ kind: 'maxPool', name: 'p', kernel: 2 }]],
      },
    ],
    /branches: they give \[8, 8, 3\], \[4, 4, 3\], which cannot be put side by side/,
  ],
  [
    'branches of other channels that are added',
    [
      {
        kind: 'branches',
        name: 'b',
        join: 'add',
        branches: [[], [{ kind: 'conv', name: 'c', kernel: 1, channels: 4 }]],
      },
    ],
    /branches: they give \[8, 8, 3\], \[8, 8, 4\], which cannot be added/,
  ],
  [
    'a name twice',
    [
      { kind: 'prelu', name: 'a' },
      { kind: 'prelu', name: 'a' },
    ],
    /^the net wrong: layers\[0\] and layers\[1\] are both called "a"; names must differ$/,
  ],
])('refuses %s', (_, layers, message) => {
  expect(() => describeNet(wrong(layers))).toThrow(message);
});

test('an image that is too small for a net is named with its size', () => {
  expect(() => describeNet(centerFaceResnet, [20, 20, 3])).toThrow(
    /^the net center-face-resnet does not fit images of 20×20×3: /,
  );
});

test('a net that does not exist is answered with those that do', () => {
  expect(findNet('small')).toBe(small);
  expect(() => findNet('large')).toThrow(
    `there is no net "large"; there are ${nets.map(({ name }) => name).join(', ')}`,
  );
});
