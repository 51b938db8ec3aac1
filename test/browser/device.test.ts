import { expect, test } from 'vitest';
import { requestedLimits } from '../../src/engine/runtime/capabilities.ts';
import { looks, openPage, screenshot, startBrowser } from './browser.ts';
import { serveApplication } from './site.ts';

const url = await serveApplication();
const browser = await startBrowser();

test('Device shows the adapter, its features and all its limits, and measures', async () => {
  const { page, problems } = await openPage(browser, `${url}#/device`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const adapter = page.getByRole('region', { name: 'Adapter', exact: true });
  await adapter.waitFor();
  expect(await adapter.textContent()).toMatch(/swiftshader/i);
  expect(await adapter.textContent()).toContain('a software driver');

  const limits = await page.evaluate(async () => {
    const found = await navigator.gpu.requestAdapter();
    const names: Record<string, number> = {};
    for (const name in found!.limits)
      names[name] = (found!.limits as unknown as Record<string, number>)[name]!;
    return names;
  });
  const rows = page.getByRole('region', { name: 'Limits', exact: true }).locator('tbody tr');
  expect(await rows.count()).toBe(Object.keys(limits).length);
  expect(
    await rows
      .locator('th')
      .allTextContents()
      .then((names) => names.sort()),
  ).toEqual(Object.keys(limits).sort());
  // What the engine does not ask for is folded away.
  const shown = rows.locator('th').filter({ visible: true });
  expect((await shown.allTextContents()).sort()).toEqual([...requestedLimits].sort());
  const invocations = rows.filter({ hasText: 'maxComputeInvocationsPerWorkgroup' }).locator('td');
  expect((await invocations.allTextContents()).slice(0, 2)).toEqual(
    Array(2).fill(limits.maxComputeInvocationsPerWorkgroup!.toLocaleString('en-US')),
  );

  const peak = page.getByRole('region', { name: 'Measured peak', exact: true });
  expect(await peak.locator('.figure-value').allTextContents()).toEqual(['–', '–']);
  await peak.getByRole('button', { name: 'Measure' }).click();
  await peak.getByRole('button', { name: 'Measure again' }).waitFor();
  const [gflops, gigabytes] = (await peak.locator('.figure-value').allTextContents()).map(Number);
  expect(gflops).toBeGreaterThan(0);
  expect(gigabytes).toBeGreaterThan(0);

  await screenshot(page, 'device-measured-1440-light');
  await page.getByRole('button', { name: 'Copy as JSON' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied.report.software).toBe(true);
  expect(copied.limits).toEqual(limits);
  expect(copied.roofline.gflops).toBeGreaterThan(0);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('without WebGPU the page says what to do, and the rest stays usable', async () => {
  const without = await startBrowser({ webgpu: false });
  for (const { name: look, ...options } of looks) {
    const { page, problems } = await openPage(without, `${url}#/device`, options);
    const notice = page.locator('[data-notice=no-gpu]');
    await notice.waitFor();
    const text = (await notice.textContent()) ?? '';
    expect(text).toContain('offers no adapter');
    expect(text).toContain('Chrome, Edge and other Chromium browsers');
    expect(text).toContain('version 113 or newer');
    expect(text).toContain('--enable-unsafe-webgpu');
    expect(text).toMatch(/Firefox.*Safari/);
    await screenshot(page, `without-webgpu-${look}`);
    await page.getByRole('link', { name: 'Verify', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
    expect(await notice.count()).toBe(0);
    await page.goto(`${url}#/device`);
    await notice.waitFor();
    await notice.getByRole('button', { name: 'Try again' }).click();
    await notice.waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  }
});
