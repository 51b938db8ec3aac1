import { expect, test } from 'vitest';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** 1.5 MiB: read through a buffer that is not kept. */
const many = 3 << 17;

test('what is written is what the array held at the call, also a part of a longer one or shared memory', async () => {
  const x = device.tensor([0, 0, 0], [3]);
  const whole = Float32Array.of(9, 1, 2, 3, 9);
  x.write(whole.subarray(1, 4));
  whole.fill(0);
  expect([...(await x.readFloats())]).toEqual([1, 2, 3]);
  const shared = new Float32Array(new SharedArrayBuffer(12));
  shared.set([4, 5, 6]);
  x.write(shared);
  expect([...(await x.readFloats())]).toEqual([4, 5, 6]);
  x.write([7, 8, 9]);
  expect([...(await x.readFloats())]).toEqual([7, 8, 9]);
});

test('numbers of another type are converted', async () => {
  const x = device.tensor(Float64Array.of(0.1, 2, -3), [3]);
  expect(await x.read()).toEqual(Float32Array.of(0.1, 2, -3));
  x.write(Uint8Array.of(1, 2, 3));
  expect(await x.read()).toEqual(Float32Array.of(1, 2, 3));
});

test('several reads under way at once give what their tensors held when they were asked', async () => {
  const x = device.tensor([0], [1]);
  const large = device.tensor(new Float32Array(many), [many]);
  const step = device.capture(() => ({ item: scale(x, 2), all: scale(large, 3) }));
  const numbers = Float32Array.from({ length: many }, (_, i) => i % 1000);
  const reads: Promise<[number, Float32Array, Float32Array]>[] = [];
  for (let round = 1; round <= 6; round++) {
    x.write([round]);
    numbers[0] = round;
    large.write(numbers);
    step.run();
    const { item, all } = step.outputs;
    reads.push(Promise.all([item.item(), all.readFloats(), scale(large, -1).readFloats()]));
    if (round % 3 === 0) await reads[round - 3];
  }
  (await Promise.all(reads)).forEach(([item, all, eager], i) => {
    const round = i + 1;
    expect(item).toBe(2 * round);
    numbers[0] = round;
    // `toEqual` takes seconds for so many numbers.
    expect(all.findIndex((value, k) => value !== 3 * numbers[k]!)).toBe(-1);
    expect(eager.findIndex((value, k) => value !== -numbers[k]!)).toBe(-1);
  });
  step.dispose();
});
