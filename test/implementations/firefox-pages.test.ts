/** The pages in Firefox, opened and used: what they show depends on the browser also where the kernels do not. */

import { describe, expect, test } from 'vitest';
import { openPage, patience } from '../browser/browser.ts';
import { serveApplication } from '../browser/site.ts';
import { startFirefox } from './firefox.ts';

const browser = await startFirefox();

describe.runIf(browser)('in Firefox', async () => {
  const url = await serveApplication();
  const open = async (address: string) => {
    const opened = await openPage(browser!, `${url}#/${address}`);
    // Its products go through workgroup memory, which takes a software driver several times as long as subgroups.
    opened.page.setDefaultTimeout(3 * patience);
    return opened;
  };

  test('Kernels runs a kernel and finds it right', async () => {
    const { page, problems } = await open('kernels?kernel=prelu_forward&operator=prelu&case=4x14x12x32');
    await page.locator('.kernel-editor .cm-line').nth(3).waitFor();
    const panel = page.getByRole('region', { name: 'Run', exact: true });
    await panel.getByRole('button', { name: /^Run/ }).click();
    await panel
      .locator('.kernel-verdict')
      .getByText(/^ok, \d+ checks/)
      .waitFor();
    const checks = await panel.getByRole('region', { name: 'Checks' }).textContent();
    for (const against of ['float64 reference', 'finite differences', 'second run'])
      expect(checks).toContain(against);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('Train live takes steps, and the loss is a number', async () => {
    const { page, problems } = await open('train?batch=16&people=3');
    const status = page.getByRole('status').first();
    await status.getByText(/parameters\.$/).waitFor();
    const step = page.getByRole('button', { name: 'Step', exact: true });
    await step.click();
    await status.getByText('Paused after step 1.').waitFor();
    await step.click();
    await status.getByText('Paused after step 2.').waitFor();
    const readings = page.getByRole('region', { name: 'Readings', exact: true }).locator('.figure-value');
    expect(await readings.nth(0).textContent()).toBe('2');
    expect(Number.parseFloat((await readings.nth(1).textContent())!)).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('Verify embeds the faces that come with it: the two of a person are most alike', async () => {
    const { page, problems } = await open('verify?sample=');
    await page.locator('.matrix').waitFor();
    const texts = await page.getByRole('gridcell').allTextContents();
    const cosines = texts.map((text) => Number(text.replace('−', '-')));
    for (let row = 0; row < 6; row++) {
      const others = cosines
        .slice(6 * row, 6 * row + 6)
        .map((value, column) => (column === row ? -2 : value));
      expect(others.indexOf(Math.max(...others))).toBe(row ^ 1);
    }
    expect(await page.locator('.verdict').textContent()).toBe('The same person');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('Device names what the browser tells of its adapter', async () => {
    const { page, problems } = await open('device');
    const adapter = page.getByRole('region', { name: 'Adapter', exact: true });
    await adapter.waitFor();
    expect(await adapter.textContent()).toContain('a software driver');
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
if (!browser) test.skip('the pages in Firefox');
