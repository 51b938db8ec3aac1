import { expect, test } from 'vitest';
import type { ReferenceArray } from '../../../src/engine/core/operator.ts';
import { uniform01 } from '../../../src/engine/core/random.ts';
import { buildNet } from '../../../src/normface/nets/build.ts';
import { foldNet, type NetWithValues } from '../../../src/normface/nets/fold.ts';
import { findNet, nets } from '../../../src/normface/nets/index.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { planNet, withInner } from '../../../src/normface/nets/plan.ts';
import { type Input, runReference, withRandomValues } from './reference.ts';

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
    const [expected, actual] = [
      runReference(made, image(input)).data,
      runReference(folded, image(input)).data,
    ];
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
