import path from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { renderFace } from '../../src/normface/faces/render.ts';
import { normface, temporaryFolder } from '../cli/run.ts';
import { looks, openPage, screenshot, startBrowser } from './browser.ts';
import { writePlantedDetector } from './planted-detector.ts';
import { serveSite } from './site.ts';

const root = temporaryFolder();
const models = path.join(root, 'model');
const detectorFiles = writePlantedDetector(models);
const { url } = await serveSite(models);
const browser = await startBrowser({ flags: ['--use-fake-device-for-media-stream'] });
/** The net that comes with the page, as files. */
const sample = path.join(import.meta.dirname, '../../src/web/sample');
const weights = path.join(sample, 'weights.safetensors');
const threshold = path.join(sample, 'threshold.json');

const face = { width: 120, height: 140 };
/** Extent of a patch of red, which the planted detector takes for a face. */
const patch = 16;

/** A photograph with drawn faces, each with a patch of red in its middle. @param places of the top left corners of the faces */
async function photograph(
  name: string,
  size: { width: number; height: number },
  places: readonly { x: number; y: number; person: number; sample: number }[],
): Promise<string> {
  const file = path.join(root, name);
  const parts = await Promise.all(
    places.flatMap(({ x, y, person, sample }) => {
      const { pixels } = renderFace(9, person, sample, face);
      const drawn = sharp(pixels, { raw: { ...face, channels: 3 } });
      const red = sharp({ create: { width: patch, height: patch, channels: 3, background: '#ff0000' } });
      const [left, top] = [x + (face.width - patch) / 2, y + (face.height - patch) / 2];
      return [
        drawn
          .png()
          .toBuffer()
          .then((input) => ({ input, left: x, top: y })),
        red
          .png()
          .toBuffer()
          .then((input) => ({ input, left, top })),
      ];
    }),
  );
  await sharp({ create: { ...size, channels: 3, background: '#507890' } })
    .composite(parts)
    .png()
    .toFile(file);
  return file;
}

let alone: string;
let other: string;
let pair: string;
let empty: string;

beforeAll(async () => {
  alone = await photograph('alone.png', { width: 400, height: 300 }, [
    { x: 160, y: 90, person: 1, sample: 1 },
  ]);
  other = await photograph('other.png', { width: 500, height: 640 }, [
    { x: 100, y: 300, person: 2, sample: 1 },
  ]);
  pair = await photograph('pair.png', { width: 640, height: 320 }, [
    { x: 60, y: 80, person: 1, sample: 2 },
    { x: 430, y: 90, person: 3, sample: 1 },
  ]);
  empty = await photograph('empty.png', { width: 320, height: 200 }, []);
});

async function openVerify(address: string, options = {}) {
  const opened = await openPage(browser, `${address}#/verify`, options);
  await opened.page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
  return opened;
}

const chooseFaces = (page: Page, files: string[]) => page.getByLabel('Choose images').setInputFiles(files);

const facesStatus = (page: Page, text: RegExp) =>
  page
    .getByRole('region', { name: 'Faces', exact: true })
    .getByRole('status')
    .filter({ hasText: text })
    .waitFor();

/** The names of the faces in the list. */
const listed = (page: Page) => page.locator('.faces .file-name').allTextContents();

test('photographs: boxes and points, aligned crops, and the cosine of normface verify --align', async () => {
  const { page, problems } = await openVerify(url);
  await page.getByText('built into this page').waitFor();
  await chooseFaces(page, [alone, other, empty]);
  await facesStatus(page, /^no face was found in empty\.png$/);
  await page.getByLabel('Choose files').setInputFiles([weights, threshold]);
  await page.locator('[data-cosine]').waitFor();
  const words = ['--align', '--detector', `face-api:${models}`, '--json'];
  const { exitCode, stdout } = await normface('verify', alone, other, '-c', weights, ...words);
  expect(exitCode).toBe(0);
  const expected = JSON.parse(stdout) as { cosine: number; same: boolean };
  const shown = Number(await page.locator('[data-cosine]').getAttribute('data-cosine'));
  expect(Math.abs(shown - expected.cosine)).toBeLessThan(1e-3);
  expect(await page.locator('.verdict').textContent()).toBe(
    expected.same ? 'The same person' : 'Different people',
  );

  // A photograph without a face stays, and says so.
  const photographs = page.getByRole('list', { name: 'Photographs on this page' }).getByRole('listitem');
  expect(await photographs.count()).toBe(3);
  expect(await photographs.nth(2).textContent()).toContain('No face was found');
  expect(await photographs.nth(2).locator('.face-box').count()).toBe(0);

  // The box lies about the red patch: its middle is that of a cell of 32 pixels beside it, of a picture of 416.
  const first = photographs.nth(0);
  expect(await first.locator('.face-point').count()).toBe(5);
  const [whole, box] = await Promise.all(
    ['canvas', '.face-box'].map((part) => first.locator(part).boundingBox()),
  );
  const scale = 400 / whole!.width;
  const middle = { x: box!.x + box!.width / 2 - whole!.x, y: box!.y + box!.height / 2 - whole!.y };
  expect(Math.abs(scale * middle.x - 220)).toBeLessThan(48);
  expect(Math.abs(scale * middle.y - 160)).toBeLessThan(48);

  // Several faces of one photograph; a face that is removed leaves its photograph, which takes its faces with it.
  await chooseFaces(page, [pair]);
  await page.getByRole('gridcell').nth(15).waitFor();
  expect(await listed(page)).toEqual(['1. alone.png', '2. other.png', '3. pair.png (1)', '4. pair.png (2)']);
  expect(await photographs.nth(3).locator('.face-number').allTextContents()).toEqual(['3', '4']);
  await page.getByRole('button', { name: 'Remove pair.png (1)' }).click();
  expect(await photographs.nth(3).locator('.face-number').allTextContents()).toEqual(['3']);
  await page.getByRole('button', { name: 'Remove the photograph pair.png' }).click();
  expect(await listed(page)).toEqual(['1. alone.png', '2. other.png']);

  // Somebody says that they are aligned: then each is a face as it is, and no photograph.
  await page.locator('.choices label', { hasText: 'aligned' }).click();
  await page.getByRole('gridcell').nth(8).waitFor();
  expect(page.url()).toContain('pictures=aligned');
  expect(await photographs.count()).toBe(0);
  expect(await listed(page)).toEqual(['1. alone.png', '2. other.png', '3. empty.png']);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('without a detector photographs wait, and its files can be brought', async () => {
  const bare = await serveSite();
  const { page, problems } = await openVerify(bare.url);
  await chooseFaces(page, [alone]);
  await page.getByText('Waits for a detector of faces.').waitFor();
  const choose = page.getByLabel('Choose a detector’s files');
  await choose.setInputFiles(detectorFiles.slice(0, 3));
  await page.getByText('still missing: face_landmark_68_tiny_model.bin').waitFor();
  await choose.setInputFiles(detectorFiles.slice(3));
  await facesStatus(page, /^1 face found in alone\.png$/);
  await page.getByText('found by face-api’s tiny detector, from your files').waitFor();
  expect(await listed(page)).toEqual(['1. alone.png']);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('the camera: a picture of it is a photograph, and it is off when another page is shown', async () => {
  const { page, problems } = await openVerify(url, { permissions: ['camera'] });
  await page.getByRole('button', { name: 'Use the camera' }).click();
  await page.getByRole('button', { name: 'Take a picture' }).click();
  await facesStatus(page, /^no face was found in camera 1$/);
  const stream = await page.evaluateHandle(() => document.querySelector('video')?.srcObject as MediaStream);
  const state = () => stream.evaluate((live) => live.getTracks().map(({ readyState }) => readyState));
  expect(await state()).toEqual(['live']);
  await page.getByRole('link', { name: 'Device', exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Device' }).waitFor();
  expect(await state()).toEqual(['ended']);
  await page.goBack();
  await page.getByRole('button', { name: 'Use the camera' }).waitFor();
  expect(await page.locator('video').isVisible()).toBe(false);

  // What the browser says no to is a sentence.
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await page.getByRole('button', { name: 'Use the camera' }).click();
  await facesStatus(page, /^The camera was refused: allow it for this page/);
  expect(problems).toEqual([]);
  await page.context().close();
});

test.each(looks)(
  'photographs fit the screen and are accessible: $name',
  async ({ name: look, ...options }) => {
    const { page } = await openVerify(url, options);
    await chooseFaces(page, [pair, empty]);
    await facesStatus(page, /^no face was found in empty\.png$/);
    await screenshot(page, `verify-photographs-${look}`);
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content).toBeLessThanOrEqual(screen!);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>('axe.run(document)');
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.context().close();
  },
);
