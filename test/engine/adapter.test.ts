import { expect, test } from 'vitest';
import { DeviceError } from '../../src/engine/core/errors.ts';
import { reportAdapter } from '../../src/engine/runtime/adapter.ts';
import { defaultLimits } from '../../src/engine/runtime/capabilities.ts';
import { openAdapter } from '../../src/engine/runtime/open.ts';
import type { DeviceOptions } from '../../src/engine/runtime/options.ts';

const matrixFeature = 'chromium-experimental-subgroup-matrix';
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
    limits: { ...defaultLimits, maxStorageBuffersPerShaderStage: 10 },
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor);
      throw new Error('no device here');
    },
  };
  return adapter as unknown as GPUAdapter;
}

test('matrix units are reported as plain objects, where the feature is there that kernels need for them', () => {
  const reported = (info: object, features: readonly string[]) =>
    reportAdapter(fakeAdapter(info, features)).subgroupMatrix;
  const units = { subgroupMatrixConfigs: [{ ...unit, more: 1 }] };
  expect(reported(units, [matrixFeature])).toEqual([unit]);
  expect(reported({}, [matrixFeature])).toEqual([]);
  expect(reported(units, [])).toEqual([]);
});

test('of the features that kernels can use, those that the adapter has are asked for', async () => {
  const asked: GPUDeviceDescriptor[] = [];
  const usable = [matrixFeature, 'shader-f16', 'subgroup-size-control', 'subgroups'];
  for (const features of [[...usable, 'clip-distances'], []]) {
    const opening = openAdapter(fakeAdapter({}, features, asked), {}, () => null);
    await expect(opening).rejects.toThrow('no device here');
  }
  expect(asked.map(({ requiredFeatures }) => [...requiredFeatures!].sort())).toEqual([usable, []]);
});

test('fewer limits and features than the adapter has can be asked for', async () => {
  const asked: GPUDeviceDescriptor[] = [];
  const adapter = fakeAdapter({}, ['shader-f16', 'subgroups'], asked);
  const open = (options: DeviceOptions) => openAdapter(adapter, options, () => null);
  const enough = 'no device here';
  await expect(open({})).rejects.toThrow(enough);
  await expect(open({ limits: 'default', features: [] })).rejects.toThrow(enough);
  await expect(
    open({ limits: { maxBufferSize: 2 ** 20 }, features: ['subgroups'], operands: 'f32' }),
  ).rejects.toThrow(enough);
  const most = { ...defaultLimits, maxStorageBuffersPerShaderStage: 10 };
  expect(asked.map(({ requiredFeatures, requiredLimits }) => ({ requiredFeatures, requiredLimits }))).toEqual(
    [
      { requiredFeatures: ['subgroups', 'shader-f16'], requiredLimits: most },
      { requiredFeatures: [], requiredLimits: defaultLimits },
      { requiredFeatures: ['subgroups'], requiredLimits: { ...most, maxBufferSize: 2 ** 20 } },
    ],
  );
});

test.each<[DeviceOptions, string]>([
  [
    { limits: { maxBufferSize: 2 ** 40 } },
    'the limit maxBufferSize is 1099511627776; the adapter has 268435456',
  ],
  [{ limits: { maxBufferSize: Number.NaN } }, 'the limit maxBufferSize is NaN; the adapter has 268435456'],
  [
    { limits: { maxBindGroups: 4 } as DeviceOptions['limits'] & object },
    'limits has no maxBindGroups; there are ',
  ],
  [{ features: ['shader-f16'] }, 'the adapter lacks the feature shader-f16'],
  [{ features: ['clip-distances'] }, 'no kernel uses the feature clip-distances; features are subgroups, '],
  [
    { features: [], operands: 'f16' },
    'f16 operands need the feature shader-f16, which is not among the features asked for',
  ],
])('%j is refused in one sentence', async (options, sentence) => {
  const opening = openAdapter(fakeAdapter({}, ['subgroups', 'clip-distances']), options, () => null);
  await expect(opening).rejects.toThrow(sentence);
  await expect(opening).rejects.toThrow(DeviceError);
});
