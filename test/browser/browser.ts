/** A real Chromium for tests, and pages in it that notice everything that goes wrong. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll } from 'vitest';
import { findBrowser } from '../../scripts/setup/browsers.mjs';

/** How long a page may take for anything, in milliseconds: its driver compiles kernels on the CPU, beside whatever else runs. */
export const patience = 180_000;

/** What headless Chromium needs to offer WebGPU without a GPU, through SwiftShader. */
const webGpuFlags = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/**
 * Starts a browser with a profile of its own, which ends with the tests of the file.
 * @param options `webgpu: false`: as a browser without an adapter; `flags`: others of Chromium's
 */
export async function startBrowser({ webgpu = true, flags = [] as string[] } = {}): Promise<Browser> {
  const executablePath = findBrowser('chromium');
  if (!executablePath) throw new Error('there is no Chromium; `npm run setup -- --browser` installs it');
  const browser = await chromium.launch({
    executablePath,
    // Its own headless mode, not the older one of a separate program.
    headless: false,
    args: [
      '--headless=new',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(webgpu ? webGpuFlags : []),
      ...flags,
    ],
  });
  afterAll(() => browser.close());
  return browser;
}

/** A page and what went wrong in it so far: console errors, exceptions, failed requests, requests to elsewhere. */
export interface WatchedPage {
  readonly page: Page;
  readonly problems: string[];
}

/** Opens a URL in a page with a profile of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) =>
    problems.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`),
  );
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    const isOwn = origin === new URL(url).origin || protocol === 'blob:' || protocol === 'data:';
    if (!isOwn) problems.push(`request to elsewhere: ${request.url()}`);
  });
  await page.goto(url);
  return { page, problems };
}

/**
 * Writes a picture of the whole page for people to look at, into NORMFACE_SCREENSHOTS or the system's temporary folder.
 * @returns its file
 */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = process.env.NORMFACE_SCREENSHOTS ?? path.join(os.tmpdir(), 'normface-screenshots');
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file, fullPage: true });
  return file;
}

const every = [1440, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({
    name: `${width}-${colorScheme}`,
    viewport: { width, height: width > 1000 ? 900 : 844 },
    colorScheme,
  })),
);

/**
 * How wide and in which colours pages are looked at: each width and each colour once, as how things lie does not depend on colours;
 * every combination where somebody wants the pictures (`NORMFACE_SCREENSHOTS=folder`).
 */
export const looks = process.env.NORMFACE_SCREENSHOTS
  ? every
  : every.filter(({ name }) => ['1440-light', '390-dark'].includes(name));
