import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installDriver, openAdapter } from '../../scripts/setup/adapter.mjs';
import { adapterFingerprint } from '../../scripts/setup/fingerprint.mjs';
import { SetupError } from '../../scripts/setup/process.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normface-adapter-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('opens the adapter of this machine and names it', async () => {
  expect(await openAdapter()).toEqual({ adapter: expect.stringMatching(/\w/) });
});

test.runIf(process.platform === 'linux')('no driver: finds nothing, rather than crash', async () => {
  vi.stubEnv('VK_DRIVER_FILES', join(folder, 'none.json'));
  expect(await openAdapter()).toEqual({});
});

test('a driver hidden by the environment is not installed once more', async () => {
  vi.stubEnv('VK_DRIVER_FILES', '/nowhere.json');
  const installation = installDriver();
  await expect(installation).rejects.toThrow(SetupError);
  await expect(installation).rejects.toThrow(
    'no WebGPU adapter opens while VK_DRIVER_FILES=/nowhere.json is set',
  );
});

test.runIf(process.platform === 'linux')('the fingerprint follows the driver', () => {
  vi.stubEnv('XDG_DATA_HOME', folder);
  const manifest = join(folder, 'vulkan/icd.d/a.json');
  const library = join(folder, 'libvulkan_a.so');
  const seen = [adapterFingerprint('.')];
  expect(adapterFingerprint('.')).toBe(seen[0]);

  mkdirSync(join(folder, 'vulkan/icd.d'), { recursive: true });
  writeFileSync(manifest, JSON.stringify({ ICD: { library_path: library } }));
  seen.push(adapterFingerprint('.'));
  writeFileSync(library, 'a library');
  seen.push(adapterFingerprint('.'));
  writeFileSync(library, 'a newer library');
  seen.push(adapterFingerprint('.'));
  vi.stubEnv('VK_LOADER_DRIVERS_DISABLE', '*');
  seen.push(adapterFingerprint('.'));
  expect(new Set(seen).size).toBe(seen.length);

  vi.stubEnv('VK_LOADER_DRIVERS_DISABLE', undefined);
  rmSync(library);
  expect(adapterFingerprint('.')).toBe(seen[1]);
  rmSync(manifest);
  expect(adapterFingerprint('.')).toBe(seen[0]);
});
