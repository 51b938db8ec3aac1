/** The tables of the nets, layer by layer: name, output as channels × height × width, weights and biases, multiply-accumulates. */

import { expect, test } from 'vitest';
import { describeNet } from '../../../src/normface/nets/describe.ts';
import { lightCnnA, lightCnnB, lightCnnSmall } from '../../../src/normface/nets/light-cnn.ts';
import { mobileFaceNet } from '../../../src/normface/nets/mobilefacenet.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { sphereface20 } from '../../../src/normface/nets/sphereface.ts';

/** Rows of the layers of the given kinds. */
function rowsOf(net: Net, kinds: readonly string[]) {
  return describeNet(net)
    .layers.filter(({ kind }) => kinds.includes(kind))
    .map(({ name, output, parameters, macs }) => {
      const [height, width, channels] = output.length === 3 ? output : [1, 1, output[0]!];
      const count = Object.values(parameters).reduce((a, b) => a + b, 0);
      return [name, `${channels}×${height}×${width}`, count, macs];
    });
}

const withProducts = ['conv', 'fullyConnected'];
const lightLayers = [...withProducts, 'maxPool', 'maxFeatureMap'];

test('Light CNN A equals the table of docs/reference.md#light-cnn: pooling before max-feature-map, rounded up', () => {
  expect(rowsOf(lightCnnA, lightLayers)).toEqual([
    ['conv1', '96×120×120', 7_872, 111_974_400],
    ['pool1', '96×60×60', 0, 0],
    ['mfm1', '48×60×60', 0, 0],
    ['conv2', '192×56×56', 230_592, 722_534_400],
    ['pool2', '192×28×28', 0, 0],
    ['mfm2', '96×28×28', 0, 0],
    ['conv3', '256×24×24', 614_656, 353_894_400],
    ['pool3', '256×12×12', 0, 0],
    ['mfm3', '128×12×12', 0, 0],
    ['conv4', '384×9×9', 786_816, 63_700_992],
    ['pool4', '384×5×5', 0, 0],
    ['mfm4', '192×5×5', 0, 0],
    ['fc1', '512×1×1', 2_458_112, 2_457_600],
    ['mfm_fc1', '256×1×1', 0, 0],
  ]);
  expect(describeNet(lightCnnA)).toMatchObject({ parameters: 4_098_048, macs: 1_254_561_792, output: [256] });
});

/** Convolution and max-feature-map. */
const maxout = (index: string, channels: number, extent: number, parameters: number, macs: number) => [
  [`conv${index}`, `${channels}×${extent}×${extent}`, parameters, macs],
  [`mfm${index}`, `${channels / 2}×${extent}×${extent}`, 0, 0],
];

test('Light CNN B equals the table of docs/reference.md#light-cnn', () => {
  expect(rowsOf(lightCnnB, lightLayers)).toEqual([
    ...maxout('1', 96, 128, 2_496, 39_321_600),
    ['pool1', '48×64×64', 0, 0],
    ...maxout('2a', 96, 64, 4_704, 18_874_368),
    ...maxout('2', 192, 64, 83_136, 339_738_624),
    ['pool2', '96×32×32', 0, 0],
    ...maxout('3a', 192, 32, 18_624, 18_874_368),
    ...maxout('3', 384, 32, 332_160, 339_738_624),
    ['pool3', '192×16×16', 0, 0],
    ...maxout('4a', 384, 16, 74_112, 18_874_368),
    ...maxout('4', 256, 16, 442_624, 113_246_208),
    ...maxout('5a', 256, 16, 33_024, 8_388_608),
    ...maxout('5', 256, 16, 295_168, 75_497_472),
    ['pool4', '128×8×8', 0, 0],
    ['fc1', '512×1×1', 4_194_816, 4_194_304],
    ['mfm_fc1', '256×1×1', 0, 0],
  ]);
  expect(describeNet(lightCnnB)).toMatchObject({ parameters: 5_480_864, macs: 976_748_544, output: [256] });
});

test('the small Light CNN has the layers of B and trains in minutes', () => {
  const names = (net: Net) => describeNet(net).layers.map(({ name, kind }) => [name, kind]);
  expect(names(lightCnnSmall)).toEqual(names(lightCnnB));
  const { macs, parameters, output } = describeNet(lightCnnSmall);
  expect([macs, parameters, output]).toEqual([17_170_432, 212_552, [128]]);
});

test('SphereFace-20 has the parameters and the cost of docs/reference.md#sphereface-20, without the frozen biases of its residual pairs', () => {
  const stage = (
    index: number,
    shape: string,
    [parameters, macs]: [number, number],
    pairs: number,
    weights: number,
    cost: number,
  ) => [
    [`conv${index}`, shape, parameters, macs],
    ...Array.from({ length: 2 * pairs }, (_, i) => [`conv${index}_${i + 1}`, shape, weights, cost]),
  ];
  expect(rowsOf(sphereface20, withProducts)).toEqual([
    ...stage(1, '64×56×48', [1_792, 4_644_864], 1, 36_864, 99_090_432),
    ...stage(2, '128×28×24', [73_856, 49_545_216], 2, 147_456, 99_090_432),
    ...stage(3, '256×14×12', [295_168, 49_545_216], 4, 589_824, 99_090_432),
    ...stage(4, '512×7×6', [1_180_160, 49_545_216], 1, 2_359_296, 99_090_432),
    ['fc5', '512×1×1', 11_010_560, 11_010_048],
  ]);
  const frozen = 2 * (64 + 2 * 128 + 4 * 256 + 512);
  const { parameters, macs, output } = describeNet(sphereface20);
  expect(parameters + frozen).toBe(22_670_656);
  expect([macs, output]).toEqual([1_749_737_472, [512]]);
});

test('MobileFaceNet has the layers, parameters and cost of its published table', () => {
  /** Bottleneck: inputs, hidden and output channels, then height and width before and after. */
  const bottleneck = (index: number, [inputs, hidden, outputs]: number[], before: string, after: string) => {
    const pixels = (extents: string) =>
      extents.split('×').reduce((product, extent) => product * Number(extent), 1);
    const name = `block${index}`;
    return [
      [`${name}_expand`, `${hidden}×${before}`, inputs! * hidden!, pixels(before) * inputs! * hidden!],
      [`${name}_depthwise`, `${hidden}×${after}`, 9 * hidden!, pixels(after) * 9 * hidden!],
      [`${name}_project`, `${outputs}×${after}`, hidden! * outputs!, pixels(after) * hidden! * outputs!],
    ];
  };
  const several = (first: number, count: number, channels: number[], extents: string) =>
    Array.from({ length: count }, (_, i) => bottleneck(first + i, channels, extents, extents)).flat();
  const rows = rowsOf(mobileFaceNet, withProducts);
  expect(rows).toEqual([
    ['conv1', '64×56×48', 1_728, 4_644_864],
    ['conv1_depthwise', '64×56×48', 576, 1_548_288],
    ...bottleneck(0, [64, 128, 64], '56×48', '28×24'),
    ...several(1, 4, [64, 128, 64], '28×24'),
    ...bottleneck(5, [64, 256, 128], '28×24', '14×12'),
    ...several(6, 6, [128, 256, 128], '14×12'),
    ...bottleneck(12, [128, 512, 128], '14×12', '7×6'),
    ...several(13, 2, [128, 256, 128], '7×6'),
    ['conv2', '512×7×6', 65_536, 2_752_512],
    ['global_depthwise', '512×1×1', 21_504, 21_504],
    ['linear', '128×1×1', 65_536, 65_536],
  ]);
  // The published costs of the first and second bottleneck and of the one that halves the image for the third time.
  const costs = (index: number) =>
    rows.filter(([name]) => String(name).startsWith(`block${index}_`)).map((row) => row[3]);
  expect(costs(0)).toEqual([22_020_096, 774_144, 5_505_024]);
  expect(costs(1)).toEqual([5_505_024, 774_144, 5_505_024]);
  expect(costs(5)).toEqual([11_010_048, 387_072, 5_505_024]);
  expect(costs(14)).toEqual([1_376_256, 96_768, 1_376_256]);
  const { layers, parameters, macs, output } = describeNet(mobileFaceNet);
  expect([parameters, macs, output]).toEqual([999_552, 189_408_256, [128]]);
  const kinds = (kind: string) => layers.filter((layer) => layer.kind === kind);
  expect([kinds('conv').length, kinds('batchNorm').length, kinds('residual').length]).toEqual([50, 50, 12]);
  // No activation after the 15 projections and the last two layers.
  expect(kinds('prelu')).toHaveLength(50 - 17);
});
