import { expect, test } from 'vitest';
import { describeNet } from '../../../src/normface/nets/describe.ts';
import { findNet } from '../../../src/normface/nets/index.ts';
import { planNet, withInner } from '../../../src/normface/nets/plan.ts';

/** Learnt and frozen numbers that are no running statistics: what PyTorch's `parameters()` counts. */
const parametersOf = (name: string): number =>
  planNet(findNet(name))
    .flatMap(withInner)
    .flatMap(({ parameters }) => parameters)
    .filter(({ name }) => !name.includes('.running'))
    .reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);

/** By arithmetic from `iresnet.py` of insightface. */
function expected(blocks: readonly number[], reduction?: number): number {
  const norm = (channels: number) => 2 * channels;
  const stem = 27 * 64 + norm(64) + 64;
  const stages = blocks.map((count, stage) => {
    const channels = 64 * 2 ** stage;
    const before = stage === 0 ? 64 : channels / 2;
    const gate = reduction === undefined ? 0 : 2 * channels * (channels / reduction);
    const block = (inputs: number) =>
      norm(inputs) +
      9 * inputs * channels +
      norm(channels) +
      channels +
      9 * channels ** 2 +
      norm(channels) +
      gate;
    return block(before) + before * channels + norm(channels) + (count - 1) * block(channels);
  });
  const tail = norm(512) + 7 * 7 * 512 * 512 + 512 + norm(512);
  return stem + stages.reduce((sum, stage) => sum + stage) + tail;
}

// The first column of numbers is what is published of insightface's nets, in millions.
test.each([
  ['iresnet-18', 24.03, [2, 2, 2, 2]],
  ['iresnet-34', 34.14, [3, 4, 6, 3]],
  ['iresnet-50', 43.59, [3, 4, 14, 3]],
  ['iresnet-100', 65.16, [3, 13, 30, 3]],
] as const)('%s has %f million parameters', (name, millions, blocks) => {
  expect(parametersOf(name)).toBe(expected(blocks));
  expect((parametersOf(name) / 1e6).toFixed(2)).toBe(String(millions));
  expect(parametersOf(`${name}-se`)).toBe(expected(blocks, 16));
  // The scale of the last batch norm is there but stays 1.
  expect(describeNet(findNet(name)).parameters).toBe(parametersOf(name) - 512);
});

test('a depth is the number of convolutions outside of shortcuts, and of fully connected layers', () => {
  const depth = (name: string) =>
    describeNet(findNet(name)).layers.filter(
      ({ kind, name }) => (kind === 'conv' && !name.includes('downsample')) || kind === 'fullyConnected',
    ).length;
  expect([18, 34, 50, 100].map((depth) => `iresnet-${depth}`).map(depth)).toEqual([18, 34, 50, 100]);
});

test('images are halved by the first block of each stage, whose shortcut projects them', () => {
  const { layers, output } = describeNet(findNet('iresnet-18-se'));
  const outputs = layers
    .filter(({ kind }) => kind === 'residual')
    .map(({ name, output }) => [name, ...output]);
  expect(outputs).toEqual([
    ['layer1.0', 56, 56, 64],
    ['layer1.1', 56, 56, 64],
    ['layer2.0', 28, 28, 128],
    ['layer2.1', 28, 28, 128],
    ['layer3.0', 14, 14, 256],
    ['layer3.1', 14, 14, 256],
    ['layer4.0', 7, 7, 512],
    ['layer4.1', 7, 7, 512],
  ]);
  expect(
    layers
      .filter(({ name }) => name.startsWith('layer2.0'))
      .map(({ name, input, output }) => [name, input.join('×'), output.join('×')]),
  ).toEqual([
    ['layer2.0.downsample.0', '56×56×64', '28×28×128'],
    ['layer2.0.downsample.1', '28×28×128', '28×28×128'],
    ['layer2.0.bn1', '56×56×64', '56×56×64'],
    ['layer2.0.conv1', '56×56×64', '56×56×128'],
    ['layer2.0.bn2', '56×56×128', '56×56×128'],
    ['layer2.0.prelu', '56×56×128', '56×56×128'],
    ['layer2.0.conv2', '56×56×128', '28×28×128'],
    ['layer2.0.bn3', '28×28×128', '28×28×128'],
    ['layer2.0.se.squeeze', '28×28×128', '128'],
    ['layer2.0.se.reduce', '128', '8'],
    ['layer2.0.se.activation', '8', '8'],
    ['layer2.0.se.expand', '8', '128'],
    ['layer2.0.se.gate', '128', '128'],
    ['layer2.0.se', '28×28×128', '28×28×128'],
    ['layer2.0', '56×56×64', '28×28×128'],
  ]);
  expect(output).toEqual([512]);
});

test('takes images of other sizes', () => {
  const { layers, output } = describeNet(findNet('iresnet-18'), [56, 48, 3]);
  expect(layers.find(({ name }) => name === 'flatten')!.input).toEqual([4, 3, 512]);
  expect(output).toEqual([512]);
});
