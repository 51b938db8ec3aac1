/**
 * The operator table on a device that has no more than every WebGPU device: the default limits and no features. And on one whose kernels
 * may bind ten storage buffers, as many as some browsers allow on any GPU.
 */

import { expect, test } from 'vitest';
import type { BoundCase } from '../../src/engine/core/operator.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { defaultLimits } from '../../src/engine/runtime/capabilities.ts';
import { dispatchesOf } from '../../src/engine/testing/recording.ts';
import { extent, tableTests } from '../implementations/suite.ts';
import { OperatorTable } from '../implementations/table.ts';
import { testDevice } from './open.ts';

const device = await testDevice({ limits: 'default', features: [], tune: 'off' });

test('the device is the smallest that WebGPU allows', () => {
  const { gpu, report } = device;
  for (const [name, value] of Object.entries(defaultLimits))
    expect(gpu.limits[name as keyof typeof defaultLimits], name).toBe(value);
  expect(report.limits).toMatchObject({ maxStorageBuffersPerShaderStage: 8, maxBufferSize: 2 ** 28 });
  expect(report).toMatchObject({ features: [], subgroupSize: [0, 0], subgroupMatrix: [] });
});

const table = new OperatorTable(device, extent);
tableTests({
  implementation: 'default limits',
  adapter: device.report,
  entries: table.entries,
  check: (index) => table.check(index),
});

test('with ten storage buffers every case dispatches what it does with all that the adapter has', async () => {
  const [ten, all] = [
    await testDevice({ limits: { maxStorageBuffersPerShaderStage: 10 }, tune: 'off' }),
    await testDevice({ tune: 'off' }),
  ];
  expect(ten.gpu.limits.maxStorageBuffersPerShaderStage).toBe(10);
  const described = (sample: BoundCase, on: Device) =>
    dispatchesOf(on, sample).map(({ kernel, grid }) => [kernel.key, kernel.wgsl, grid]);
  for (const { name, cases } of operators)
    for (const sample of cases)
      expect(described(sample, ten), `${name} ${sample.label}`).toEqual(described(sample, all));
});
