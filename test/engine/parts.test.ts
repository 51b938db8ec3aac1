import { expect, test } from 'vitest';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const runtime = runtimeOf(device);

test('dispatches know their part, those of the reverse pass that of the forward one', () => {
  const x = device.tensor([1, 2, 3, 4], [4]).requireGradient();
  const dispatches = runtime.dispatchesOf(() => {
    const a = runtime.inPart('a', () => scale(x, 2));
    const b = runtime.inPart('b', () =>
      add(
        runtime.inPart('inner', () => scale(a, 3)),
        scale(a, 5),
      ),
    );
    sum(b).backward();
  });
  const told = dispatches.map(({ operator, phase, part }) => `${operator} ${phase} ${part}`);
  expect(told.filter((text) => text.includes('scale'))).toEqual([
    'scale forward a',
    'scale forward inner',
    'scale forward b',
    'scale backward b',
    'scale backward inner',
    'scale backward a',
  ]);
  expect(told[0]).toBe('scale forward a');
  expect(told.some((text) => /^sum \w+ null$/.test(text))).toBe(true);
  // The two ways back to `a` meet where the later one arrives.
  expect(told).toContain('add forward inner');
});

test('a part ends where its function does, also by an error', () => {
  expect(() =>
    runtime.inPart('a', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(runtime.part).toBeNull();
});

test('what is sketched is what would be dispatched, without linking it', () => {
  const x = device.tensor([1, 2, 3, 4], [4]).requireGradient();
  const body = () => sum(scale(x, 2)).backward();
  const prepared = runtime.dispatchesOf(body).map(({ dispatch }) => [dispatch.kernel.name, dispatch.grid]);
  expect(runtime.sketch(body).map(({ kernel, grid }) => [kernel.name, grid])).toEqual(prepared);
});
