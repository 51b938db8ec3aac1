import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { DeviceError } from '../../src/engine/core/errors.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import { dawnToggles, knownToggles, toggleFlags } from '../../src/engine/runtime/toggles.node.ts';

const platform = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
const dawnPackage = dirname(createRequire(import.meta.url).resolve('webgpu'));
const binary = readFileSync(join(dawnPackage, 'dist', platform, 'dawn.node'));

test('the installed Dawn knows every toggle of the list', () => {
  // Ends of strings are shared, so only the end of a name is sure to be marked.
  expect(knownToggles.filter((name) => !binary.includes(`${name}\0`))).toEqual([]);
  expect(new Set(knownToggles).size).toBe(knownToggles.length);
});

test('the modes set toggles of the list', () => {
  for (const names of Object.values(dawnToggles))
    expect(knownToggles).toEqual(expect.arrayContaining([...names]));
});

test('toggles of the options come on top of those of the mode, and disabling wins', () => {
  expect(toggleFlags('safe')).toEqual([
    'enable-dawn-features=vulkan_enable_f16_on_nvidia,allow_unsafe_apis',
    'disable-dawn-features=timestamp_quantization',
  ]);
  expect(
    toggleFlags('safe', {
      enable: ['dump_shaders', 'use_dxc', 'timestamp_quantization'],
      disable: ['use_dxc', 'allow_unsafe_apis'],
    }),
  ).toEqual([
    'enable-dawn-features=vulkan_enable_f16_on_nvidia,timestamp_quantization,dump_shaders',
    'disable-dawn-features=allow_unsafe_apis,use_dxc',
  ]);
});

test('a name that Dawn does not know is refused with the nearest one', async () => {
  const message = /^Dawn has no toggle disable_robustnes; did you mean disable_robustness\?$/;
  await expect(openDevice({ toggles: { enable: ['disable_robustnes'] } })).rejects.toThrow(message);
  await expect(openDevice({ toggles: { disable: ['disable_robustnes'] } })).rejects.toThrow(message);
  await expect(openDevice({ toggles: { disable: ['disable_robustnes'] } })).rejects.toBeInstanceOf(
    DeviceError,
  );
});

test('a device opens with toggles', async () => {
  const device = await openDevice({ toggles: { enable: ['use_vulkan_memory_model'] } });
  expect(await scale(device.tensor([2], [1]), 3).item()).toBe(6);
  device.close();
});
