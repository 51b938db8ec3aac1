/** Element-wise operations where numbers are hostile: against Math in float64, rounded to f32. */

import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/engine/core/errors.ts';
import { uniform01 } from '../../src/engine/core/random.ts';
import { elementwise } from '../../src/engine/ops/elementwise/elementwise.ts';
import type { Operation } from '../../src/engine/ops/elementwise/operation.ts';
import { operations } from '../../src/engine/ops/elementwise/operations.ts';
import type { OperationName, OptionsOf } from '../../src/engine/ops/elementwise/options.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const smallestNormal = 2 ** -126;

const magnitudes = [
  0,
  1e-45,
  1e-40,
  1.2e-38,
  1e-20,
  1e-4,
  0.02,
  0.3,
  0.5,
  0.7,
  1,
  1.5,
  2,
  3,
  4.5,
  9,
  14,
  30,
  88.7,
  89,
  1e4,
  16777217,
  1e20,
  1e38,
  3.4e38,
  infinity,
].map(Math.fround);
const hostile = [...magnitudes, ...magnitudes.map((value) => -value), nan];

/** Any operation, whatever its options. */
function apply(name: OperationName, tensors: Parameters<typeof elementwise>[1], options: object = {}) {
  return elementwise(name, tensors, options as OptionsOf<typeof name>);
}

const flushed = (value: number): number => (Math.abs(value) < smallestNormal ? value * 0 : value);

/** What an operation may give: WGSL lets devices take denormals for zeros, so what is expected with either is right. */
function expectations(name: OperationName, operands: readonly number[], options: object): number[] {
  const readings = operands.reduce<number[][]>(
    (lists, value) => lists.flatMap((list) => [value, flushed(value)].map((one) => [...list, one])),
    [[]],
  );
  const { reference } = operations[name] as Operation;
  // A limit that the formula of the reference makes NaN of.
  if (name === 'gelu' && operands[0] === -infinity) return [-0];
  return readings.map((reading) => Math.fround(reference(reading, options)));
}

function isClose(found: number, wanted: number, tolerance: number): boolean {
  if (Object.is(found, wanted)) return true;
  // Where denormals count as zeros, so do results.
  if (Math.abs(wanted) < 2 * smallestNormal) return Math.abs(found - wanted) <= 2 * smallestNormal;
  return Math.abs(found - wanted) <= tolerance * Math.abs(wanted);
}

/** Elements that are none of what is expected, in words. */
function faults(
  name: OperationName,
  columns: readonly ArrayLike<number>[],
  found: ArrayLike<number>,
  tolerance: number,
  options: object = {},
): string[] {
  return Array.from(found).flatMap((value, i) => {
    const operands = columns.map((column) => column[i]!);
    const expected = expectations(name, operands, options);
    if (expected.some((wanted) => isClose(value, wanted, tolerance))) return [];
    return [`${name}(${operands.join(', ')}) = ${value} instead of ${expected[0]}`];
  });
}

/** With the largest error relative to the value. */
const unary: readonly (readonly [OperationName, number, object])[] = [
  ['exp', 1e-5, {}],
  ['log', 2e-7, {}],
  ['sqrt', 2e-7, {}],
  ['abs', 0, {}],
  ['negate', 0, {}],
  ['square', 1e-7, {}],
  ['reciprocal', 3e-7, {}],
  ['clip', 0, { min: -2, max: 3 }],
  ['clip', 0, { max: 1e-3 }],
  ['sigmoid', 1e-5, {}],
  ['tanh', 3e-7, {}],
  ['gelu', 2e-5, {}],
  ['gelu', 3e-5, { approximate: 'tanh' }],
  ['leakyRelu', 2e-7, {}],
  ['softplus', 1e-5, {}],
];

describe.each(unary)('%s to %d of its value %o', (name, tolerance, options) => {
  // A multiple of four goes by vectors.
  test.each([
    ['vectors', [...hostile, 1, 2, 3]],
    ['one by one', hostile],
  ] as const)('hostile numbers by %s', async (_, values) => {
    await device.scope(async () => {
      const y = apply(name, [device.tensor(values, [values.length])], options);
      expect(faults(name, [values], await y.readFloats(), tolerance, options)).toEqual([]);
    });
  });

  test('ordinary numbers', async () => {
    const count = 4000;
    const values = Float32Array.from({ length: count }, (_, i) =>
      i % 2 ? 16 * uniform01(1, 0, i) - 8 : 2 ** (16 * uniform01(1, 0, i) - 12),
    );
    await device.scope(async () => {
      const y = apply(name, [device.tensor(values, [count])], options);
      expect(faults(name, [values], await y.readFloats(), tolerance, options)).toEqual([]);
    });
  });
});

const binary: readonly (readonly [OperationName, number])[] = [
  ['add', 1e-7],
  ['subtract', 1e-7],
  ['multiply', 1e-7],
  ['divide', 3e-7],
  ['maximum', 0],
  ['minimum', 0],
  ['power', 2e-5],
  ['equal', 0],
  ['notEqual', 0],
  ['less', 0],
  ['lessEqual', 0],
  ['greater', 0],
  ['greaterEqual', 0],
];

test.each(binary)('%s to %d of its value: every pair of hostile numbers', async (name, tolerance) => {
  const a = hostile.flatMap((value) => hostile.map(() => value));
  const b = hostile.flatMap(() => hostile);
  await device.scope(async () => {
    const y = apply(name, [
      device.tensor(hostile, [hostile.length, 1]),
      device.tensor(hostile, [hostile.length]),
    ]);
    expect(faults(name, [a, b], await y.readFloats(), tolerance)).toEqual([]);
  });
});

test('power keeps its digits where the exponent of the result is large', async () => {
  const count = 4000;
  const a = Float32Array.from({ length: count }, (_, i) => 2 ** (24 * uniform01(2, 0, i) - 12));
  const b = Float32Array.from({ length: count }, (_, i) => 20 * uniform01(3, 0, i) - 10);
  await device.scope(async () => {
    const y = apply('power', [device.tensor(a, [count]), device.tensor(b, [count])]);
    expect(faults('power', [a, b], await y.readFloats(), 1.5e-6)).toEqual([]);
  });
});

test('where takes what the condition says, and a NaN or a denormal is not 0', async () => {
  const condition = device.tensor([0, -0, 1, -1, nan, infinity], [6]);
  const a = device.tensor([nan, infinity, 3, 4, 5, 6], [6]).requireGradient();
  const b = device.tensor([1, 2, nan, -infinity, nan, nan], [6]).requireGradient();
  const y = apply('where', [condition, a, b]);
  expect([...(await y.readFloats())]).toEqual([1, 2, 3, 4, 5, 6]);
  y.backward(device.tensor([1, 2, 3, 4, 5, 6], [6]));
  expect([...(await a.gradient!.readFloats())]).toEqual([0, 0, 3, 4, 5, 6]);
  expect([...(await b.gradient!.readFloats())]).toEqual([1, 2, 0, 0, 0, 0]);
});

/** Operands, and the derivatives by them. */
type Row = readonly [OperationName, number[], number[], object?];
const saturated = [1e4, -1e4, infinity, -infinity];
const derivatives: readonly Row[] = [
  ['sqrt', [0], [infinity]],
  ['sqrt', [infinity], [0]],
  ['sqrt', [-1], [nan]],
  ['log', [0], [infinity]],
  ['log', [1e30], [1e-30]],
  ['exp', [-1e4], [0]],
  ['exp', [nan], [nan]],
  ['abs', [0], [0]],
  ['abs', [-2], [-1]],
  ['reciprocal', [1e15], [-1e-30]],
  ['clip', [-1], [1], { min: -1, max: 2 }],
  ['clip', [2], [1], { min: -1, max: 2 }],
  ['clip', [2.5], [0], { min: -1, max: 2 }],
  ['clip', [-infinity], [0], { min: -1, max: 2 }],
  ['leakyRelu', [0], [0.5], { slope: 0.5 }],
  ...['sigmoid', 'tanh'].flatMap((name) => saturated.map((a) => [name as OperationName, [a], [0]] as Row)),
  ...['softplus', 'gelu'].flatMap((name) =>
    saturated.map((a) => [name as OperationName, [a], [Number(a > 0)]] as Row),
  ),
  ['gelu', [1e4], [1], { approximate: 'tanh' }],
  ['gelu', [-infinity], [0], { approximate: 'tanh' }],
  ['gelu', [0], [0.5]],
  ['gelu', [nan], [nan]],
  ['softplus', [nan], [nan]],
  ['maximum', [3, 3], [0.5, 0.5]],
  ['maximum', [-0, 0], [0.5, 0.5]],
  ['maximum', [infinity, 2], [1, 0]],
  ['maximum', [nan, 2], [1, 1]],
  ['minimum', [3, 3], [0.5, 0.5]],
  ['minimum', [infinity, 2], [0, 1]],
  ['divide', [1e30, 1e30], [1e-30, -1e-30]],
  ['power', [0, 0], [0, 0]],
  ['power', [0, 2], [0, 0]],
  ['power', [0, 1], [1, 0]],
  ['power', [-2, 3], [12, nan]],
  ['power', [2, 0], [0, Math.log(2)]],
];

test.each(
  derivatives.map(([name, operands, expected, options = {}]) => ({ name, operands, expected, options })),
)('derivatives of $name at $operands are $expected', async ({ name, operands, expected, options }) => {
  await device.scope(async () => {
    const tensors = operands.map((value) => device.tensor([value], [1]).requireGradient());
    apply(name, tensors, options).backward();
    for (const [k, tensor] of tensors.entries()) {
      const found = await tensor.gradient!.item();
      const wanted = Math.fround(expected[k]!);
      expect(isClose(found + 0, wanted + 0, 1e-6), `by operand ${k}: ${found} instead of ${wanted}`).toBe(
        true,
      );
    }
  });
});

test('comparisons have no gradient', () => {
  const a = device.tensor([1], [1]).requireGradient();
  expect(apply('less', [a, a]).requiresGradient).toBe(false);
});

test('a gradient has the shape of its operand also where nothing is summed', async () => {
  const a = device.tensor([1, 2], [2]).requireGradient();
  const b = device.tensor([3, 4], [1, 2]).requireGradient();
  const y = apply('add', [a, b]);
  expect(y.shape).toEqual([1, 2]);
  y.backward(device.tensor([5, 6], [1, 2]));
  expect([a.gradient!.shape, b.gradient!.shape]).toEqual([[2], [1, 2]]);
  expect([...(await a.gradient!.readFloats())]).toEqual([5, 6]);
  expect(a.gradient!.storage).not.toBe(b.gradient!.storage);
});

test('an operand on both sides gets both gradients, broadcast or not', async () => {
  const row = device.tensor([1, 2, 3], [1, 3]).requireGradient();
  const y = apply('multiply', [row, row]);
  y.backward(device.tensor([1, 1, 1], [1, 3]));
  expect([...(await row.gradient!.readFloats())]).toEqual([2, 4, 6]);
});

test('broadcasting that alternates more often than kernels are made for is refused', () => {
  const alternating = (rank: number, first: number) =>
    device.zeros(Array.from({ length: rank }, (_, k) => (k % 2 === first ? 2 : 1)));
  const add = (rank: number) => apply('add', [alternating(rank, 0), alternating(rank, 1)]);
  expect(add(6).shape).toEqual([2, 2, 2, 2, 2, 2]);
  expect(() => add(7)).toThrow(ShapeError);
  expect(() => add(7)).toThrow(/add: broadcasting changes from axis to axis more often than the 5 times/);
});

test.each([
  ['sigmoid', (a: number) => 1 / ((1 + Math.exp(a)) * (1 + Math.exp(-a)))],
  ['tanh', (a: number) => 1 / Math.cosh(a) ** 2],
] as const)(
  'the derivative of %s keeps its digits where the value is next to its limit',
  async (name, derivative) => {
    const places = [-20, -9, -4, 4, 9, 20];
    const a = device.tensor(places, [places.length]).requireGradient();
    apply(name, [a]).backward(device.constant(1, a.shape));
    (await a.gradient!.readFloats()).forEach((found, i) => {
      const wanted = derivative(places[i]!);
      expect(Math.abs(found / wanted - 1), `at ${places[i]}`).toBeLessThan(2e-5);
    });
  },
);
