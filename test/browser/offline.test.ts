import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeServiceWorker } from '../../scripts/web/bundle.mjs';
import { openPage, startBrowser } from './browser.ts';
import { serveSite } from './site.ts';

const browser = await startBrowser();

test('after the first visit every page opens without a network', async () => {
  const site = await serveSite();
  const { page } = await openPage(browser, site.url);
  const asked: string[] = [];
  page.context().on('request', (request) => asked.push(request.url()));
  await page.getByText('it also opens without a network').waitFor();
  await site.close();
  await expect(fetch(site.url)).rejects.toThrow();

  // In the page that was open, whose other parts were never loaded.
  await page.getByRole('link', { name: 'Device', exact: true }).first().click();
  await page.getByRole('region', { name: 'Limits', exact: true }).waitFor();

  // And in new ones, whatever the address.
  for (const [address, heading] of [
    ['', 'Faces on the unit sphere'],
    ['index.html#/kernels', 'Kernels'],
    ['?from=somewhere#/train', 'Train live'],
    ['#/verify', 'Verify'],
    ['#/device', 'Device'],
  ]) {
    const other = await page.context().newPage();
    await other.goto(site.url + address);
    await other.getByRole('heading', { level: 1, name: heading }).waitFor();
    await other.close();
  }

  // The thread of the reference is a file of its own.
  const kernel = await page.context().newPage();
  await kernel.goto(`${site.url}#/kernels?kernel=prelu_forward&operator=prelu&case=4x14x12x32`);
  await kernel.locator('.kernel-editor .cm-line').nth(3).waitFor({ timeout: 180_000 });
  const panel = kernel.getByRole('region', { name: 'Run', exact: true });
  await panel.getByRole('button', { name: /^Run/ }).click();
  await panel.locator('.kernel-verdict.right').waitFor({ timeout: 180_000 });
  expect(asked.filter((address) => !address.startsWith(site.url) && !address.startsWith('blob:'))).toEqual(
    [],
  );
  await page.context().close();
});

test('a new build shows at the next reload, and opens without a network once no window shows the old one', async () => {
  const site = await serveSite();
  const { page } = await openPage(browser, site.url);
  const kept = page.getByText('it also opens without a network');
  await kept.waitFor();
  const file = path.join(site.folder, 'index.html');
  const html = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, html.replace('</footer>', '<p>another build</p></footer>'));
  await writeServiceWorker(site.folder);
  await page.reload();
  await page.getByText('another build').waitFor();
  // The newer worker waits until the older one has no window any more.
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  const isWaiting = (): Promise<boolean> =>
    page.evaluate(async () => {
      const { installing, waiting } = await navigator.serviceWorker.ready;
      return installing === null && waiting !== null;
    });
  await expect.poll(isWaiting, { timeout: 60_000 }).toBe(true);
  await page.goto('about:blank');
  await page.goto(site.url);
  await expect.poll(isWaiting, { timeout: 60_000 }).toBe(false);
  await site.close();
  await page.reload();
  await page.getByText('another build').waitFor();
  expect(await page.evaluate(async () => (await caches.keys()).length)).toBe(1);
  await page.context().close();
});
