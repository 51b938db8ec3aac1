import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { lossBound } from '../../src/normface/losses/bound.ts';
import { looks, openPage, patience, screenshot, startBrowser } from './browser.ts';
import { serveApplication } from './site.ts';

const url = await serveApplication();
const browser = await startBrowser();

const open = (address: string, options = {}) => openPage(browser, `${url}#/train${address}`, options);

/** What the page shows and offers. */
function partsOf(page: Page) {
  const readings = page.getByRole('region', { name: 'Readings', exact: true });
  const figure = (k: number) => readings.locator('.figure-value').nth(k);
  const number = async (k: number) => Number.parseFloat((await figure(k).textContent()) ?? '');
  const status = page.getByRole('status');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  return {
    readings,
    canvas: page.locator('.train-canvas'),
    status,
    said: () => status.first().textContent(),
    button,
    step: () => number(0),
    loss: () => number(1),
    trained: () => number(2),
    /** The run is ready, or has come to a step. */
    reaches: async (step: number) => {
      if (step === 0) await status.getByText(/parameters\.$/).waitFor({ timeout: 300_000 });
      else await expect.poll(() => number(0), { timeout: 300_000 }).toBeGreaterThanOrEqual(step);
    },
    drawing: () =>
      page.locator('.train-canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL()),
  };
}

/** An idx file with its name. */
function idxFile(name: string, magic: number, extents: readonly number[], values: ArrayLike<number>) {
  const header = Buffer.alloc(4 + 4 * extents.length);
  [magic, ...extents].forEach((value, i) => {
    header.writeUInt32BE(value, 4 * i);
  });
  return {
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.concat([header, Uint8Array.from(values)]),
  };
}

describe('the page trains', () => {
  test('the loss falls, points move, and accuracy rises; single steps, pause and keys', async () => {
    const { page, problems } = await open('?s=4');
    const parts = partsOf(page);
    await parts.reaches(0);
    expect(await parts.said()).toContain('10 generated people, 60 pictures each');
    const untrained = await parts.drawing();
    await parts.button('Step').click();
    await parts.reaches(1);
    const first = await parts.loss();
    await page.getByLabel('Speed').selectOption('full speed');
    await parts.button('Go on').click();
    await parts.reaches(50);
    // The picture has the keys now.
    await parts.canvas.focus();
    await page.keyboard.press('Space');
    await parts.status.getByText(/^Paused after step \d+/).waitFor();
    const paused = await parts.step();
    await page.keyboard.press('Enter');
    await parts.reaches(paused + 1);
    expect(await parts.step()).toBe(paused + 1);
    expect(await parts.loss()).toBeLessThan(0.7 * first);
    expect(await parts.trained()).toBeGreaterThan(40);
    expect(await parts.drawing()).not.toBe(untrained);
    const text = (await parts.readings.textContent()) ?? '';
    expect(text).toContain(`Bound of Proposition 2${Number(lossBound(10, 4).toPrecision(3))} at s = 4`);
    expect(text).toMatch(/Time of a step measured[\d.]+ m?s/);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('the learning rate changes while it runs; anything else begins again, and the address says so', async () => {
    const { page, problems } = await open('?batch=16');
    const parts = partsOf(page);
    await parts.reaches(0);
    await parts.button('Start').click();
    await parts.reaches(3);
    await page.getByLabel('Learning rate').fill('0.01');
    await page.getByLabel('Learning rate').press('Enter');
    await expect.poll(() => page.url()).toContain('rate=0.01');
    const before = await parts.step();
    expect(before).toBeGreaterThanOrEqual(3);
    await parts.reaches(before + 2);
    await page.locator('select[name=loss]').selectOption('arcface');
    await expect.poll(() => page.url()).toContain('loss=arcface');
    // It runs on, from the beginning.
    await page.getByText('Loss: ArcFace').waitFor();
    await parts.button('Pause').waitFor();
    expect(page.url()).toMatch(/#\/train\?loss=arcface&batch=16$/);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('every loss takes steps in space, one after the other', async () => {
    const { page, problems } = await open('?d=3&batch=16&people=3');
    const parts = partsOf(page);
    for (const loss of ['softmax', 'softmax-bias', 'c-contrastive', 'c-triplet', 'arcface']) {
      await page.locator('select[name=loss]').selectOption(loss);
      await parts.reaches(0);
      await parts.button('Step').click();
      await parts.reaches(1);
      await parts.button('Step').click();
      await parts.reaches(2);
      expect(await parts.loss()).toBeGreaterThan(0);
      await parts.status.getByText('Paused after step 2.').waitFor();
    }
    const drawing = await parts.drawing();
    await parts.canvas.press('ArrowRight');
    await expect.poll(parts.drawing).not.toBe(drawing);
    const turned = await parts.drawing();
    const { x, y, width } = (await parts.canvas.boundingBox())!;
    await page.mouse.move(x + width / 2, y + width / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 60, y + width / 2 - 40, { steps: 3 });
    await page.mouse.up();
    await expect.poll(parts.drawing).not.toBe(turned);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('the agents of Figure 6 part with a margin', async () => {
    const { page, problems } = await open('');
    const parts = partsOf(page);
    await parts.reaches(0);
    await page.getByLabel('Speed').selectOption('full speed');
    await parts.button('Two classes, margin 1').click();
    await parts.reaches(60);
    await parts.button('Pause').click();
    expect(page.url()).toMatch(/#\/train\?data=clusters&seed=6$/);
    await screenshot(page, 'train-live-figure-6');
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

test('MNIST files stay in the page and are trained on; wrong ones are a sentence', async () => {
  const { page, problems } = await open('?data=mnist&batch=16');
  const parts = partsOf(page);
  await parts.status.getByText('Waiting for files.').waitFor();
  const choose = page.getByLabel('Choose files');
  await choose.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.alloc(50, 7) });
  // Where it was dropped.
  await page.locator('.train-files').getByText('a.png is no idx file of images or labels').waitFor();
  // Three classes that differ in the half of the picture that is white.
  const count = 120;
  const images = Array.from({ length: count * 784 }, (_, i) => {
    const [label, row] = [Math.floor(i / 784) % 3, Math.floor((i % 784) / 28)];
    const isWhite = label === 0 ? row < 14 : label === 1 ? row >= 14 : i % 28 < 14;
    return ((i * 31) % 64) + (isWhite ? 190 : 0);
  });
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  await choose.setInputFiles(idxFile('digits-labels', 2049, [count], labels));
  await parts.status.getByText('Now drop the images.').waitFor();
  await choose.setInputFiles(idxFile('digits-images', 2051, [count, 28, 28], images));
  await parts.reaches(0);
  expect(await parts.said()).toContain('120 images of digits-images');
  await parts.button('Start').click();
  await parts.reaches(5);
  // They are still there for anyone who comes back.
  await page.getByRole('link', { name: 'Device', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Device' }).waitFor();
  await page.goBack();
  // It went on where it was left.
  await page.getByRole('heading', { level: 1, name: 'Train live' }).waitFor();
  const left = await parts.step();
  expect(left).toBeGreaterThanOrEqual(5);
  await parts.reaches(left + 2);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a run that diverges and a wrong address are one sentence each', async () => {
  const { page, problems } = await open('?loss=softmax&rate=10&batch=16&s=3');
  const parts = partsOf(page);
  await parts.status.getByText('s in the address must be one of').waitFor();
  await parts.button('Start').click();
  await parts.status
    .getByText(/^The run diverged: the loss of step \d+ is .* a lower learning rate usually helps\.$/)
    .waitFor();
  expect(await parts.button('Step').isDisabled()).toBe(true);
  await page.getByLabel('Learning rate').fill('0.01');
  await parts.button('Restart').click();
  await parts.reaches(0);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('what a run held on the GPU is freed when another begins', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  await page.addInitScript(() => {
    const live = new Set<GPUBuffer>();
    Object.assign(globalThis, { live });
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      live.add(buffer);
      return buffer;
    };
    const { destroy } = GPUBuffer.prototype;
    GPUBuffer.prototype.destroy = function () {
      live.delete(this);
      return destroy.call(this);
    };
  });
  const bytes = () =>
    page.evaluate(() =>
      [...(globalThis as unknown as { live: Set<GPUBuffer> }).live].reduce((sum, { size }) => sum + size, 0),
    );
  await page.goto(`${url}#/train?batch=16`);
  const parts = partsOf(page);
  await parts.reaches(0);
  await parts.button('Start').click();
  await parts.reaches(3);
  const held = await bytes();
  expect(held).toBeGreaterThan(1_000_000);
  // In the middle of a step, twice.
  for (let k = 0; k < 2; k++) {
    await parts.button('Restart').click();
    await expect.poll(parts.step, { timeout: 300_000 }).toBeLessThan(3);
    await parts.reaches(3);
  }
  // Buffers that results are read through are kept; they are small beside a run.
  await expect.poll(bytes, { timeout: 300_000 }).toBeLessThan(held + 500_000);
  await context.close();
});

test('a run that is left waits and goes on; closing the window asks first; its net goes to Verify', async () => {
  const { page, problems } = await open('?batch=16');
  const parts = partsOf(page);
  await parts.reaches(0);
  expect(await parts.button('Verify with it').isDisabled()).toBe(false);
  await parts.button('Start').click();
  await parts.reaches(4);
  await page.getByRole('link', { name: 'Device', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Device' }).waitFor();
  const asksFirst = () =>
    page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await asksFirst()).toBe(true);
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Train live' }).waitFor();
  const left = await parts.step();
  expect(left).toBeGreaterThanOrEqual(4);
  await parts.reaches(left + 2);

  await parts.button('Verify with it').click();
  await page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
  await page.locator('.matrix').waitFor();
  const checkpoint = page.getByRole('region', { name: 'Checkpoint', exact: true });
  expect(await checkpoint.getByRole('status').textContent()).toMatch(
    /^the net of Train live at step \d+: net tiny-2d after \d+ steps, images 28 × 28, features of 2 numbers, threshold .*Trained on: generated faces/,
  );
  expect(await page.getByRole('gridcell').count()).toBe(64);
  // Only its own pictures: nothing to warn of.
  expect(await page.getByRole('list', { name: 'Cautions' }).count()).toBe(0);
  await page.goBack();
  await parts.status.getByText(/^Paused after step/).waitFor();
  expect(await asksFirst()).toBe(false);
  const [download] = await Promise.all([page.waitForEvent('download'), parts.button('Save it').click()]);
  expect(download.suggestedFilename()).toBe('weights.safetensors');
  expect(problems).toEqual([]);
  await page.context().close();
});

test.each([
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
])('picture and loss are on the screen together at $width × $height', async (viewport) => {
  const { page, problems } = await open('?batch=16&people=3', { viewport });
  const parts = partsOf(page);
  // The picture has a name before there is anything in it.
  expect(await parts.canvas.getAttribute('aria-label')).toMatch(/features/);
  await parts.reaches(0);
  await page.getByText('The loss of every step, once it trains').waitFor();
  await parts.button('Step').click();
  await parts.reaches(1);
  const boxOf = async (name: string) => (await page.locator(name).boundingBox())!;
  const [picture, chart] = [await boxOf('.train-canvas'), await boxOf('.train-chart')];
  const top = Math.min(picture.y, chart.y);
  const bottom = Math.max(picture.y + picture.height, chart.y + chart.height);
  expect(bottom - top).toBeLessThanOrEqual(viewport.height);
  // On a wide screen without scrolling.
  if (viewport.width > 1000) expect(bottom).toBeLessThanOrEqual(viewport.height);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('it can be looked at', async () => {
  const { page, problems } = await open('?batch=32');
  const parts = partsOf(page);
  await parts.reaches(0);
  await page.getByLabel('Speed').selectOption('full speed');
  await parts.button('Start').click();
  await parts.reaches(60);
  await parts.button('Pause').click();
  await parts.status.getByText(/^Paused/).waitFor();
  for (const { name, viewport, colorScheme } of looks) {
    const before = await parts.drawing();
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    // The picture follows the size and the colours.
    if (name !== looks[0]!.name) await expect.poll(parts.drawing).not.toBe(before);
    await page.waitForTimeout(500);
    await screenshot(page, `train-live-${name}`);
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content, `wider than the screen: ${name}`).toBeLessThanOrEqual(screen!);
  }
  expect(problems).toEqual([]);
  await page.context().close();
});
