import { expect, test } from 'vitest';
import { pageNames } from '../../src/web/routes.ts';
import { looks, openPage, patience, screenshot, startBrowser } from './browser.ts';
import { serveApplication } from './site.ts';

const url = await serveApplication();
const browser = await startBrowser();
const titles = {
  start: 'normface',
  kernels: 'Kernels · normface',
  train: 'Train live · normface',
  verify: 'Verify · normface',
  device: 'Device · normface',
};
/** The address of a page. */
const addressOf = (name: keyof typeof titles): string => `${url}#/${name === 'start' ? '' : name}`;

test.each(pageNames)(
  'the page %s loads without errors, failed requests and requests to elsewhere',
  async (name) => {
    const { page, problems } = await openPage(browser, addressOf(name));
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.title()).toBe(titles[name]);
    expect(await page.locator('[aria-current=page]').getAttribute('data-page')).toBe(name);
    expect(await page.locator('[data-notice]').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();
  },
);

test('it works in a folder of another site, and without a hash', async () => {
  const { page, problems } = await openPage(browser, `${url}index.html`);
  await page.getByRole('heading', { level: 1, name: 'Faces on the unit sphere' }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('the front page says what this is with three pictures, and leads to the pages and the paper', async () => {
  const { page, problems } = await openPage(browser, url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const [title, destination] of [
    ['Train live', 'train'],
    ['Verify', 'verify'],
    ['Kernels', 'kernels'],
  ]) {
    const card = page.getByRole('region', { name: title, exact: true });
    expect(await card.getByRole('img').count()).toBe(1);
    expect(await card.getByRole('link').getAttribute('href')).toBe(`#/${destination}`);
  }
  expect(await page.getByRole('link', { name: 'NormFace', exact: true }).getAttribute('href')).toBe(
    'https://arxiv.org/abs/1704.06369',
  );
  // The faces are drawn: no two alike, none of one colour.
  const drawn = () =>
    page.locator('.start-faces canvas').evaluateAll((canvases) =>
      canvases.map((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
        return new Set(data).size > 50 ? [...data].reduce((sum, value) => sum + value) : 0;
      }),
    );
  await expect.poll(async () => new Set(await drawn()).size, { timeout: 60_000 }).toBe(3);
  expect(await drawn()).not.toContain(0);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('pages change by link, by keyboard and by history; a wrong one is a sentence', async () => {
  const { page, problems } = await openPage(browser, `${url}#/verify`);
  await page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  expect(page.url()).toMatch(/#\/verify$/);

  await page.getByRole('link', { name: 'Verify', exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Device');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Device' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
  await page.goto(`${url}#/elsewhere`);
  await page.getByRole('heading', { level: 1, name: 'There is no such page here' }).waitFor();
  expect(await page.title()).toBe('No such page · normface');
  expect(await page.getByRole('main').getByRole('link').count()).toBe(5);
  await page.getByRole('link', { name: 'The front page' }).click();
  await page.getByRole('heading', { level: 1, name: 'Faces on the unit sphere' }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('without scripts the page says at its top what it needs', async () => {
  const { page } = await openPage(browser, url, { javaScriptEnabled: false });
  const sentence = page.locator('.noscript');
  expect(await sentence.textContent()).toContain('needs JavaScript');
  const { y } = (await sentence.boundingBox())!;
  expect(y).toBeLessThan(200);
  await screenshot(page, 'without-scripts');
  await page.context().close();
});

test('colours follow the system until they are chosen, and the choice is remembered', async () => {
  const { page } = await openPage(browser, `${url}#/verify`, { colorScheme: 'dark' });
  const theme = () => page.locator('html').getAttribute('data-theme');
  const toggle = page.getByRole('button', { name: 'Dark colours' });
  expect(await theme()).toBe('dark');
  expect(await toggle.getAttribute('aria-pressed')).toBe('true');
  await toggle.click();
  expect(await theme()).toBe('light');
  await page.reload();
  expect(await theme()).toBe('light');
  await toggle.click();
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('html[data-theme=light]').waitFor();
  await page.context().close();
});

test('nothing may leave the page: its policy refuses every connection', async () => {
  const { page, problems } = await openPage(browser, `${url}#/verify`);
  const outcome = await page.evaluate(() =>
    fetch('/index.html').then(
      () => 'allowed',
      () => 'refused',
    ),
  );
  expect(outcome).toBe('refused');
  expect(problems.join()).toContain('Content Security Policy');
  await page.context().close();
});

test('a lost device is reported, and one button opens it again', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  await page.addInitScript(() => {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options);
      Object.assign(globalThis, { lastDevice: device });
      return device;
    };
  });
  await page.goto(`${url}#/device`);
  await page.getByRole('region', { name: 'Limits', exact: true }).waitFor();
  await page.evaluate(() => (globalThis as unknown as { lastDevice: GPUDevice }).lastDevice.destroy());
  const notice = page.locator('[data-notice=lost]');
  await notice.waitFor();
  expect(await notice.textContent()).toContain('The GPU device was lost');
  await screenshot(page, 'lost');
  await page.getByRole('button', { name: 'Open it again' }).click();
  await page.getByRole('region', { name: 'Limits', exact: true }).waitFor();
  expect(await notice.count()).toBe(0);
  await context.close();
});

test.each(looks)('pages fit the screen and can be looked at: $name', async ({ name: look, ...options }) => {
  const { page, problems } = await openPage(browser, `${url}#/kernels`, options);
  for (const name of pageNames) {
    await page.goto(addressOf(name));
    await page.waitForFunction((title) => document.title === title, titles[name]);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (name === 'device') await page.getByRole('region', { name: 'Limits', exact: true }).waitFor();
    await screenshot(page, `${name}-${look}`);
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content, `${name} is wider than the screen`).toBeLessThanOrEqual(screen);
  }
  expect(problems).toEqual([]);
  await page.context().close();
});
