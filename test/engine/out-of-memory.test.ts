/** A GPU without memory left: what nobody uses is given back, large things are made once more, and the rest is one sentence. */

import { beforeEach, expect, test } from 'vitest';
import { OutOfMemoryError } from '../../src/engine/core/errors.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { batch, tinyModel } from '../normface/training/tiny.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const { gpu } = device;
const { pool } = runtimeOf(device);

/** Numbers of the buffers that are refused, counted from the latest `refuse`. */
let refused: (count: number) => boolean = () => false;
let asked = 0;
let isRefusing = false;

function refuse(which: (count: number) => boolean): void {
  refused = which;
  asked = 0;
}

const create = gpu.createBuffer.bind(gpu);
gpu.createBuffer = (descriptor) => {
  if (!(descriptor.usage & GPUBufferUsage.STORAGE) || !refused(asked++)) return create(descriptor);
  // A buffer of no use, as an implementation gives it: whatever binds it is refused as well.
  gpu.pushErrorScope('validation');
  const invalid = create({ size: descriptor.size, usage: 0 });
  void pop();
  isRefusing = true;
  return invalid;
};
const pop = gpu.popErrorScope.bind(gpu);
gpu.popErrorScope = async () => {
  const wasRefused = isRefusing;
  isRefusing = false;
  const caught = await pop();
  return wasRefused ? new GPUOutOfMemoryError('injected') : caught;
};

beforeEach(() => refuse(() => false));

/** Something that takes a pooled buffer and memory of a captured step. */
function make() {
  const x = device.tensor(new Float32Array(1000).fill(3), [1000]);
  const step = device.capture(() => ({ y: scale(scale(x, 2), 5) }));
  return {
    step,
    dispose: () => {
      step.dispose();
      x.dispose();
    },
  };
}

test('the pool is trimmed and the work is made once more, with the same result', async () => {
  device.tensor(new Float32Array(1 << 20), [1 << 20]).dispose();
  const { reserved } = pool;
  expect(reserved - pool.used).toBeGreaterThanOrEqual(4 << 20);
  refuse((count) => count === 1);
  let discarded = 0;
  const made = await device.allocating(make, (useless) => {
    discarded++;
    useless.dispose();
  });
  expect(discarded).toBe(1);
  expect(pool.reserved).toBeLessThan(reserved);
  made.step.run();
  const y = await made.step.outputs.y.readFloats();
  expect(y.every((value) => value === 30)).toBe(true);
  made.dispose();
});

test('what is refused twice is one sentence, and the device works on', async () => {
  refuse(() => true);
  const failing = device.allocating(make, (useless) => useless.dispose());
  await expect(failing).rejects.toThrow(OutOfMemoryError);
  refuse(() => true);
  await expect(device.allocating(make, (useless) => useless.dispose())).rejects.toThrow(
    /^out of GPU memory: \d+ bytes on top of \d+ pooled ones were refused; use a smaller batch or a smaller net$/,
  );
  refuse(() => false);
  await device.synchronize();
  expect(await scale(device.tensor([2], [1]), 3).item()).toBe(6);
});

test('an eager tensor is refused with the read, after which there is room', async () => {
  device.tensor(new Float32Array(1 << 20), [1 << 20]).dispose();
  refuse((count) => count === 0);
  const x = device.tensor(new Float32Array(1 << 21), [1 << 21]);
  await expect(scale(x, 2).read()).rejects.toThrow(/^out of GPU memory: 8388608 bytes/);
  x.dispose();
  expect(pool.reserved - pool.used).toBeLessThan(1 << 20);
  await device.synchronize().catch(() => {}); // what followed from it
  expect(await scale(device.tensor([2], [1]), 3).item()).toBe(6);
});

test('a model whose memory is refused at any point of its making is made once more and trains the same', async () => {
  const config = { loss: { name: 'normface' } } as const;
  const train = async (refusals: (count: number) => boolean) => {
    refuse(refusals);
    const model = await device.tuner.tuned(
      () => tinyModel(device, config),
      (useless) => useless.dispose(),
    );
    const count = asked;
    refuse(() => false);
    const { loss } = await model.step(batch, 0.02, 0);
    model.dispose();
    return { loss, count };
  };
  const { loss: expected, count } = await train(() => false);
  expect(count).toBeGreaterThan(3);
  for (const number of [0, Math.floor(count / 2), count - 1]) {
    const { loss } = await train((asked) => asked === number);
    expect(loss).toBe(expected);
  }
});
