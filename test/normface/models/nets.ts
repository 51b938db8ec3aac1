/** Nets of every kind of layer, small enough that their right values are cheap. */

import type { Layer, Net } from '../../../src/normface/nets/net.ts';

const tail: readonly Layer[] = [
  { kind: 'flatten', name: 'flatten' },
  { kind: 'fullyConnected', name: 'fc', outputs: 5 },
];

const net = (
  name: string,
  layers: readonly Layer[],
  input: Net['input'] = [9, 7, 3],
  pixels?: Net['pixels'],
): Net => ({ name, input, ...(pixels && { pixels }), layers });

const conv = (name: string, channels: number, more: Partial<Layer> = {}): Layer =>
  ({ kind: 'conv', name, channels, kernel: 3, padding: 1, ...more }) as Layer;

/** By the name of what is looked at. */
export const smallNets: readonly Net[] = [
  net('convolutions', [
    conv('a', 6, { bias: false, padding: [0, 1, 2, 0], stride: [2, 1] } as Partial<Layer>),
    conv('b', 4, { groups: 2, kernel: [2, 3], dilation: [1, 2], padding: 2 } as Partial<Layer>),
    conv('c', 4, { groups: 4, stride: 2 } as Partial<Layer>),
    ...tail,
  ]),
  net('activations', [
    conv('a', 4),
    { kind: 'prelu', name: 'p' },
    conv('b', 4),
    { kind: 'prelu', name: 'shared', shared: true },
    conv('c', 4),
    { kind: 'relu', name: 'r' },
    conv('d', 6),
    { kind: 'maxFeatureMap', name: 'thirds', parts: 3 },
    { kind: 'sigmoid', name: 's' },
    ...tail,
    { kind: 'prelu', name: 'flat' },
    { kind: 'fullyConnected', name: 'fc2', outputs: 6, bias: false },
    { kind: 'maxFeatureMap', name: 'halves' },
  ]),
  net('norms', [
    { kind: 'batchNorm', name: 'first', epsilon: 1e-3 },
    conv('a', 4, { bias: false }),
    { kind: 'batchNorm', name: 'second' },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'batchNorm', name: 'third', scale: false },
    { kind: 'dropout', name: 'drop', rate: 0.4 },
    { kind: 'prelu', name: 'p' },
    { kind: 'fullyConnected', name: 'fc', outputs: 5, bias: false },
    { kind: 'batchNorm', name: 'features', scale: false },
  ]),
  net('max-pools', [
    { kind: 'maxPool', name: 'a', kernel: 2, ceilMode: true },
    { kind: 'maxPool', name: 'b', kernel: [3, 2], stride: [2, 1], padding: [1, 0] },
    { kind: 'maxPool', name: 'c', kernel: 3, stride: 2, padding: 1, ceilMode: true },
    ...tail,
  ]),
  net(
    'average-pools',
    [
      conv('a', 4),
      { kind: 'averagePool', name: 'plain', kernel: 2, stride: 1, padding: 1 },
      { kind: 'averagePool', name: 'uncounted', kernel: 3, stride: 1, padding: 1, countPadding: false },
      { kind: 'averagePool', name: 'hanging', kernel: 2, ceilMode: true },
      { kind: 'averagePool', name: 'padded', kernel: 3, stride: 2, padding: 1, ceilMode: true },
      ...tail,
    ],
    [10, 9, 1],
  ),
  net('means', [
    conv('a', 6),
    { kind: 'globalAveragePool', name: 'mean' },
    { kind: 'prelu', name: 'p' },
    { kind: 'fullyConnected', name: 'fc', outputs: 3 },
  ]),
  net('squeeze-excite', [
    conv('a', 6),
    { kind: 'squeezeExcite', name: 'se', reduction: 3 },
    { kind: 'squeezeExcite', name: 'unbiased', reduction: 2, bias: false, activation: 'prelu' },
    ...tail,
  ]),
  net('residuals', [
    conv('a', 4),
    {
      kind: 'residual',
      name: 'plain',
      layers: [
        { kind: 'batchNorm', name: 'n' },
        conv('b', 4),
        { kind: 'residual', name: 'inner', layers: [conv('c', 4), { kind: 'prelu', name: 'p' }] },
      ],
    },
    {
      kind: 'residual',
      name: 'projected',
      layers: [
        conv('d', 6, { stride: 2 } as Partial<Layer>),
        { kind: 'squeezeExcite', name: 'se', reduction: 2 },
      ],
      shortcut: [conv('e', 6, { stride: 2, kernel: 1, padding: 0 } as Partial<Layer>)],
    },
    ...tail,
  ]),
  net('branches', [
    {
      kind: 'branches',
      name: 'wide',
      branches: [[conv('a', 2)], [], [conv('b', 3), { kind: 'relu', name: 'r' }]],
    },
    { kind: 'branches', name: 'sum', join: 'add', branches: [[conv('c', 8)], [], [conv('d', 8)]] },
    { kind: 'flatten', name: 'flatten' },
    {
      kind: 'branches',
      name: 'flat',
      branches: [
        [{ kind: 'fullyConnected', name: 'f', outputs: 2 }],
        [{ kind: 'fullyConnected', name: 'g', outputs: 3 }],
      ],
    },
  ]),
  net('no-product', [conv('a', 4), { kind: 'flatten', name: 'flatten' }], [4, 3, 3]),
  net('grey', [conv('a', 4), ...tail], [6, 6, 1], { mean: 10, scale: 1 / 100 }),
];
