import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openPage, patience, startBrowser } from './browser.ts';
import { serveApplication } from './site.ts';

const url = await serveApplication();
const browser = await startBrowser();

/** Rules that the page breaks, with the elements that do. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run(document)');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** What is looked at, and what is waited for before. */
const views: readonly (readonly [name: string, hash: string, ready: string])[] = [
  ['the front page', '#/', '.start-faces'],
  ['the list of kernels', '#/kernels', 'a.kernel-link'],
  ['a kernel', '#/kernels?kernel=prelu_forward&operator=prelu&case=4x14x12x32', '.kernel-editor .cm-line'],
  ['Verify', '#/verify', '.drop-zone'],
  ['Device', '#/device', '.limits'],
  ['no page', '#/nowhere', '.page-list'],
];

test.each(['light', 'dark'] as const)('axe finds nothing wrong with the pages in %s', async (colorScheme) => {
  const { page, problems } = await openPage(browser, `${url}#/nowhere`, { colorScheme });
  for (const [name, hash, ready] of views) {
    await page.goto(url + hash);
    await page.locator(ready).first().waitFor();
    expect(await violationsOf(page), name).toEqual([]);
    if (name !== 'a kernel') continue;
    const panel = page.getByRole('region', { name: 'Run', exact: true });
    await panel.getByRole('button', { name: /^Run/ }).click();
    await panel.locator('.kernel-verdict').waitFor();
    await page.getByRole('heading', { name: 'Compare two versions' }).click();
    await page.getByRole('heading', { name: 'The file before linking' }).click();
    await page.locator('.kernel-source .cm-line').first().waitFor();
    const editor = page.locator('.kernel-editor .cm-content');
    await editor.click();
    await page.keyboard.press('ControlOrMeta+Home');
    await page.keyboard.type('broken ');
    await page.locator('.kernel-problem').first().waitFor();
    expect(await violationsOf(page), 'a kernel with an error, after a run').toEqual([]);
  }
  expect(problems).toEqual([]);
  await page.context().close();
});

test('axe finds nothing wrong without WebGPU', async () => {
  const without = await startBrowser({ webgpu: false });
  const { page } = await openPage(without, `${url}#/nowhere`);
  page.setDefaultTimeout(patience);
  for (const [hash, ready] of [
    ['#/kernels', 'a.kernel-link'],
    ['#/kernels?kernel=gemm', '.kernel-source .cm-line'],
    ['#/train', 'h1'],
    ['#/device', 'h1'],
  ]) {
    await page.goto(url + hash);
    await page.locator('[data-notice=no-gpu]').waitFor();
    await page.locator(ready!).first().waitFor();
    expect(await violationsOf(page), hash).toEqual([]);
  }
  await page.context().close();
});
