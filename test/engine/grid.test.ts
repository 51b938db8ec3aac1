import { expect, test } from 'vitest';
import type { Device, Tensor } from '../../src/engine/core/tensor.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { matmul } from '../../src/engine/ops/matmul/matmul.ts';
import { l2Normalise } from '../../src/engine/ops/norm/l2_normalise.ts';
import { DeviceRuntime } from '../../src/engine/runtime/device.ts';
import { rowChunkGrid } from '../../src/engine/tuning/grid.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const { report } = device;

/** The same GPU, as if it could start no more than eight workgroups along a dimension. */
const narrow = new DeviceRuntime(device.gpu, {
  ...report,
  limits: { ...report.limits, maxComputeWorkgroupsPerDimension: 8 },
});

const rows = 300;
const data = Float32Array.from({ length: rows * 8 }, (_, i) => ((i * 7) % 31) - 15);
const weights = Float32Array.from({ length: 64 }, (_, i) => ((i * 5) % 13) - 6);

test.each<[string, (on: Device, x: Tensor) => Tensor]>([
  ['element-wise work', (_, x) => relu(x)],
  ['rows', (_, x) => l2Normalise(x)],
  ['tiles of a matrix product', (on, x) => matmul(x, on.tensor(weights, [8, 8]))],
])('%s beyond the adapter’s limit of workgroups goes on in another dimension', async (_, run) => {
  const grids: (readonly number[])[] = [];
  const resultOn = async (on: Device): Promise<number[]> => {
    const x = on.tensor(data, [rows, 8]);
    // Few elements per invocation, so that a small tensor takes many workgroups.
    const { result } = on.settings.trying({ STEPS: 1, WORKGROUP: 16 }, () => {
      const step = on.capture(() => run(on, x));
      if (on === narrow) grids.push(...step.dispatches.map(({ grid }) => grid));
      step.run();
      return step.outputs;
    });
    return [...(await result.readFloats())];
  };
  expect(await resultOn(narrow)).toEqual(await resultOn(device));
  expect(grids.flat().every((extent, i) => i % 3 !== 0 || extent <= 8)).toBe(true);
  expect(grids.some(([, y, z]) => y! > 1 || z! > 1)).toBe(true);
});

test('a sum over the rows of an image is cut finely enough for a large GPU, and none of its chunks is shorter than 32 rows', () => {
  const hardware = new DeviceRuntime(device.gpu, { ...report, software: false });
  const [batch, height, width, channels] = [64, 110, 94, 64];
  const invocationsOf = (rows: number): number => {
    const { grid, constants } = rowChunkGrid(hardware, rows, channels);
    return grid[0] * constants.WORKGROUP;
  };
  // Cores of an H200 by the invocations that one holds: 132 · 2048; a quarter of that, with two vec4f each on their way, fills its memory.
  expect(invocationsOf(batch * height * width)).toBeGreaterThan((132 * 2048) / 4.5);
  expect(rowChunkGrid(hardware, 640, channels).rowChunks).toBe(20);
});
