import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { Shape } from '../../src/engine/index.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

test('what console.log prints of a tensor is a line, not the insides of a device', () => {
  const x = device.tensor([1, 2, 3, 4, 5, 6], [2, 3]).requireGradient();
  const adapter = device.report.device || device.report.description;
  const on = `24 bytes on ${adapter}`;
  expect(inspect(x)).toBe(`Tensor [2, 3] f32, ${on}, wants a gradient; its values: await tensor.format()`);
  expect(inspect(scale(x, 2))).toContain('made by scale');
  x.dispose();
  expect(inspect(x)).toMatch(/; disposed of$/);
  expect(inspect(device).split('\n').length).toBeLessThanOrEqual(2);
});

test('values are printed in nested brackets, long dimensions by their ends', async () => {
  const show = (data: readonly number[], shape: Shape) => device.tensor(data, shape).format();
  expect(await show([7], [])).toBe('Tensor [] f32\n7');
  expect(await show([1, 2.5, -3, 1e-10, Number.NaN, Number.POSITIVE_INFINITY], [2, 3])).toBe(
    'Tensor [2, 3] f32\n[[1, 2.5, -3],\n [1e-10, NaN, Infinity]]',
  );
  const long = Array.from({ length: 100 }, (_, i) => i);
  expect(await show(long, [100])).toBe('Tensor [100] f32\n[0, 1, 2, …, 97, 98, 99]');
  expect(await show(long, [50, 1, 2])).toMatch(
    /^Tensor \[50, 1, 2\] f32\n\[\[\[0, 1\]\],\n \[\[2, 3\]\],\n.*…,.*\[\[98, 99\]\]\]$/s,
  );
});

test('calls that only JavaScript lets through are refused in a sentence', () => {
  const untyped = device as unknown as Record<string, (...given: unknown[]) => unknown>;
  expect(() => untyped.tensor!([1, 2, 3])).toThrow(
    /^tensor: a shape is a list of extents, such as \[2, 3\], not undefined$/,
  );
  expect(() => untyped.tensor!([1], [1], 'f64')).toThrow(
    /^tensor: there is no data type f64; there are f32, f16, u32, i32, rgba8$/,
  );
  expect(() => untyped.empty!([1], 'toString')).toThrow(/^empty: there is no data type toString/);
  expect(() => untyped.tensor!([[1], [2]], [2])).toThrow(/^tensor: the numbers are one flat list/);
  for (const other of ['2', null, undefined, [2], 2n])
    expect(() => untyped.tensor!([1, other], [2])).toThrow(/^tensor: the numbers .*; element 1 is none$/);
  const x = device.tensor([1, 2, 3, 4], [4]);
  expect(() => (x as unknown as { write(data: unknown): void }).write([1, 2, null, 4])).toThrow(
    /^write: the numbers .*; element 2 is none$/,
  );
});

test('numbers that an element type does not hold are refused, and so are parts of rows', () => {
  for (const value of [-1, 2 ** 32, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => device.tensor([1, value], [2], 'u32')).toThrow(
      `tensor: element 1 is ${value}; u32 holds whole numbers from 0 to 4294967295`,
    );
  expect(() => device.tensor(Float32Array.of(Number.NaN), [1], 'u32')).toThrow(/element 0 is NaN/);
  expect(() => device.tensor(Int32Array.of(-1), [1], 'u32')).toThrow(/element 0 is -1/);
  expect(() => device.tensor([2 ** 31], [1], 'i32')).toThrow(/i32 holds whole numbers from -2147483648/);
  expect(() => device.tensor([0, 1, 2, 256], [1, 4], 'rgba8')).toThrow(/element 3 is 256; rgba8 .* 0 to 255/);
  expect(() => device.zeros([1]).rows(0, 1.5)).toThrow(/^rows: .* whole numbers, not 0 and 1.5$/);
  expect(() => device.zeros([2]).rows(0.5, 1)).toThrow(/^rows: .* whole numbers, not 0.5 and 1$/);
});

test('zeros have the type that is asked for', async () => {
  const zeros = device.zeros([3], 'u32');
  expect(zeros.dtype).toBe('u32');
  expect([...(await zeros.read())]).toEqual([0, 0, 0]);
});
