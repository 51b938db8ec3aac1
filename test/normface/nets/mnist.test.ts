import { expect, test } from 'vitest';
import { buildNet } from '../../../src/normface/nets/build.ts';
import { describeNet } from '../../../src/normface/nets/describe.ts';
import { lenetsPlusPlus, mnist3d, mnistLenet } from '../../../src/normface/nets/mnist.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { tiny2d, tiny3d } from '../../../src/normface/nets/tiny-features.ts';

const outputs = (net: Net) => describeNet(net).layers.map(({ name, output }) => [name, output.join('×')]);

test('the toy nets have the parameters of docs/reference.md#mnist-nets', () => {
  const counts = (net: Net) => [describeNet(net).parameters, ...describeNet(net).output];
  expect(counts(mnistLenet)).toEqual([427_642, 2]);
  expect(counts(mnist3d)).toEqual([290_339, 3]);
  // The count of 797,624 holds the class weights, 10×2.
  expect(counts(lenetsPlusPlus)).toEqual([797_624 - 20, 2]);
  expect(describeNet(lenetsPlusPlus).macs / 1e6).toBeCloseTo(80.9, 1);
});

test('the nets to be watched are a third of the LeNet', () => {
  for (const [net, parameters, length] of [
    [tiny2d, 155_522, 2],
    [tiny3d, 155_651, 3],
  ] as const) {
    const described = describeNet(net);
    expect([described.parameters, ...described.output]).toEqual([parameters, length]);
    expect(described.macs / describeNet(mnistLenet).macs).toBeLessThan(1 / 3);
  }
});

test('the LeNet has its PReLU after the pool', () => {
  expect(outputs(mnistLenet)).toEqual([
    ['conv1', '24×24×20'],
    ['pool1', '12×12×20'],
    ['prelu1', '12×12×20'],
    ['conv2', '8×8×50'],
    ['pool2', '4×4×50'],
    ['prelu2', '4×4×50'],
    ['flatten', '800'],
    ['fc1', '500'],
    ['prelu3', '500'],
    ['fc2', '2'],
  ]);
});

test('three pairs of convolutions, whose last pool leaves 3×3 pixels', () => {
  const pair = (stage: number, shape: string) =>
    [1, 2].flatMap((i) => [
      [`conv${stage}_${i}`, shape],
      [`prelu${stage}_${i}`, shape],
    ]);
  const trunk = [
    ...pair(1, '28×28×32'),
    ['pool1', '14×14×32'],
    ...pair(2, '14×14×64'),
    ['pool2', '7×7×64'],
    ...pair(3, '7×7×128'),
    ['pool3', '3×3×128'],
    ['flatten', '1152'],
  ];
  expect(outputs(mnist3d)).toEqual([...trunk, ['fc', '3']]);
  expect(outputs(lenetsPlusPlus)).toEqual([...trunk, ['fc', '2'], ['prelu_fc', '2']]);
});

test('weights are xavier, and slopes of the 3-D net do not decay', () => {
  const spread = (net: Net, parameter: string) => {
    const { init } = buildNet(net, net.input, 1).declarations.find(({ name }) => name === parameter)!;
    const values = typeof init === 'function' ? init() : init;
    return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  };
  expect(spread(mnistLenet, 'fc1.weight')).toBeCloseTo(1 / Math.sqrt(800), 3);
  expect(spread(mnist3d, 'conv2_2.weight')).toBeCloseTo(1 / Math.sqrt(9 * 64), 2);
  const decay = (net: Net) =>
    buildNet(net, net.input, 1)
      .declarations.filter(({ name }) => name.endsWith('.slope'))
      .map(({ decayMultiplier = 1 }) => decayMultiplier);
  expect(decay(mnist3d)).toEqual(Array(6).fill(0));
  expect(decay(lenetsPlusPlus)).toEqual(Array(7).fill(0));
  expect(decay(mnistLenet)).toEqual(Array(3).fill(1));
});
