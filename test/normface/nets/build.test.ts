import { describe, expect, test } from 'vitest';
import type { ReferenceArray } from '../../../src/engine/core/operator.ts';
import { Parameters } from '../../../src/engine/core/parameters.ts';
import { normal01, uniform01 } from '../../../src/engine/core/random.ts';
import { withoutGradients } from '../../../src/engine/core/recording.ts';
import { elementCount } from '../../../src/engine/core/shape.ts';
import type { Tensor } from '../../../src/engine/core/tensor.ts';
import { conv2dReference } from '../../../src/engine/ops/conv2d/conv2d.reference.ts';
import { conv2dGeometry } from '../../../src/engine/ops/conv2d/conv2d_geometry.ts';
import { add } from '../../../src/engine/ops/elementwise/add.ts';
import { multiply } from '../../../src/engine/ops/elementwise/multiply.ts';
import { preluReference } from '../../../src/engine/ops/elementwise/prelu.reference.ts';
import { mean } from '../../../src/engine/ops/reduce/sum.ts';
import { SGD } from '../../../src/engine/optim/sgd.ts';
import { type BuiltNet, buildNet } from '../../../src/normface/nets/build.ts';
import { centerFaceResnet } from '../../../src/normface/nets/center-face-resnet.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { small } from '../../../src/normface/nets/small.ts';
import { tiny } from '../../../src/normface/nets/tiny.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice();

const valuesOf = ({ declarations }: BuiltNet): Map<string, Float32Array> =>
  new Map(declarations.map(({ name, init }) => [name, typeof init === 'function' ? init() : init]));

/** Pixels between −1 and 1. */
const images = (shape: number[], seed = 1): Tensor =>
  device.tensor(
    Float32Array.from({ length: elementCount(shape) }, (_, i) => 2 * uniform01(seed, 0, i) - 1),
    shape,
  );

/** Mean squared distance of features to a target. */
const squaredDistance = (features: Tensor, negativeTarget: Tensor): Tensor => {
  const difference = add(features, negativeTarget);
  return mean(multiply(difference, difference));
};

describe('initial values', () => {
  const built = buildNet(small, small.input, 7);
  const values = valuesOf(built);
  const spread = (numbers: Float32Array) =>
    Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);

  test('xavier is uniform within the root of 3 / fan-in', () => {
    for (const [name, fanIn] of [
      ['conv1.weight', 27],
      ['conv4.weight', 9 * 128],
      ['fc5.weight', 3072],
    ] as const) {
      const weights = values.get(name)!;
      const bound = Math.sqrt(3 / fanIn);
      const largest = weights.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(largest).toBeLessThanOrEqual(Math.fround(bound));
      expect(largest / bound).toBeGreaterThan(0.99);
      expect(spread(weights) * Math.sqrt(fanIn)).toBeCloseTo(1, 1);
    }
  });

  test('residual convolutions are Gaussian with deviation 0.01 and have no bias', () => {
    expect(spread(values.get('conv3_2.weight')!)).toBeCloseTo(0.01, 4);
    expect([...values.keys()].filter((name) => /_\d+\.bias/.test(name))).toEqual([]);
  });

  test('biases are 0, learn twice as fast and do not decay; slopes are 0.25 and decay', () => {
    const declared = new Map(built.declarations.map((declaration) => [declaration.name, declaration]));
    expect(values.get('conv2.bias')).toEqual(new Float32Array(64));
    expect(declared.get('conv2.bias')).toMatchObject({ learningRateMultiplier: 2, decayMultiplier: 0 });
    expect(values.get('prelu2_1.slope')).toEqual(new Float32Array(64).fill(0.25));
    const { learningRateMultiplier = 1, decayMultiplier = 1 } = declared.get('prelu2_1.slope')!;
    expect([learningRateMultiplier, decayMultiplier]).toEqual([1, 1]);
  });

  test('follow from the seed and the name alone', () => {
    const of = (net: Net, seed: number) => valuesOf(buildNet(net, tiny.input, seed));
    const first = of(tiny, 7);
    expect(of(tiny, 7)).toEqual(first);
    expect(of(tiny, 8).get('conv1.weight')).not.toEqual(first.get('conv1.weight'));
    expect(first.get('conv3_1.weight')).not.toEqual(first.get('conv3_2.weight'));
    const extra: Net = {
      ...tiny,
      layers: [{ kind: 'conv', name: 'new', channels: 3, kernel: 1 }, ...tiny.layers],
    };
    const { 'new.weight': added, 'new.bias': bias, ...same } = Object.fromEntries(of(extra, 7));
    expect([added!.length, bias!.length]).toEqual([9, 3]);
    expect(same).toEqual(Object.fromEntries(first));
  });
});

test('a net computes what its layers say', async () => {
  const net: Net = {
    name: 'reference',
    input: [6, 5, 3],
    layers: [
      { kind: 'conv', name: 'a', channels: 4, kernel: 3, stride: 2, padding: 1, bias: 0.1 },
      {
        kind: 'residual',
        name: 'r',
        layers: [
          { kind: 'conv', name: 'b', channels: 4, kernel: 3, padding: 1, bias: false },
          { kind: 'prelu', name: 'p' },
        ],
      },
      { kind: 'flatten', name: 'flat' },
      { kind: 'fullyConnected', name: 'c', outputs: 7, bias: 0.5 },
    ],
  };
  const built = buildNet(net, net.input, 3);
  const parameters = new Parameters(device, built.declarations);
  const x = images([2, 6, 5, 3]);
  const features = await device.scope(() => built.forward(x, parameters, { training: false }).readFloats());

  const array = async (tensor: Tensor) => ({
    shape: tensor.shape,
    data: Float64Array.from(await tensor.readFloats()),
  });
  const parameter = (name: string) => array(parameters.get(name));
  const convolve = async (
    input: ReferenceArray,
    name: string,
    bias: ReferenceArray | null,
    stride: number,
  ) => {
    const weight = await parameter(name);
    return conv2dReference(
      input,
      weight,
      bias,
      conv2dGeometry(input.shape, weight.shape, { stride, padding: 1 }),
    );
  };
  const a = await convolve(await array(x), 'a.weight', await parameter('a.bias'), 2);
  const b = preluReference(await convolve(a, 'b.weight', null, 1), await parameter('p.slope'));
  const { data: weight } = await parameter('c.weight');
  const inputs = 3 * 3 * 4;
  const expected = Array.from({ length: 2 * 7 }, (_, i) => {
    const [row, column] = [Math.floor(i / 7), i % 7];
    let sum = 0.5;
    for (let k = 0; k < inputs; k++)
      sum += (a.data[row * inputs + k]! + b.data[row * inputs + k]!) * weight[k * 7 + column]!;
    return sum;
  });
  expect(built.featureSize).toBe(7);
  expected.forEach((value, i) => {
    expect(features[i]).toBeCloseTo(value, 5);
  });
  expect(() => built.forward(images([2, 5, 6, 3]), parameters, { training: false })).toThrow(
    'reference: was built for images [6, 5, 3] and got a batch [2, 5, 6, 3]',
  );
});

test('layers that behave differently in training do so', async () => {
  const net: Net = {
    name: 'modes',
    input: [4, 4, 2],
    layers: [
      { kind: 'batchNorm', name: 'norm' },
      { kind: 'relu', name: 'relu' },
      { kind: 'maxFeatureMap', name: 'mfm' },
      { kind: 'averagePool', name: 'pool', kernel: 2 },
      { kind: 'globalAveragePool', name: 'global' },
      { kind: 'fullyConnected', name: 'wide', outputs: 64, bias: false },
      { kind: 'dropout', name: 'drop', rate: 0.5 },
    ],
  };
  const built = buildNet(net, net.input, 3);
  const parameters = new Parameters(device, built.declarations);
  const optimiser = new SGD(parameters, { learningRate: 0.1 });
  const x = images([3, 4, 4, 2]);
  device.setRandom(5, 0);
  const run = (training: boolean) => built.forward(x, parameters, { training });
  const zeros = (features: Float32Array) => features.filter((value) => value === 0).length;
  const dropped = await device.scope(async () => {
    const features = run(true);
    mean(multiply(features, features)).backward();
    optimiser.step();
    return zeros(await features.readFloats());
  });
  expect(dropped).toBeGreaterThan(3 * 16);
  expect(dropped).toBeLessThan(3 * 48);
  expect(zeros(await device.scope(() => run(false).readFloats()))).toBe(0);
  const values = await parameters.readAll();
  const pixels = await x.readFloats();
  const channelMean = pixels.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b) / 48;
  // A tenth of the way from 0 to the mean of the batch; no optimiser moves it.
  expect(values.get('norm.runningMean')![0]).toBeCloseTo(0.1 * channelMean, 6);
  expect(values.get('norm.gamma')).not.toEqual(new Float32Array(2).fill(1));
});

test('the tiny net learns: the loss of a batch falls, and a captured step gives the bits of eager ones', async () => {
  const [height, width, channels] = tiny.input;
  const built = buildNet(tiny, tiny.input, 1);
  const x = images([4, height, width, channels]);
  const target = device.tensor(
    Float32Array.from({ length: 4 * built.featureSize }, (_, i) => normal01(2, 0, i)),
    [4, built.featureSize],
  );
  const learner = () => {
    const parameters = new Parameters(device, built.declarations);
    const optimiser = new SGD(parameters, { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 });
    const step = () => {
      const loss = squaredDistance(built.forward(x, parameters, { training: true }), target);
      loss.backward();
      optimiser.step();
      return { loss };
    };
    return { parameters, step };
  };
  const captured = learner();
  const replay = device.capture(captured.step);
  const losses: number[] = [];
  for (let i = 0; i < 12; i++) {
    replay.run();
    losses.push(await replay.outputs.loss.item());
  }
  expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);

  const eager = learner();
  for (let i = 0; i < 12; i++) {
    const loss = await device.scope(() => eager.step().loss.item());
    expect(loss).toBe(losses[i]);
  }
  expect(await eager.parameters.readAll()).toEqual(await captured.parameters.readAll());
  replay.dispose();
});

test('frozen layers keep their bits, and no backward pass is spent on them', async () => {
  const built = buildNet(tiny, tiny.input, 1);
  const x = images([2, ...tiny.input]);
  const target = device.zeros([2, built.featureSize]);
  const capture = (frozen: (name: string) => boolean) => {
    const parameters = new Parameters(
      device,
      built.declarations.map((declaration) => ({ ...declaration, frozen: frozen(declaration.name) })),
    );
    const optimiser = new SGD(parameters, { learningRate: 0.1, weightDecay: 0.1 });
    const step = device.capture(() => {
      squaredDistance(built.forward(x, parameters, { training: true }), target).backward();
      optimiser.step();
    });
    return { parameters, step };
  };
  const whole = capture(() => false);
  const { parameters, step } = capture((name) => !name.startsWith('fc5'));
  const before = await parameters.readAll();
  step.run();
  const after = await parameters.readAll();
  const changed = [...before].filter(
    ([name, values]) => !Buffer.from(values.buffer).equals(Buffer.from(after.get(name)!.buffer)),
  );
  expect(changed.map(([name]) => name)).toEqual(['fc5.weight', 'fc5.bias']);
  expect(step.dispatches.length).toBeLessThan(whole.step.dispatches.length / 2);
});

test('the Center Face ResNet embeds an image', async () => {
  const built = buildNet(centerFaceResnet, centerFaceResnet.input, 1);
  const parameters = new Parameters(device, built.declarations);
  expect(parameters.count).toBe(27_536_800);
  const step = device.capture(() =>
    withoutGradients(() => built.forward(images([1, 112, 96, 3]), parameters, { training: false })),
  );
  step.run();
  expect(step.outputs.shape).toEqual([1, 512]);
  const features = await step.outputs.readFloats();
  expect(features.every(Number.isFinite)).toBe(true);
  const length = Math.hypot(...features);
  expect(length).toBeGreaterThan(0.1);
  expect(length).toBeLessThan(100);
  // The most at once is the second convolution: its input, and input and output as Winograd's transformed tiles, 36 numbers
  // for 16. That is less than half of the sum of all layers, 22.3 MB.
  const pixels = 4 * (110 * 94 * 32);
  const transformed = (36 / 16) * 4 * 108 * 92 * (32 + 64);
  expect(step.arenaBytes).toBeLessThan(1.05 * (pixels + transformed));
  step.dispose();
  parameters.dispose();
});

test('a net that does not end in flat features is refused', () => {
  const net: Net = { name: 'open', input: [4, 4, 2], layers: [{ kind: 'relu', name: 'relu' }] };
  expect(() => buildNet(net, net.input, 1)).toThrow(
    'the net open ends in [4, 4, 2], not in flat features; end it with a fullyConnected layer',
  );
});

test('layers of published nets: one slope for all channels, maxout of three, averages of the image alone', async () => {
  const net: Net = {
    name: 'recipe',
    input: [6, 5, 3],
    layers: [
      { kind: 'conv', name: 'conv', channels: 12, kernel: 3, padding: 1 },
      { kind: 'prelu', name: 'prelu', shared: true, slope: 0.5 },
      { kind: 'maxFeatureMap', name: 'maxout', parts: 3 },
      { kind: 'averagePool', name: 'pool', kernel: 3, stride: 2, padding: 1, countPadding: false },
      { kind: 'flatten', name: 'flatten' },
    ],
  };
  const built = buildNet(net, net.input, 3);
  expect(valuesOf(built).get('prelu.slope')).toEqual(new Float32Array([0.5]));
  expect(built.featureSize).toBe(3 * 3 * 4);
  const parameters = new Parameters(device, built.declarations);
  const features = built.forward(images([2, 6, 5, 3]), parameters, { training: true });
  const optimiser = new SGD(parameters, { learningRate: 0.1, nesterov: true });
  squaredDistance(features, device.tensor(new Float32Array(72).fill(-1), [2, 36])).backward();
  optimiser.step();
  const slope = await parameters.get('prelu.slope').item();
  expect(slope).not.toBe(0.5);
  expect(slope).toBeCloseTo(0.5, 0);
});
