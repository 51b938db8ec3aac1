import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { browserRecipe, findBrowser, installBrowser } from '../../scripts/setup/browsers.mjs';
import { parseOsRelease } from '../../scripts/setup/linux-driver.mjs';
import { SetupError } from '../../scripts/setup/process.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normface-browsers-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function program(name: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

test.runIf(process.platform === 'linux')('a browser is looked for by its names, in the order of PATH', () => {
  const PATH = [join(folder, 'a'), join(folder, 'b')].join(delimiter);
  const findChromium = (environment: Record<string, string>) => findBrowser('chromium', environment);
  expect(findChromium({ PATH })).toBeUndefined();
  const chrome = program('a/google-chrome');
  expect(findChromium({ PATH })).toBe(chrome);
  const chromium = program('b/chromium');
  expect(findChromium({ PATH })).toBe(chromium);
  expect(findChromium({ PATH, NORMFACE_CHROMIUM: chrome })).toBe(chrome);
  expect(findChromium({ PATH, NORMFACE_CHROMIUM: join(folder, 'none') })).toBeUndefined();
  expect(findBrowser('firefox', { PATH })).toBeUndefined();
  const firefox = program('b/firefox-esr');
  expect(findBrowser('firefox', { PATH, NORMFACE_CHROMIUM: chrome })).toBe(firefox);
});

test('each family has its command, an unknown one none', () => {
  const command = (text: string, kind: 'chromium' | 'firefox' = 'chromium') =>
    browserRecipe(kind, parseOsRelease(text))?.join(' ');
  expect(command('ID=debian')).toBe('apt-get install -y --no-install-recommends chromium');
  expect(command('ID=ubuntu\nID_LIKE=debian')).toBe(
    'apt-get install -y --no-install-recommends chromium-browser',
  );
  expect(command('ID=linuxmint\nID_LIKE="ubuntu debian"')).toMatch(/chromium-browser$/);
  expect(command('ID=fedora')).toBe('dnf install -y chromium');
  expect(command('ID=plan9')).toBeUndefined();
  expect(command('ID=debian', 'firefox')).toBe('apt-get install -y --no-install-recommends firefox-esr');
  expect(command('ID=opensuse-leap\nID_LIKE="suse opensuse"', 'firefox')).toBe(
    'zypper install -y MozillaFirefox',
  );
});

test('a wrong NORMFACE_CHROMIUM is one sentence, and nothing is installed', async () => {
  vi.stubEnv('NORMFACE_CHROMIUM', join(folder, 'none'));
  const installation = installBrowser('chromium');
  await expect(installation).rejects.toThrow(SetupError);
  await expect(installation).rejects.toThrow(/^NORMFACE_CHROMIUM names .*none, which is no program/);
});
