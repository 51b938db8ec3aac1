import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { BROWSER_BUNDLE } from '../../scripts/bundles.mjs';
import { openPage, startBrowser } from './browser.ts';
import { serveMade } from './site.ts';

test('the page without a bundler fits its curve', async () => {
  const { url } = await serveMade(async (folder) => {
    await build({ ...BROWSER_BUNDLE, outdir: path.join(folder, 'dist') });
    fs.cpSync('examples/browser', path.join(folder, 'examples/browser'), { recursive: true });
  });
  const { page, problems } = await openPage(await startBrowser(), `${url}examples/browser/index.html`);
  await page.locator('body[data-done]').waitFor({ timeout: 240_000 });
  const status = await page.locator('#status').textContent();
  expect(Number(/squared error (\d\.\d+)$/.exec(status!)?.[1])).toBeLessThan(0.02);
  expect(problems).toEqual([]);
});
