/** A real Firefox, driven over WebDriver BiDi. */

import { type Browser, firefox } from 'playwright-core';
import { afterAll } from 'vitest';
import { findBrowser } from '../../scripts/setup/browsers.mjs';

/** What Firefox needs to offer WebGPU on Linux without a GPU, through Vulkan's software driver. */
const preferences = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'gfx.webgpu.force-enabled': true,
};

/** Starts Firefox, which ends with the tests of the file; null where there is none, which is said. */
export async function startFirefox(): Promise<Browser | null> {
  const executablePath = findBrowser('firefox');
  if (!executablePath) {
    console.log('Firefox: skipped, since it is not there; `npm run setup -- --firefox` says why');
    return null;
  }
  const browser = await firefox.launch({
    executablePath,
    // As it is installed, not the one that is patched for this library.
    channel: 'moz-firefox',
    firefoxUserPrefs: preferences,
  });
  afterAll(() => browser.close());
  return browser;
}
