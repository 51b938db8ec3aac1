/** Kernels that choose the size of their subgroups: who asks for which, and what the driver gets. */

import { describe, expect, test } from 'vitest';
import { matmul, matmulOperator } from '../../src/engine/ops/matmul/matmul.ts';
import type { AdapterReport } from '../../src/engine/runtime/adapter.ts';
import { linkKernel } from '../../src/engine/runtime/kernel.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { inputsOf } from '../../src/engine/testing/inputs.ts';
import { runEagerly } from '../../src/engine/testing/recording.ts';
import { askedSubgroupSize, classOf } from '../../src/engine/tuning/adapter-class.ts';
import { expectClose } from './agreement.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const { report } = device;
const mayAsk = report.features.includes('subgroup-size-control');

const adapterOf = (vendor: string, least: number, most: number): AdapterReport => ({
  ...report,
  software: false,
  vendor,
  subgroupSize: [least, most],
  features: ['subgroups', 'subgroup-size-control'],
});

test.each([
  ['Arc A770, Tiger Lake, Meteor Lake', 'intel', 8, 32, 8],
  ['Xe2', 'intel', 16, 32, 16],
  ['Intel as wgpu calls it', '32902', 8, 32, 8],
  ['RDNA', 'amd', 32, 64, 0],
  ['GCN', 'amd', 64, 64, 0],
  ['NVIDIA', 'nvidia', 32, 32, 0],
  ['Apple', 'apple', 32, 32, 0],
  ['a browser that tells nothing', '', 8, 32, 0],
])('%s: the size that products ask for', (_, vendor, least, most, asked) => {
  const adapter = adapterOf(vendor, least, most);
  expect(askedSubgroupSize(adapter)).toBe(asked);
  expect(askedSubgroupSize({ ...adapter, features: ['subgroups'] })).toBe(0);
});

test('a software driver is one whoever made the processor', () => {
  expect(classOf({ software: true, vendor: 'intel' })).toBe('software');
  expect(classOf({ software: false, vendor: 'Intel' })).toBe('intel');
  expect(classOf({ software: false, vendor: 'qualcomm' })).toBe('other');
});

describe('the attribute', () => {
  const kernel = { name: 'own', source: '@compute @workgroup_size(8)\nfn main() {}\n' };

  test('is given to the entry point, and the lines keep their numbers', () => {
    const { wgsl } = linkKernel(kernel, { SUBGROUP_SIZE: 8 });
    expect(wgsl).toContain('@compute @subgroup_size(8) @workgroup_size(8)');
    expect(wgsl).toContain('enable subgroup_size_control;');
    expect(wgsl.split('\n')).toHaveLength(linkKernel(kernel, {}).wgsl.split('\n').length);
  });

  test('is not given where the driver chooses, nor twice', () => {
    expect(linkKernel(kernel, { SUBGROUP_SIZE: 0 }).wgsl).not.toContain('subgroup_size');
    const shown = { name: 'own', source: linkKernel(kernel, { SUBGROUP_SIZE: 8 }).wgsl };
    expect(linkKernel(shown, { SUBGROUP_SIZE: 8 }).wgsl.match(/@subgroup_size/g)).toHaveLength(1);
  });
});

const product = caseOf(matmulOperator, '33×31, 31×68');
const throughMemory = (_: string, names: readonly string[]): string | undefined =>
  names.find((name) => name.startsWith('workgroup'));

/** The kernels of a product through workgroup memory, with a size asked for by hand. */
function kernelsAsking(size: number): string[] {
  const capture = () => device.capture(() => matmul(device.zeros([33, 31]), device.zeros([31, 68])));
  const { result: step } = device.settings.trying({ SUBGROUP_SIZE: size }, () =>
    device.tuner.preferring(throughMemory, capture),
  );
  const kernels = step.dispatches.map(({ kernel }) => kernel.wgsl);
  step.dispose();
  return kernels;
}

test.runIf(mayAsk)('a size asked for by hand reaches the driver, and the product is right', async () => {
  const [least] = report.subgroupSize;
  expect(kernelsAsking(least)).toEqual([expect.stringContaining(`@subgroup_size(${least})`)]);
  const { output } = await runEagerly(
    device,
    product,
    { constants: { SUBGROUP_SIZE: least } },
    throughMemory,
  );
  const expected = product.reference(inputsOf(product)).data;
  expectClose(output as Float32Array, expected, product.tolerance.forward, 'product');
});

test.runIf(mayAsk)('a size that the adapter lacks is an error that says which there are', () => {
  expect(() => kernelsAsking(3)).toThrow(
    /a subgroup size of 3 was asked for; this adapter has powers of two from \d+ to \d+/,
  );
});
