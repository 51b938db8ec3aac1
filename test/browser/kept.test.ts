import { expect, test } from 'vitest';
import { openPage, startBrowser } from './browser.ts';
import { serveApplication } from './site.ts';

const url = await serveApplication();
const browser = await startBrowser();

test('a kernel that is left is as it was when it is shown again: text, results, place and title', async () => {
  const { page, problems } = await openPage(
    browser,
    `${url}#/kernels?kernel=prelu_forward&operator=prelu&case=4x14x12x32`,
  );
  const editor = page.locator('.kernel-editor .cm-content');
  await editor.locator('.cm-line').nth(3).waitFor();
  expect(await page.title()).toBe('prelu_forward · Kernels · normface');
  await editor.click();
  await page.keyboard.press('ControlOrMeta+Home');
  await page.keyboard.type('// mine\n');
  await page.waitForURL(/[?&]text=/);
  const edited = page.url();
  const panel = page.getByRole('region', { name: 'Run', exact: true });
  await panel.getByRole('button', { name: /^Run/ }).click();
  await panel.locator('.kernel-verdict.right').waitFor();
  await page.evaluate(() => {
    scrollTo(0, 300);
    location.hash = '#/device'; // a click would scroll to its link first
  });
  await page.getByRole('heading', { level: 1, name: 'Device' }).waitFor();
  expect(await page.title()).toBe('Device · normface');
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'prelu_forward' }).waitFor();
  expect(await editor.textContent()).toContain('// mine');
  expect(await panel.locator('.kernel-verdict.right').count()).toBe(1);
  expect(page.url()).toBe(edited);
  expect(await page.title()).toBe('prelu_forward · Kernels · normface');
  expect(await page.evaluate(() => scrollY)).toBe(300);

  // Through the list, whose links say no more than the name.
  await page.getByRole('link', { name: 'Kernels', exact: true }).click();
  await page.getByRole('searchbox').fill('prelu_f');
  await page.getByRole('link', { name: /^prelu_forward/ }).click();
  expect(await editor.textContent()).toContain('// mine');
  expect(await panel.locator('.kernel-verdict.right').count()).toBe(1);
  expect(page.url()).toBe(edited);
  await page.getByRole('link', { name: 'Kernels', exact: true }).click();
  expect(await page.getByRole('searchbox').inputValue()).toBe('prelu_f');

  // A link that says something else is followed.
  await page.goto(`${url}#/kernels?kernel=prelu_forward&case=2x7x6x16`);
  await page.getByText('2×7×6×16').first().waitFor();
  expect(await editor.textContent()).not.toContain('// mine');
  await page.getByLabel('Case: extents').fill('4x14x12x32');
  await page.getByLabel('Case: extents').press('Enter');
  await editor.getByText('// mine').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('keys belong to the page that is shown', async () => {
  const { page, problems } = await openPage(browser, `${url}#/kernels?kernel=prelu_forward`);
  await page.locator('.kernel-editor .cm-line').nth(3).waitFor();
  await page.getByRole('link', { name: 'Kernels', exact: true }).click();
  await page.locator('a.kernel-link').first().waitFor();
  await page.getByRole('link', { name: 'Device', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Device' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.press('ArrowDown');
  expect(page.url()).toMatch(/#\/device$/);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a lost device takes the pages that used it, and their URLs bring them back', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options);
      Object.assign(globalThis, { lastDevice: device });
      return device;
    };
  });
  await page.goto(`${url}#/kernels?kernel=prelu_forward&operator=prelu&case=4x14x12x32`);
  const editor = page.locator('.kernel-editor .cm-content');
  await editor.locator('.cm-line').nth(3).waitFor({ timeout: 180_000 });
  await editor.click();
  await page.keyboard.press('ControlOrMeta+Home');
  await page.keyboard.type('// mine\n');
  await page.waitForURL(/[?&]text=/);
  await page.getByRole('link', { name: 'Device', exact: true }).click();
  await page.getByRole('region', { name: 'Limits', exact: true }).waitFor();
  await page.evaluate(() => (globalThis as unknown as { lastDevice: GPUDevice }).lastDevice.destroy());
  await page.getByRole('button', { name: 'Open it again' }).click();
  await page.getByRole('region', { name: 'Limits', exact: true }).waitFor();
  await page.goto(`${url}#/kernels?kernel=prelu_forward`);
  await editor.getByText('// mine').waitFor();
  expect(page.url()).toMatch(/[?&]text=/);
  await context.close();
});
