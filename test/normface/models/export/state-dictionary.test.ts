import { expect, test } from 'vitest';
import { pyTorchOriginal } from '../../../../src/normface/models/export/pytorch-names.ts';
import { stateDictionary } from '../../../../src/normface/models/export/state-dictionary.ts';
import { buildNet } from '../../../../src/normface/nets/build.ts';
import type { NetWithValues } from '../../../../src/normface/nets/fold.ts';
import { findNet } from '../../../../src/normface/nets/index.ts';
import { withRandomValues } from '../../nets/reference.ts';

/** A net with zeros for parameters: names and shapes are looked at. */
function blank(name: string): NetWithValues {
  const net = findNet(name);
  const { declarations } = buildNet(net, net.input, 1);
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  return {
    net,
    values: new Map(declarations.map(({ name, shape }) => [name, new Float32Array(size(shape))])),
  };
}

const stored = (name: string) => {
  const made = blank(name);
  const tensors = stateDictionary(made, made.net.input, pyTorchOriginal(name));
  return new Map([...tensors].map(([key, { shape }]) => [key, shape.join('x')]));
};

const units = (prefix: string, shape: string, channels: number, isLinear = false) => ({
  [`${prefix}.conv.weight`]: shape,
  [`${prefix}.bn.weight`]: String(channels),
  [`${prefix}.bn.bias`]: String(channels),
  [`${prefix}.bn.running_mean`]: String(channels),
  [`${prefix}.bn.running_var`]: String(channels),
  ...(!isLinear && { [`${prefix}.prelu.weight`]: String(channels) }),
});

// The expected names and shapes follow from the modules in the source files that pytorch-names.ts names.
test('mobilefacenet has the names of MobileFaceNet_Pytorch', () => {
  const tensors = stored('mobilefacenet');
  const expected: Record<string, string> = {
    ...units('conv1', '64x3x3x3', 64),
    ...units('dw_conv1', '64x1x3x3', 64),
    ...units('conv2', '512x128x1x1', 512),
    ...units('linear7', '512x1x7x6', 512, true),
    ...units('linear1', '128x512x1x1', 128, true),
  };
  const settings = [
    [2, 64, 5],
    [4, 128, 1],
    [2, 128, 6],
    [4, 128, 1],
    [2, 128, 2],
  ] as const;
  let [index, inputs] = [0, 64];
  for (const [expansion, outputs, count] of settings)
    for (let i = 0; i < count; i++) {
      const hidden = inputs * expansion;
      const block = `blocks.${index++}.conv`;
      const norm = (place: number, channels: number) => {
        for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
          expected[`${block}.${place}.${part}`] = String(channels);
      };
      expected[`${block}.0.weight`] = `${hidden}x${inputs}x1x1`;
      norm(1, hidden);
      expected[`${block}.2.weight`] = String(hidden);
      expected[`${block}.3.weight`] = `${hidden}x1x3x3`;
      norm(4, hidden);
      expected[`${block}.5.weight`] = String(hidden);
      expected[`${block}.6.weight`] = `${outputs}x${hidden}x1x1`;
      norm(7, outputs);
      inputs = outputs;
    }
  expect(Object.fromEntries(tensors)).toEqual(expected);
});

test('sphereface-20 has the names of sphereface_pytorch, and biases of zero where it has some', () => {
  const tensors = stored('sphereface-20');
  const expected: Record<string, string> = { 'fc5.weight': '512x21504', 'fc5.bias': '512' };
  for (const [stage, [channels, count]] of [
    [64, 3],
    [128, 5],
    [256, 9],
    [512, 3],
  ].entries())
    for (let i = 1; i <= count!; i++) {
      const name = `${stage + 1}_${i}`;
      const inputs = i > 1 ? channels! : stage === 0 ? 3 : channels! / 2;
      expected[`conv${name}.weight`] = `${channels}x${inputs}x3x3`;
      expected[`conv${name}.bias`] = String(channels);
      expected[`relu${name}.weight`] = String(channels);
    }
  expect(Object.fromEntries(tensors)).toEqual(expected);
});

test('light-cnn-b has the names of LightCNN_9Layers', () => {
  const tensors = stored('light-cnn-b');
  const expected: Record<string, string> = {};
  const filter = (name: string, shape: string) => {
    expected[`${name}.filter.weight`] = shape;
    expected[`${name}.filter.bias`] = shape.split('x')[0]!;
  };
  filter('features.0', '96x1x5x5');
  for (const [place, inputs, outputs] of [
    [2, 48, 96],
    [4, 96, 192],
    [6, 192, 128],
    [7, 128, 128],
  ] as const) {
    filter(`features.${place}.conv_a`, `${2 * inputs}x${inputs}x1x1`);
    filter(`features.${place}.conv`, `${2 * outputs}x${inputs}x3x3`);
  }
  filter('fc1', '512x8192');
  expect(Object.fromEntries(tensors)).toEqual(expected);
});

test('iresnet-18 has the names of insightface', () => {
  const tensors = stored('iresnet-18');
  const norm = (name: string) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${name}.${part}`);
  const expected = [
    'conv1.weight',
    ...norm('bn1'),
    'prelu.weight',
    ...[1, 2, 3, 4].flatMap((stage) =>
      [0, 1].flatMap((block) => {
        const name = `layer${stage}.${block}`;
        return [
          ...norm(`${name}.bn1`),
          `${name}.conv1.weight`,
          ...norm(`${name}.bn2`),
          `${name}.prelu.weight`,
          `${name}.conv2.weight`,
          ...norm(`${name}.bn3`),
          ...(block === 0 ? [`${name}.downsample.0.weight`, ...norm(`${name}.downsample.1`)] : []),
        ];
      }),
    ),
    ...norm('bn2'),
    'fc.weight',
    'fc.bias',
    ...norm('features'),
  ];
  expect([...tensors.keys()].sort()).toEqual(expected.sort());
  expect(tensors.get('fc.weight')).toBe('512x25088');
  expect(tensors.get('layer2.0.downsample.0.weight')).toBe('128x64x1x1');
});

test('numbers of layers that see a flattened image follow the order channels, rows, columns', () => {
  const made = withRandomValues({
    name: 'flat',
    input: [2, 3, 3],
    layers: [
      { kind: 'flatten', name: 'f' },
      { kind: 'prelu', name: 'p' },
      { kind: 'fullyConnected', name: 'fc', outputs: 2 },
    ],
  });
  const tensors = stateDictionary(made, [2, 3, 3]);
  const [slope, weight] = ['p.slope', 'fc.weight'].map((name) => made.values.get(name)!);
  for (let channel = 0; channel < 3; channel++)
    for (let row = 0; row < 2; row++)
      for (let column = 0; column < 3; column++) {
        const [here, there] = [(row * 3 + column) * 3 + channel, (channel * 2 + row) * 3 + column];
        expect(tensors.get('p.weight')!.data[there]).toBe(slope![here]);
        expect(tensors.get('fc.weight')!.data[18 + there]).toBe(weight![here * 2 + 1]);
      }
  expect(tensors.get('fc.weight')!.shape).toEqual([2, 18]);
});

test('a net that was written after no PyTorch net keeps the names of its layers', () => {
  expect(pyTorchOriginal('tiny')).toBeUndefined();
  expect([...stored('tiny').keys()]).toContain('conv2_1.weight');
  expect([...stored('iresnet-18-se').keys()]).toContain('layer1.0.se.reduce.weight');
});
