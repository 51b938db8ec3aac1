/** Tensors stored as f16, in the kernels of f32. */

import { describe, expect, test as vitest } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { fusedConv2d } from '../../src/engine/ops/conv2d/fused_conv2d.ts';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { cast } from '../../src/engine/ops/elementwise/cast.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { linear } from '../../src/engine/ops/matmul/linear.ts';
import { batchNorm } from '../../src/engine/ops/norm/batch_norm.ts';
import { l2Normalise } from '../../src/engine/ops/norm/l2_normalise.ts';
import { concat } from '../../src/engine/ops/shape/concat.ts';
import { gather } from '../../src/engine/ops/shape/gather.ts';
import { pad } from '../../src/engine/ops/shape/pad.ts';
import { reshape } from '../../src/engine/ops/shape/reshape.ts';
import { DeviceRuntime } from '../../src/engine/runtime/device.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { checkCase, faultsOf } from '../../src/engine/testing/check.ts';
import { halfCase, halfCases } from '../../src/engine/testing/half-cases.ts';
import { expectAgreement, oneTileOfEachMainloop, variantsOf } from './agreement.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
/** Nothing to test on an adapter that has no f16, but that it says so. */
const test = device.report.features.includes('shader-f16') ? vitest : vitest.skip;

describe.each(halfCases.map(({ name, cases }) => [name, cases] as const))('%s', (_, cases) => {
  test.each(cases.map((sample) => [sample.label, sample] as const))(
    'right to what f16 rounds: %s',
    async (_, sample) => {
      expect(faultsOf(await checkCase(device, sample))).toEqual([]);
    },
  );
});

/** Channels by vec4f and one by one: Winograd, through workgroup memory, by shuffles. */
test.each([[conv2dOperator, '2×11×9×16!, 3×3×16×20! {"padding":2}']] as const)(
  'every algorithm gives the same',
  async (operator, label) => {
    const sample = halfCase(caseOf(operator, label), [0]);
    await expectAgreement(device, sample, oneTileOfEachMainloop(await variantsOf(device, sample)));
  },
);

/** What is not f16 after all would pass every comparison. */
test('results, gradients and what is kept for them are f16, gradients of weights f32', () => {
  const parameter = (shape: readonly number[]): Tensor =>
    device.tensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(0.1), shape).requireGradient();
  const x = device.tensor(new Float32Array(4 * 9 * 8 * 12).fill(1), [4, 9, 8, 12], 'f16').requireGradient();
  const [weight, slope, gamma, beta] = [[3, 3, 12, 12], [12], [12], [12]].map(parameter) as Tensor[];
  const running = { mean: parameter([12]), variance: parameter([12]) };
  const step = device.capture(() => {
    const y = fusedConv2d({ x, weight: weight!, activation: { slope: slope! } }, { padding: 1 });
    const z = batchNorm(add(y, x), gamma!, beta!, running, { training: true });
    const features = cast(z, 'f32');
    features.backward(device.constant(0.5, features.shape));
    return { y, z, features, dx: x.gradient!, dw: weight!.gradient! };
  });
  const { y, z, features, dx, dw } = step.outputs;
  expect([y, z, features, dx, dw].map(({ dtype }) => dtype)).toEqual(['f16', 'f16', 'f32', 'f16', 'f32']);
  // All that is as large as x; sums and Winograd's transformed images, which are larger, are f32.
  const asLarge = step.dispatches.flatMap(({ tensors }) => tensors.filter(({ size }) => size === x.size));
  const whole = asLarge.filter(({ dtype }) => dtype === 'f32');
  expect(asLarge.length).toBeGreaterThan(12);
  expect(whole.map(({ shape }) => shape)).toEqual([features.shape, features.shape]);
  const bytes = (kernel: string): number =>
    step.dispatches.find(({ dispatch }) => dispatch.kernel.name === kernel)!.dispatch.cost.bytes;
  expect(bytes('elementwise')).toBe(3 * 2 * x.size);
  expect(bytes('batch_norm_forward')).toBe(2 * 2 * x.size);
  step.dispose();
});

/** Rounded as IEEE 754 has it, whatever the driver's conversion does: the host's by tables of bits are another implementation. */
test('numbers beyond f16 become infinite, small ones are rounded, NaN stays', async () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const ties = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25, 2 ** -14 - 2 ** -25];
  const values = [65504, 65519, 65520, 1e6, 3e38, inf, nan, 0, 1e-7, 5.9e-8, 1e-40, ...ties].flatMap((v) => [
    v,
    -v,
  ]);
  const rounded = [
    65504,
    65504,
    inf,
    inf,
    inf,
    inf,
    nan,
    0,
    2 ** -23,
    2 ** -24,
    0,
    1,
    1 + 2 ** -9,
    0,
    2 ** -23,
    2 ** -14,
  ];
  const expected = rounded.flatMap((v) => [v, -v]);
  // By fours and one by one.
  for (const count of [values.length, values.length - 1]) {
    const x = device.tensor(values.slice(0, count), [count]);
    expect([...(await cast(x, 'f16').read())]).toEqual(expected.slice(0, count));
    expect([...(await device.tensor(values.slice(0, count), [count], 'f16').read())]).toEqual(
      expected.slice(0, count),
    );
  }
});

/** f16 has no odd numbers beyond 2048: an index that became one would meet another element. */
test.each([
  [1, 5003],
  [3, 4100],
  [2053, 3],
])('every element is where it belongs: %i × %i', async (rows, columns) => {
  // Different from all others nearby, and exact in f16.
  const values = Float32Array.from({ length: rows * columns }, (_, i) => ((i * 37) % 2039) - 1019);
  const x = device.tensor(values, [rows, columns], 'f16').requireGradient();
  const side = device.tensor(values.subarray(0, rows * 2), [rows, 2], 'f16');
  const y = concat([relu(x), side], { axis: 1 });
  const expected = Array.from({ length: rows }, (_, r) => [
    ...values.subarray(r * columns, (r + 1) * columns).map((value) => Math.max(value, 0)),
    ...values.subarray(2 * r, 2 * r + 2),
  ]);
  expect(y.dtype).toBe('f16');
  expect([...(await y.read())]).toEqual(expected.flat());
  const upstream = Float32Array.from({ length: y.size }, (_, i) => ((i * 53) % 1021) - 510);
  y.backward(device.tensor(upstream, y.shape, 'f16'));
  const gradient = Array.from(values, (value, i) => {
    const place = Math.floor(i / columns) * (columns + 2) + (i % columns);
    return value > 0 ? upstream[place]! : 0;
  });
  expect([...(await x.gradient!.read())]).toEqual(gradient);
});

test('a convolution over more than 2048 columns', async () => {
  const inputs = [{ shape: [1, 2, 2311, 4] }, { shape: [2, 3, 4, 5] }];
  const sample = halfCase(conv2dOperator.bind(inputs, { padding: [0, 0, 1, 1] }), [0]);
  expect(faultsOf(await checkCase(device, sample))).toEqual([]);
});

/** Tensors larger than a binding, which are bound in windows, and an odd number of elements in the last one. */
test('tensors larger than a binding', async () => {
  const limits = { ...device.report.limits, maxStorageBufferBindingSize: 1024 };
  const small = new DeviceRuntime(device.gpu, { ...device.report, limits }, { tune: 'off' });
  for (const size of [1501, 2048]) {
    const values = Float32Array.from({ length: size }, (_, i) => ((i * 37) % 2039) - 1019);
    const step = small.capture(() => relu(small.tensor(values, [size], 'f16')));
    expect(step.dispatches[0]!.kernel.bindings.length).toBeGreaterThan(2);
    step.run();
    expect([...(await step.outputs.read())]).toEqual(Array.from(values, (value) => Math.max(value, 0)));
    step.dispose();
  }
});

test('what is padded is the number that was asked for; rows are gathered', async () => {
  const x = device.tensor([1, 2, 3], [3], 'f16').requireGradient();
  const y = pad(x, { before: [2], after: [1], value: -1.5 });
  expect([...(await y.read())]).toEqual([-1.5, -1.5, 1, 2, 3, -1.5]);
  y.backward(device.tensor([1, 2, 3, 4, 5, 6], [6], 'f16'));
  expect([...(await x.gradient!.read())]).toEqual([3, 4, 5]);
  const rows = gather(x, device.tensor([2, 0, 2], [3], 'u32'));
  expect([...(await rows.read())]).toEqual([3, 1, 3]);
  rows.backward(device.tensor([10, 20, 30], [3], 'f16'));
  expect([...(await x.gradient!.read())]).toEqual([23, 4, 45]);
});

test.each([
  ['an operand is f32', (x: Tensor) => add(x, device.tensor([1, 2, 3], [3]))],
  ['the reverse pass begins with f32', (x: Tensor) => reshape(x, [3])],
])('gradients are stored like what they belong to where %s', (_, last) => {
  const x = device.tensor([1, 2, 3], [3], 'f16').requireGradient();
  const step = device.capture(() => last(relu(x)).backward(device.tensor([1, 2, 1 / 3], [3])));
  const { tensors } = step.dispatches.find(({ dispatch }) => dispatch.kernel.name === 'relu_grad_input')!;
  expect(tensors.map(({ dtype }) => dtype)).toEqual(['f16', 'f16', 'f16']);
  step.dispose();
});

test('a product counts f16 by the bytes that they have', () => {
  const [x, w] = [device.zeros([4, 8], 'f16'), device.zeros([8, 12])];
  const step = device.capture(() => linear(x, w));
  expect(step.dispatches[0]!.dispatch.cost.bytes).toBe(2 * 4 * 8 + 4 * 8 * 12 + 2 * 4 * 12);
  step.dispose();
});

test('an odd number of elements is written where no others follow', async () => {
  const x = device.tensor(new Float32Array(257).fill(1), [257], 'f16');
  x.rows(128, 129).write(new Float32Array(129).fill(2));
  x.rows(0, 128).write(new Float32Array(128).fill(3));
  expect([...(await x.read())]).toEqual([...Array(128).fill(3), ...Array(129).fill(2)]);
  expect(() => x.rows(0, 127).write(new Float32Array(127))).toThrow(
    /^write: an odd number of f16 cannot be written where others follow/,
  );
});

const otherwise = {
  'by its length': 'x[arrayLength(&x) - 1u]',
  'by a pointer': '*(&x[0])',
};

test.each(Object.entries(otherwise))('a kernel that uses a tensor %s is refused', (_, value) => {
  const source = `
    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(1) fn main() { y[0] = ${value}; }`;
  const run = (dtype: 'f16' | 'f32') =>
    device.dispatch({
      kernel: { name: 'last', source },
      constants: {},
      bindings: { x: device.zeros([3], dtype), y: device.zeros([3]) },
      grid: [1, 1, 1],
      cost: { flops: 0, bytes: 0 },
    });
  run('f32');
  expect(() => run('f16')).toThrow(
    /^last: kernel last uses x otherwise than as an array of numbers by its elements, so that it cannot be f16; cast it to f32 before$/,
  );
});

test('other types are refused by operators that have no f16', () => {
  const [half, whole] = [device.zeros([2, 3], 'f16'), device.zeros([2, 3])];
  expect(() => l2Normalise(half)).toThrow('l2Normalise: x must be f32, not f16');
  expect(() => concat([half, whole], { axis: 0 })).toThrow(
    'concat: all must be f32, or all f16, not f16, f32',
  );
  expect(() => linear(whole, device.zeros([3, 2]), device.zeros([2], 'f16'))).toThrow(
    'bias must be f32, not f16',
  );
  expect(() => cast(device.zeros([2], 'u32'), 'f16')).toThrow('cast: x must be f32 or f16, not u32');
  // As numpy has it.
  expect(add(half, whole).dtype).toBe('f32');
});

vitest('a device without f16 says so', async () => {
  const without = await testDevice({ features: [] });
  expect(() => cast(without.zeros([2]), 'f16')).toThrow(
    /^a tensor of f16 needs the feature shader-f16, which this device of the adapter .+ lacks$/,
  );
});
