import { expect, test } from 'vitest';
import { reportAdapter } from '../../src/engine/runtime/adapter.ts';
import { openAdapter } from '../../src/engine/runtime/open.ts';

const unit = { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 16, K: 16 };

/** Enough of an adapter to be reported and asked for a device, which it refuses. */
function fakeAdapter(
  info: object,
  features: readonly string[],
  asked: GPUDeviceDescriptor[] = [],
): GPUAdapter {
  const adapter = {
    info: {
      vendor: 'abacus',
      architecture: '',
      device: '',
      description: '',
      isFallbackAdapter: false,
      ...info,
    },
    features: new Set(features),
    limits: {},
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor);
      throw new Error('no device here');
    },
  };
  return adapter as unknown as GPUAdapter;
}

test('matrix units are reported as plain objects', () => {
  const { subgroupMatrix } = reportAdapter(
    fakeAdapter({ subgroupMatrixConfigs: [{ ...unit, more: 1 }] }, []),
  );
  expect(subgroupMatrix).toEqual([unit]);
  expect(reportAdapter(fakeAdapter({}, [])).subgroupMatrix).toEqual([]);
});

test('of the features that kernels can use, those that the adapter has are asked for', async () => {
  const asked: GPUDeviceDescriptor[] = [];
  const usable = [
    'chromium-experimental-subgroup-matrix',
    'shader-f16',
    'subgroup-size-control',
    'subgroups',
  ];
  for (const features of [[...usable, 'clip-distances'], []]) {
    const opening = openAdapter(fakeAdapter({}, features, asked), {}, () => null);
    await expect(opening).rejects.toThrow('no device here');
  }
  expect(asked.map(({ requiredFeatures }) => [...requiredFeatures!].sort())).toEqual([usable, []]);
});
