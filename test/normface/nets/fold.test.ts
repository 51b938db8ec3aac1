import { expect, test } from 'vitest';
import type { ReferenceArray } from '../../../src/engine/core/operator.ts';
import { normal01, uniform01 } from '../../../src/engine/core/random.ts';
import { conv2dReference } from '../../../src/engine/ops/conv2d/conv2d.reference.ts';
import { conv2dGeometry } from '../../../src/engine/ops/conv2d/conv2d_geometry.ts';
import { preluReference } from '../../../src/engine/ops/elementwise/prelu.reference.ts';
import { buildNet } from '../../../src/normface/nets/build.ts';
import { foldNet, type NetWithValues } from '../../../src/normface/nets/fold.ts';
import { findNet, nets } from '../../../src/normface/nets/index.ts';
import { randomStream } from '../../../src/normface/nets/initial.ts';
import type { Layer, Net } from '../../../src/normface/nets/net.ts';
import { planNet, withInner } from '../../../src/normface/nets/plan.ts';

type Input = readonly [number, number, number];

/** A net with its first weights, and statistics, scales, shifts, biases and slopes at random. */
function withRandomValues(net: Net, input: Input = net.input): NetWithValues {
  const values = new Map<string, Float32Array>();
  for (const { name, init } of buildNet(net, input, 1).declarations) {
    const first = typeof init === 'function' ? init() : init;
    const random = (value: number, i: number): number => {
      const normal = normal01(2, randomStream(name), i);
      if (name.endsWith('.runningVariance')) return 0.2 + uniform01(2, randomStream(name), i);
      return name.endsWith('.weight') ? value : value + 0.4 * normal;
    };
    values.set(name, first.map(random));
  }
  return { net, values };
}

/** What the layers compute in inference, in float64; of one image. */
function run({ net, values }: NetWithValues, image: ReferenceArray): ReferenceArray {
  const value = (name: string): ReferenceArray => {
    const data = Float64Array.from(values.get(name)!);
    return { shape: [data.length], data };
  };
  const optional = (name: string) => (values.has(name) ? value(name) : null);
  const map = ({ shape, data }: ReferenceArray, f: (x: number, i: number) => number): ReferenceArray => ({
    shape,
    data: data.map(f),
  });
  const add = (a: ReferenceArray, b: ReferenceArray) => map(a, (x, i) => x + b.data[i]!);
  const means = ({ shape, data }: ReferenceArray): ReferenceArray => {
    const channels = shape.at(-1)!;
    const sums = new Float64Array(channels);
    data.forEach((x, i) => {
      sums[i % channels]! += (x * channels) / data.length;
    });
    return { shape: [1, channels], data: sums };
  };
  const one = (x: ReferenceArray, layer: Layer): ReferenceArray => {
    const { name } = layer;
    switch (layer.kind) {
      case 'conv': {
        const { channels, kernel, stride, padding, groups = 1 } = layer;
        const extents = typeof kernel === 'number' ? [kernel, kernel] : kernel;
        const shape = [...extents, x.shape[3]! / groups, channels];
        const weight = { shape, data: value(`${name}.weight`).data };
        const geometry = conv2dGeometry(x.shape, shape, { stride, padding, groups });
        return conv2dReference(x, weight, optional(`${name}.bias`), geometry);
      }
      case 'fullyConnected': {
        const weight = value(`${name}.weight`).data;
        const sums = optional(`${name}.bias`)?.data ?? new Float64Array(layer.outputs);
        weight.forEach((w, i) => {
          sums[i % layer.outputs]! += w * x.data[Math.floor(i / layer.outputs)]!;
        });
        return { shape: [1, layer.outputs], data: sums };
      }
      case 'batchNorm': {
        const of = (parameter: string, i: number) => {
          const numbers = values.get(`${name}.${parameter}`)!;
          return numbers[i % numbers.length]!;
        };
        return map(x, (number, i) => {
          const deviation = Math.sqrt(of('runningVariance', i) + (layer.epsilon ?? 1e-5));
          return (of('gamma', i) * (number - of('runningMean', i))) / deviation + of('beta', i);
        });
      }
      case 'prelu':
        return preluReference(x, value(`${name}.slope`));
      case 'relu':
        return map(x, (number) => Math.max(number, 0));
      case 'sigmoid':
        return map(x, (number) => 1 / (1 + Math.exp(-number)));
      case 'flatten':
        return { shape: [1, x.data.length], data: x.data };
      case 'dropout':
        return x;
      case 'residual':
        return add(all(x, layer.shortcut ?? []), all(x, layer.layers));
      case 'branches':
        return layer.branches.map((branch) => all(x, branch)).reduce(add);
      case 'squeezeExcite': {
        const part = (kind: string, outputs: number): Layer =>
          ({ kind, name: `${name}.${kind === 'fullyConnected' ? '' : kind}`, outputs }) as Layer;
        const reduced = values.get(`${name}.reduce.weight`)!.length / x.shape[3]!;
        const gate = all(means(x), [
          { ...part('fullyConnected', reduced), name: `${name}.reduce` },
          part('relu', 0),
          { ...part('fullyConnected', x.shape[3]!), name: `${name}.expand` },
          part('sigmoid', 0),
        ]);
        return map(x, (number, i) => number * gate.data[i % gate.data.length]!);
      }
      default:
        throw new Error(`no reference of ${layer.kind}`);
    }
  };
  const all = (x: ReferenceArray, layers: readonly Layer[]): ReferenceArray => layers.reduce(one, x);
  return all(image, net.layers);
}

const image = (input: Input): ReferenceArray => ({
  shape: [1, ...input],
  data: Float64Array.from({ length: input[0] * input[1] * input[2] }, (_, i) => 2 * uniform01(9, 0, i) - 1),
});

const kindsOf = ({ net }: NetWithValues, input: Input): string[] =>
  planNet(net, input)
    .flatMap(withInner)
    .map(({ kind }) => kind);

const batchNorms = (made: NetWithValues, input: Input = made.net.input): number =>
  kindsOf(made, input).filter((kind) => kind === 'batchNorm').length;

/** Every way in which a batch norm meets a product, and those in which it must stay. */
const mixed: Net = {
  name: 'mixed',
  input: [6, 5, 3],
  layers: [
    { kind: 'batchNorm', name: 'before_padded' },
    { kind: 'conv', name: 'a', channels: 8, kernel: 3, padding: [0, 1, 0, 0] },
    { kind: 'batchNorm', name: 'after', epsilon: 1e-3 },
    { kind: 'batchNorm', name: 'after_that' },
    { kind: 'prelu', name: 'p' },
    { kind: 'batchNorm', name: 'before' },
    { kind: 'conv', name: 'b', channels: 12, kernel: 2, groups: 4, bias: false },
    {
      kind: 'residual',
      name: 'r',
      layers: [
        { kind: 'conv', name: 'c', channels: 12, kernel: 3, padding: 1, groups: 12, bias: false },
        { kind: 'batchNorm', name: 'c_norm', scale: false },
        { kind: 'squeezeExcite', name: 's', reduction: 3 },
      ],
      shortcut: [
        { kind: 'batchNorm', name: 'd_norm' },
        { kind: 'conv', name: 'd', channels: 12, kernel: 1 },
      ],
    },
    {
      kind: 'branches',
      name: 'two',
      join: 'add',
      branches: [
        [
          { kind: 'conv', name: 'e', channels: 12, kernel: 1 },
          { kind: 'batchNorm', name: 'e_norm' },
        ],
        [],
      ],
    },
    { kind: 'batchNorm', name: 'before_flat' },
    { kind: 'flatten', name: 'flat' },
    { kind: 'dropout', name: 'drop', rate: 0.5 },
    { kind: 'fullyConnected', name: 'f', outputs: 7, bias: false },
    { kind: 'batchNorm', name: 'f_norm' },
  ],
};

test.each<readonly [string, Net, Input, number, number]>([
  [mixed.name, mixed, mixed.input, 9, 1],
  // As small as its last convolution of 7×6 lets the image be.
  ['mobilefacenet', findNet('mobilefacenet'), [97, 81, 3], 50, 0],
])(
  '%s computes the same with its batch norms folded, but for the rounding of weights',
  (_, net, input, before, after) => {
    const made = withRandomValues(net, input);
    const folded = foldNet(made);
    expect([batchNorms(made, input), batchNorms(folded, input)]).toEqual([before, after]);
    const [expected, actual] = [run(made, image(input)).data, run(folded, image(input)).data];
    const scale = Math.hypot(...expected) / Math.sqrt(expected.length);
    expected.forEach((value, i) => {
      expect(Math.abs(actual[i]! - value) / scale).toBeLessThan(3e-6);
    });
  },
);

/** The deeper IResNets repeat the blocks of the first; on a small image their last layer is small too. */
const light = nets.filter(({ name }) => !/^iresnet-(34|50|100)/.test(name));
const sizeOf = ({ name, input }: Net): Input => (name.startsWith('iresnet') ? [16, 16, 3] : input);

test.each(light.map((net) => [net.name, net] as const))(
  '%s keeps its parameters but those of folded batch norms, and has no dropout',
  (_, net) => {
    const input = sizeOf(net);
    const sizes = buildNet(net, input, 1).declarations.map(
      ({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)] as const,
    );
    const values = new Map(sizes.map(([name, size]) => [name, new Float32Array(size)]));
    const folded = foldNet({ net, values });
    const declared = buildNet(folded.net, input, 1).declarations;
    expect([...folded.values.keys()].sort()).toEqual(declared.map(({ name }) => name).sort());
    for (const { name, shape } of declared)
      expect(folded.values.get(name)).toHaveLength(shape.reduce((a, b) => a * b, 1));
    expect(kindsOf(folded, input)).not.toContain('dropout');
    expect([...values].map(([name, { length }]) => [name, length])).toEqual(sizes);
    // Without batch norms nothing is copied.
    if (sizes.every(([name]) => !name.endsWith('.gamma')))
      for (const [name, data] of values) expect(folded.values.get(name)).toBe(data);
  },
);

test('the values given stay as they are', () => {
  const made = withRandomValues(mixed);
  const before = new Map([...made.values].map(([name, data]) => [name, data.slice()]));
  foldNet(made);
  expect(made.values).toEqual(before);
});
