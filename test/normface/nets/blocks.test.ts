import { expect, test } from 'vitest';
import { Parameters } from '../../../src/engine/core/parameters.ts';
import { normal01, uniform01 } from '../../../src/engine/core/random.ts';
import { withoutGradients } from '../../../src/engine/core/recording.ts';
import { elementCount } from '../../../src/engine/core/shape.ts';
import type { Tensor } from '../../../src/engine/core/tensor.ts';
import { add } from '../../../src/engine/ops/elementwise/add.ts';
import { multiply } from '../../../src/engine/ops/elementwise/multiply.ts';
import { mean } from '../../../src/engine/ops/reduce/sum.ts';
import { SGD } from '../../../src/engine/optim/sgd.ts';
import { buildNet } from '../../../src/normface/nets/build.ts';
import type { Layer, Net } from '../../../src/normface/nets/net.ts';
import { testDevice } from '../../engine/open.ts';

/** Layers that hold others: what they compute, and whether gradients find their way through all of their paths. */

const device = await testDevice();

const random = (shape: readonly number[], seed: number): Float32Array =>
  Float32Array.from({ length: elementCount(shape) }, (_, i) => 2 * uniform01(seed, 0, i) - 1);

/** Builds layers that end in maps, and gives what they make of two images of 3×2 pixels and 4 channels. */
async function run(...layers: Layer[]) {
  const input = [3, 2, 4] as const;
  const net: Net = {
    name: 'block',
    input: input as never,
    layers: [...layers, { kind: 'flatten', name: 'flat' }],
  };
  const built = buildNet(net, input, 3);
  const parameters = new Parameters(device, built.declarations);
  const x = random([2, ...input], 1);
  const y = await device.scope(() =>
    built.forward(device.tensor(x, [2, ...input]), parameters, { training: false }).readFloats(),
  );
  return { x, y, values: await parameters.readAll() };
}

const relu = (value: number): number => Math.max(value, 0);

function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
}

test('a residual adds what its shortcut makes of the input', async () => {
  const { x, y, values } = await run({
    kind: 'residual',
    name: 'r',
    layers: [{ kind: 'conv', name: 'c', channels: 6, kernel: 1, bias: false }],
    shortcut: [
      { kind: 'relu', name: 's' },
      { kind: 'conv', name: 'p', channels: 6, kernel: 1, bias: false },
    ],
  });
  const product = (weight: string, pixel: readonly number[], out: number) =>
    pixel.reduce((sum, value, i) => sum + value * values.get(`${weight}.weight`)![i * 6 + out]!, 0);
  const expected = Array.from({ length: 12 * 6 }, (_, i) => {
    const pixel = [...x.slice(4 * Math.floor(i / 6), 4 * Math.floor(i / 6) + 4)];
    return product('c', pixel, i % 6) + product('p', pixel.map(relu), i % 6);
  });
  expectClose(y, expected);
});

test('branches put channels side by side, in their order, or add them', async () => {
  const branches: Layer[][] = [[], [{ kind: 'relu', name: 'r' }], [{ kind: 'maxFeatureMap', name: 'm' }]];
  // A net has parameters: slopes of 1 change nothing.
  const same: Layer = { kind: 'prelu', name: 'same', slope: 1 };
  const joined = await run(same, { kind: 'branches', name: 'b', branches });
  const pixels = (x: Float32Array) => Array.from({ length: 12 }, (_, i) => [...x.slice(4 * i, 4 * i + 4)]);
  expectClose(
    joined.y,
    pixels(joined.x).flatMap((pixel) => {
      const [a, b, c, d] = pixel as [number, number, number, number];
      return [...pixel, ...pixel.map(relu), Math.max(a, c), Math.max(b, d)];
    }),
  );
  const added = await run(same, { kind: 'branches', name: 'b', join: 'add', branches: branches.slice(0, 2) });
  expectClose(
    added.y,
    [...added.x].map((value) => value + relu(value)),
  );
});

test('squeeze and excitation weighs channels by what follows from their means', async () => {
  const { x, y, values } = await run({
    kind: 'squeezeExcite',
    name: 'se',
    reduction: 2,
    activation: 'prelu',
    bias: 0.1,
  });
  const weight = (part: string, rows: number, row: number, column: number) =>
    values.get(`se.${part}.weight`)![row * rows + column]!;
  const expected: number[] = [];
  for (let image = 0; image < 2; image++) {
    const at = (pixel: number, channel: number) => x[24 * image + 4 * pixel + channel]!;
    const channels = [0, 1, 2, 3];
    const means = channels.map((c) => [0, 1, 2, 3, 4, 5].reduce((sum, pixel) => sum + at(pixel, c), 0) / 6);
    const hidden = [0, 1]
      .map((j) => means.reduce((sum, value, i) => sum + value * weight('reduce', 2, i, j), 0.1))
      .map((value) => (value > 0 ? value : 0.25 * value));
    const gate = channels.map(
      (c) =>
        1 / (1 + Math.exp(-hidden.reduce((sum, value, j) => sum + value * weight('expand', 4, j, c), 0.1))),
    );
    for (let pixel = 0; pixel < 6; pixel++) for (const c of channels) expected.push(at(pixel, c) * gate[c]!);
  }
  expectClose(y, expected);
});

/** A small net with all that IResNet has, and branches of both kinds. */
const norm = (name: string): Layer => ({ kind: 'batchNorm', name });
const conv = (name: string, channels: number, kernel: number, stride = 1): Layer => ({
  kind: 'conv',
  name,
  channels,
  kernel,
  stride,
  padding: (kernel - 1) / 2,
  bias: false,
});
const net: Net = {
  name: 'small-iresnet',
  input: [8, 8, 3],
  layers: [
    conv('conv1', 4, 3),
    norm('bn1'),
    { kind: 'prelu', name: 'prelu' },
    {
      kind: 'residual',
      name: 'block',
      layers: [
        norm('block.bn1'),
        conv('block.conv1', 8, 3),
        norm('block.bn2'),
        { kind: 'prelu', name: 'block.prelu' },
        conv('block.conv2', 8, 3, 2),
        norm('block.bn3'),
        { kind: 'squeezeExcite', name: 'block.se', reduction: 4, activation: 'prelu' },
      ],
      shortcut: [conv('block.downsample.0', 8, 1, 2), norm('block.downsample.1')],
    },
    {
      kind: 'branches',
      name: 'side',
      branches: [[conv('side.a', 4, 1)], [conv('side.b', 4, 3), norm('side.bn')], []],
    },
    { kind: 'branches', name: 'sum', join: 'add', branches: [[], [conv('sum.a', 16, 1)]] },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc', outputs: 5 },
    { kind: 'batchNorm', name: 'features', scale: false },
  ],
};
const batch = 4;

/** The mean squared distance of the features to fixed targets, and what it depends on. */
function problem() {
  const built = buildNet(net, net.input, 1);
  const parameters = new Parameters(device, built.declarations);
  const x = device.tensor(random([batch, ...net.input], 1), [batch, ...net.input]);
  const target = device.tensor(
    Float32Array.from({ length: batch * 5 }, (_, i) => normal01(2, 0, i)),
    [batch, 5],
  );
  const loss = (): Tensor => {
    const difference = add(built.forward(x, parameters, { training: true }), target);
    return mean(multiply(difference, difference));
  };
  return { built, parameters, loss };
}

test('gradients of every parameter agree with finite differences', async () => {
  const { built, parameters, loss } = problem();
  const learnt = built.declarations.filter(({ frozen }) => !frozen).map(({ name }) => name);
  const gradients = await device.scope(async () => {
    loss().backward();
    return Promise.all(learnt.map((name) => parameters.get(name).gradient!.readFloats()));
  });
  expect(learnt).not.toContain('features.gamma');
  // Captured once: the many forward passes are replayed.
  const replay = device.capture(() => withoutGradients(() => ({ loss: loss() })));
  const currentLoss = () => {
    replay.run();
    return replay.outputs.loss.item();
  };
  const values = await parameters.readAll();
  for (const [i, name] of learnt.entries()) {
    const gradient = gradients[i]!;
    const size = Math.hypot(...gradient);
    // fc's bias and that of a batch norm before another one change nothing.
    const own = size > 1e-6 ? gradient.map((value) => value / size) : gradient;
    const direction = own.map((value, j) => value + normal01(3, i, j) / Math.sqrt(own.length));
    const slope = gradient.reduce((sum, value, j) => sum + value * direction[j]!, 0);
    const before = values.get(name)!;
    const step = 0.005;
    const moved = async (sign: number) => {
      parameters.write(
        name,
        before.map((value, j) => value + sign * step * direction[j]!),
      );
      return currentLoss();
    };
    const difference = ((await moved(1)) - (await moved(-1))) / (2 * step);
    parameters.write(name, before);
    expect(Math.abs(difference - slope), `${name}: ${difference} and ${slope}`).toBeLessThan(
      2e-4 + 0.02 * Math.abs(slope),
    );
  }
  replay.dispose();
}, 300_000);

test('the loss falls, and a captured step gives the bits of eager ones', async () => {
  const learner = () => {
    const { parameters, loss } = problem();
    const optimiser = new SGD(parameters, { learningRate: 0.05, momentum: 0.9 });
    const step = () => {
      const value = loss();
      value.backward();
      optimiser.step();
      return { loss: value };
    };
    return { parameters, step };
  };
  const captured = learner();
  const replay = device.capture(captured.step);
  const losses: number[] = [];
  for (let i = 0; i < 15; i++) {
    replay.run();
    losses.push(await replay.outputs.loss.item());
  }
  expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!);
  const eager = learner();
  for (let i = 0; i < 3; i++) expect(await device.scope(() => eager.step().loss.item())).toBe(losses[i]);
  const scale = (await captured.parameters.readAll()).get('features.gamma')!;
  expect([...scale]).toEqual([1, 1, 1, 1, 1]);
  replay.dispose();
}, 300_000);
