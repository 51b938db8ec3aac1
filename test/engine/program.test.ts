import { expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { conv2dGeometry } from '../../src/engine/ops/conv2d/conv2d_geometry.ts';
import { conv2dForward } from '../../src/engine/ops/conv2d/conv2d_products.ts';
import { cast } from '../../src/engine/ops/elementwise/cast.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import type { CapturedStep } from '../../src/engine/runtime/captured-step.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const runtime = runtimeOf(device);

/** Runs a step and reads what its last dispatch wrote. */
async function lastOf(step: CapturedStep<null>): Promise<Float32Array> {
  step.run();
  const { kernel, tensors } = step.dispatches.at(-1)!;
  const { storage, bytes } = tensors[kernel.bindings.findIndex(({ writable }) => writable)]!;
  const [contents] = await runtime.download([{ storage, bytes }]);
  return new Float32Array(contents!);
}

/** Records work, sends it as one process sends it to another, and runs it. */
async function sent(work: () => unknown): Promise<Float32Array> {
  const step = runtime.stepOf(structuredClone(await runtime.programOf(work)));
  try {
    return await lastOf(step);
  } finally {
    step.dispose();
  }
}

test('a program does what was recorded, with what short tensors from outside hold', async () => {
  const x = device.tensor([1, 2, 3, 4, 5], [5]);
  expect([...(await sent(() => scale(scale(x, 2), 3)))]).toEqual([6, 12, 18, 24, 30]);
  const rows = device.tensor(
    Array.from({ length: 128 }, (_, i) => i),
    [2, 64],
  );
  expect([...(await sent(() => scale(rows.rows(1, 1), 2))).slice(0, 3)]).toEqual([128, 130, 132]);
});

test.runIf(device.report.features.includes('shader-f16'))('an odd number of f16 from outside', async () => {
  const x = device.tensor([1, 2, 3], [3], 'f16');
  expect([...(await sent(() => cast(scale(x, 2), 'f32')))]).toEqual([2, 4, 6]);
});

test('a kernel whose extents are in a tensor gets them: Winograd', async () => {
  const g = conv2dGeometry([1, 9, 7, 4], [3, 3, 4, 8], { padding: 1 });
  const x = device.tensor(
    Array.from({ length: 9 * 7 * 4 }, (_, i) => Math.sin(i)),
    [1, 9, 7, 4],
  );
  const w = device.tensor(
    Array.from({ length: 9 * 4 * 8 }, (_, i) => Math.cos(i)),
    [3, 3, 4, 8],
  );
  const forward = (y: Tensor) =>
    device.tuner.preferring(
      (_, names) => names.find((name) => name === 'winograd 2×2'),
      () => conv2dForward(device, g, x, w, {}, y),
    );
  const y = device.empty([1, 9, 7, 8]);
  forward(y);
  const results = await sent(() => forward(device.empty([1, 9, 7, 8])));
  expect([...results]).toEqual([...(await y.readFloats())]);
});

test('a program that does not compile says where, in its own text', async () => {
  const x = device.tensor([1, 2, 3, 4], [4]);
  const program = await runtime.programOf(() => scale(x, 2));
  const [kernel] = program.kernels;
  const broken = {
    ...program,
    kernels: [{ ...kernel!, wgsl: `${kernel!.wgsl}\nfn wrong() { missing(); }` }],
  };
  const step = runtime.stepOf(broken);
  step.run();
  await expect(device.synchronize()).rejects.toThrow(
    /scale\.wgsl:\d+: .*missing[\s\S]*fn wrong\(\) \{ missing\(\); \}/,
  );
  step.dispose();
});
