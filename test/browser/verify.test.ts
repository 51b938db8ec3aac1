import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { cosineScores } from '../../src/normface/evaluation/similarity.ts';
import { renderFace } from '../../src/normface/faces/render.ts';
import { decodeSafetensors } from '../../src/normface/training/checkpoint/safetensors.ts';
import { normface, temporaryFolder } from '../cli/run.ts';
import { looks, openPage, screenshot, startBrowser } from './browser.ts';
import { serveApplication } from './site.ts';

const url = await serveApplication();
const browser = await startBrowser();
const root = temporaryFolder();
const run = path.join(root, 'runs', 'faces-001');
const checkpoint = path.join(run, 'ckpt', 'step-00000040');
const weights = path.join(checkpoint, 'weights.safetensors');
const threshold = path.join(checkpoint, 'threshold.json');
/** Images of three people, two each: of the net's size, larger, of another shape, smaller. */
let faces: string[];

beforeAll(async () => {
  const data = 'generated:identities=20,samples=6,seed=3';
  const size = ['--net', 'tiny', '--batch', '16', '--set', 'data.imageSize=[56,48]'];
  const rate = ['--set', 'optimiser.learningRate=0.05', '--steps', '40'];
  const words = ['train', '--data', data, ...size, ...rate, '--output', path.dirname(run), '--name', 'faces'];
  expect(await normface(...words)).toMatchObject({ exitCode: 0 });
  const evaluation = await normface(
    'eval',
    run,
    '--data',
    data,
    '--pairs-per-fold',
    '5',
    '--out',
    path.join(run, 'eval'),
    '--store-threshold',
  );
  expect(evaluation).toMatchObject({ exitCode: 0 });
  faces = await Promise.all(
    [
      { person: 1, sample: 1, width: 48, height: 56, type: 'png' },
      { person: 1, sample: 2, width: 250, height: 250, type: 'jpg' },
      { person: 2, sample: 1, width: 96, height: 112, type: 'jpg' },
      { person: 2, sample: 2, width: 300, height: 420, type: 'webp' },
      { person: 3, sample: 1, width: 48, height: 56, type: 'jpg' },
      { person: 3, sample: 2, width: 37, height: 31, type: 'png' },
    ].map(async ({ person, sample, width, height, type }) => {
      const image = renderFace(9, person, sample, { width, height });
      const file = path.join(root, `person-${person}-${sample}.${type}`);
      await sharp(image.pixels, { raw: { width, height, channels: 3 } }).toFile(file);
      return file;
    }),
  );
}, 300_000);

/** Pictures of other sizes than the net's are not to be looked through for faces here. */
const aligned = 'pictures=aligned';

async function openVerify(options = {}, parameters = `?${aligned}`) {
  const opened = await openPage(browser, `${url}#/verify${parameters}`, options);
  await opened.page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
  return opened;
}

/** The line under the drop zone for a checkpoint, or for faces, once it says something that fits. */
async function statusOf(page: Page, name: 'Checkpoint' | 'Faces', text: RegExp): Promise<string> {
  const status = page.getByRole('region', { name, exact: true }).getByRole('status');
  await status.filter({ hasText: text }).waitFor();
  return (await status.textContent()) ?? '';
}

const chooseCheckpoint = (page: Page, ...files: string[]) =>
  page.getByLabel('Choose files').setInputFiles(files);
const chooseFaces = (page: Page, files: string[]) => page.getByLabel('Choose images').setInputFiles(files);

/** Cosine, verdict and threshold of the command line. */
async function nodeVerify(a: string, b: string, ...words: string[]) {
  const { exitCode, stdout } = await normface('verify', a, b, '-c', run, '--json', ...words);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as { cosine: number; same: boolean; threshold: number };
}

/** Cosines of all pairs by the features that the command line writes. */
async function nodeCosines(merge: string): Promise<Float64Array> {
  const out = path.join(root, `features-${merge}.safetensors`);
  const { exitCode } = await normface('embed', ...faces, '-c', run, '-o', out, '--merge', merge);
  expect(exitCode).toBe(0);
  const features = decodeSafetensors(fs.readFileSync(out), out).tensors.get('features')!;
  const count = faces.length;
  const a = Uint32Array.from({ length: count * count }, (_, i) => Math.floor(i / count));
  return cosineScores(
    { values: features.data as Float32Array, dimension: features.shape[1]! },
    { a, b: a.map((_, i) => i % count), same: new Uint8Array(a.length), fold: new Uint32Array(a.length) },
  );
}

test('two faces: cosine and decision are those of normface verify', async () => {
  const { page, problems } = await openVerify();
  expect(await page.getByText('Images never leave this page.').isVisible()).toBe(true);
  await chooseCheckpoint(page, weights, threshold);
  expect(await statusOf(page, 'Checkpoint', /tiny/)).toMatch(
    /^weights\.safetensors: net tiny after 40 steps, images 48 × 56, features of 64 numbers, threshold 0\.\d+\. Trained on: generated faces of seed 3\.$/,
  );
  for (const pair of [
    [faces[0]!, faces[4]!],
    [faces[1]!, faces[3]!],
  ]) {
    await chooseFaces(page, pair);
    await statusOf(page, 'Faces', /^2 images embedded/);
    const expected = await nodeVerify(pair[0]!, pair[1]!);
    const shown = Number(await page.locator('[data-cosine]').getAttribute('data-cosine'));
    expect(Math.abs(shown - expected.cosine)).toBeLessThan(1e-3);
    expect(await page.locator('.verdict').textContent()).toBe(
      expected.same ? 'The same person' : 'Different people',
    );
    expect(await page.locator('.pair-detail').textContent()).toContain(
      `Threshold ${expected.threshold.toFixed(4)}: best-threshold`,
    );
    for (const name of pair.map((file) => path.basename(file!)))
      await page.getByRole('button', { name: `Remove ${name}` }).click();
  }
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a run folder and six faces: the matrix equals the features of normface embed, for every merge', async () => {
  const { page, problems } = await openVerify();
  await chooseFaces(page, faces);
  await page.getByText('A checkpoint is needed.').waitFor();
  await page.getByLabel('Choose a run folder').setInputFiles(run);
  await statusOf(page, 'Checkpoint', /^faces-001\/ckpt\/step-00000040\/weights.safetensors: /);
  await statusOf(page, 'Faces', /^6 images embedded/);
  const spread: number[] = [];
  for (const [merge, label] of [
    ['front', 'off'],
    ['max', 'max'],
    ['concat', 'concat'],
    ['sum', 'sum'],
  ]) {
    await page.locator('.choices label', { hasText: label }).click();
    await page.waitForURL(new RegExp(`merge=${merge}`));
    await page.locator(`.results[data-merge=${merge}]`).waitFor();
    const decision = merge === 'sum' ? /Threshold .*accepts/ : /No decision: .* chosen for the merge “sum”/;
    await page.locator('.pair-detail').filter({ hasText: decision }).waitFor();
    const expected = await nodeCosines(merge!);
    const cells = await page
      .getByRole('gridcell')
      .evaluateAll((found) => found.map((cell) => cell.ariaLabel));
    const shown = cells.map((label) => Number(/cosine (\S+),/.exec(label!)![1]!.replace('−', '-')));
    expect(shown.length).toBe(36);
    shown.forEach((cosine, i) => {
      expect(Math.abs(cosine - expected[i]!), `${merge}, pair ${i}`).toBeLessThan(1e-3);
    });
    spread.push(Math.min(...shown));
  }
  // The net tells faces apart: equal numbers would prove little if all were one.
  expect(Math.max(...spread)).toBeLessThan(0.98);

  // Arrow keys move in the matrix, and the pair follows.
  await page.getByRole('gridcell').nth(1).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('.pair figcaption').allTextContents()).toEqual([
    '2. person-1-2.jpg',
    '4. person-2-2.webp',
  ]);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('files can be dropped, the choices are in the URL, and a threshold can be typed', async () => {
  const { page } = await openVerify({}, '?merge=front&threshold=0.5');
  const files = [weights, threshold, faces[0], faces[4]].map((file) => ({
    name: path.basename(file!),
    bytes: fs.readFileSync(file!).toString('base64'),
  }));
  const transfer = await page.evaluateHandle((dropped) => {
    const made = new DataTransfer();
    for (const { name, bytes } of dropped)
      made.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
    return made;
  }, files);
  await page.locator('.drop-zone').first().dispatchEvent('drop', { dataTransfer: transfer });
  await statusOf(page, 'Faces', /^2 images embedded/);
  const { cosine } = JSON.parse(
    (await normface('verify', faces[0]!, faces[4]!, '-c', run, '--json', '--threshold', '0.5')).stdout,
  );
  expect(cosine).toBeGreaterThan(-1);
  expect(await page.locator('.pair-detail').textContent()).toContain('The threshold was typed in');
  const shown = Number(await page.locator('[data-cosine]').getAttribute('data-cosine'));
  expect(await page.locator('.verdict').textContent()).toBe(
    shown > 0.5 ? 'The same person' : 'Different people',
  );
  await page.getByRole('spinbutton', { name: 'Threshold' }).fill(String(shown - 0.01));
  expect(await page.locator('.verdict').textContent()).toBe('The same person');
  await page.getByRole('spinbutton', { name: 'Threshold' }).fill(String(shown + 0.01));
  expect(await page.locator('.verdict').textContent()).toBe('Different people');
  expect(page.url()).toMatch(/merge=front&threshold=/);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the features' }).click(),
  ]);
  const saved = path.join(root, 'saved.safetensors');
  await download.saveAs(saved);
  const { tensors, metadata } = decodeSafetensors(fs.readFileSync(saved), saved);
  expect(tensors.get('features')!.shape).toEqual([2, 64]);
  expect(metadata.merge).toBe('front');
  await page.context().close();
});

test('without any file: the net and the faces that come with the page', async () => {
  const { page, problems } = await openVerify();
  await page.getByRole('button', { name: 'Try it with these' }).click();
  await page.locator('.matrix').waitFor();
  expect(await statusOf(page, 'Checkpoint', /^the sample net: net tiny after 3000 steps/)).toContain(
    'Trained on: generated faces of seed 1.',
  );
  expect(page.url()).toMatch(/#\/verify\?sample=&pictures=aligned$/);
  // Two pictures each of three people; each is most like the other one of the same person.
  const cosines = await page
    .getByRole('gridcell')
    .evaluateAll((cells) => cells.map((cell) => cell.textContent));
  const values = cosines.map((text) => Number(text!.replace('−', '-')));
  for (let row = 0; row < 6; row++) {
    const others = values.slice(6 * row, 6 * row + 6).map((value, column) => (column === row ? -2 : value));
    expect(others.indexOf(Math.max(...others))).toBe(row ^ 1);
  }
  expect(await page.locator('.verdict').textContent()).toBe('The same person');
  expect(await page.locator('.sureness').textContent()).toMatch(
    /: of 100 such verdicts (about|more than) \d+ are right\.$/,
  );
  expect(await page.locator('.pair-detail').textContent()).toMatch(
    /Evaluated pairs with a cosine from 0\.\d+ to 0\.\d+: \d+ of the same person, \d+ of different people\./,
  );
  // Other people take their place; a link brings all of it at once.
  await page.getByRole('button', { name: 'Draw other faces' }).click();
  await page.getByText('person 604 (1)').first().waitFor();
  expect(await page.getByRole('list', { name: 'Faces on this page' }).getByRole('listitem').count()).toBe(6);

  // What is only a picture has no role, and a cell's name holds what is seen in it.
  expect(
    await page.locator('canvas[role=img]:not([aria-label]), canvas[role=img][aria-label=""]').count(),
  ).toBe(0);
  const names = await page
    .getByRole('gridcell')
    .evaluateAll((cells) => cells.map((cell) => cell.ariaLabel!.includes(cell.textContent!)));
  expect(names.every(Boolean)).toBe(true);

  // Photographs are not what this net has seen: that is said beside the verdict.
  await chooseFaces(page, [faces[1]!]);
  await page.getByRole('gridcell').nth(48).waitFor();
  await page.getByRole('gridcell').nth(6).click();
  const cautions = page.getByRole('list', { name: 'Cautions' });
  await cautions.getByText('This net has only learnt from drawn faces').waitFor();
  expect(await cautions.textContent()).toContain('Image 7 (250 × 250) had its sides cut off');
  expect(await page.locator('.sureness').textContent()).toContain('Not to be relied on');
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a threshold that is no cosine is said beside its field, and decides nothing', async () => {
  const { page, problems } = await openVerify({}, '?sample=&threshold=0.3');
  await page.locator('.matrix').waitFor();
  const field = page.getByRole('spinbutton', { name: 'Threshold' });
  expect(await field.inputValue()).toBe('0.3');
  const verdict = page.locator('.verdict');
  expect(await verdict.textContent()).toBe('The same person');
  await field.fill('7');
  expect(await verdict.textContent()).toBe('No decision');
  const problem = page.locator('.field-problem');
  expect(await problem.textContent()).toBe('A cosine lies between −1 and 1.');
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  const [a, b] = [(await field.boundingBox())!, (await problem.boundingBox())!];
  expect(b.x).toBeGreaterThan(a.x + a.width);
  expect(Math.abs(b.y + b.height / 2 - (a.y + a.height / 2))).toBeLessThan(12);
  await field.fill('-1');
  expect(await verdict.textContent()).toBe('The same person');
  expect(await problem.textContent()).toBe('');
  expect(problems).toEqual([]);
  await page.context().close();
});

test('faces, net and place are there again after another page; the pair stays in sight on a phone', async () => {
  const { page, problems } = await openVerify(
    { viewport: { width: 390, height: 844 } },
    `?sample=&${aligned}`,
  );
  await page.locator('.matrix').waitFor();
  await chooseFaces(page, faces);
  await page.getByRole('gridcell').nth(143).waitFor();
  await page
    .getByRole('gridcell')
    .nth(12 * 11 + 1)
    .click();
  const isInSight = (name: string) =>
    page.locator(name).evaluate((shown) => {
      const { top, bottom } = shown.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
  expect(await isInSight('.pair .verdict')).toBe(true);
  expect(await isInSight('[data-cosine]')).toBe(true);
  const shown = await page.locator('[data-cosine]').getAttribute('data-cosine');
  await page.evaluate(() => {
    location.hash = '#/device';
  });
  await page.getByRole('heading', { level: 1, name: 'Device' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
  expect(await page.getByRole('gridcell').count()).toBe(144);
  expect(await page.locator('[data-cosine]').getAttribute('data-cosine')).toBe(shown);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('wrong files are one sentence each, and the page goes on', async () => {
  const { page, problems } = await openVerify();
  const file = (name: string, content: Uint8Array | string) => {
    fs.writeFileSync(path.join(root, name), content);
    return path.join(root, name);
  };
  const bytes = fs.readFileSync(weights);
  const refused = async (name: 'Checkpoint' | 'Faces', sentence: RegExp) => {
    const text = await statusOf(page, name, sentence);
    expect(text).not.toContain('\n');
  };

  await chooseCheckpoint(page, file('short.safetensors', bytes.subarray(0, bytes.length / 2)));
  await refused('Checkpoint', /^short\.safetensors is not a usable safetensors file: it is cut short/);
  await chooseCheckpoint(page, file('text.safetensors', 'not at all'));
  await refused('Checkpoint', /^text\.safetensors is not a usable safetensors file/);
  await chooseCheckpoint(page, path.join(checkpoint, 'optimiser.safetensors'));
  await refused('Checkpoint', /^optimiser\.safetensors does not say which net it belongs to/);
  const other = bytes.toString('latin1').replace('"net":"tiny"', '"net":"wide"');
  await chooseCheckpoint(page, file('other.safetensors', Buffer.from(other, 'latin1')));
  await refused('Checkpoint', /^there is no net "wide"; there are tiny, /);
  const wrong = bytes.toString('latin1').replace('"imageSize":"56x48"', '"imageSize":"64x64"');
  await chooseCheckpoint(page, file('wrong.safetensors', Buffer.from(wrong, 'latin1')));
  await refused('Checkpoint', /^the checkpoint wrong\.safetensors does not fit the net "tiny": its "/);
  await chooseCheckpoint(page, weights, path.join(root, 'short.safetensors'));
  await refused('Checkpoint', /^these are 2 weights files; choose one of them/);
  await chooseCheckpoint(page, file('threshold.json', '{"format": 1, "thres'));
  await refused('Checkpoint', /^threshold\.json is damaged: it is not JSON$/);
  fs.writeFileSync(path.join(root, 'threshold.json'), '{}');
  await chooseCheckpoint(page, path.join(root, 'threshold.json'));
  await refused('Checkpoint', /^threshold\.json is not a threshold file; `normface eval` writes a new one$/);

  await chooseFaces(page, [file('notes.png', 'these are only notes')]);
  await refused('Faces', /^notes\.png is not an image that this browser can decode$/);
  await chooseFaces(page, [file('empty.jpg', '')]);
  await refused('Faces', /^empty\.jpg is empty$/);
  const jpeg = fs.readFileSync(faces[1]!);
  const png = fs.readFileSync(faces[0]!);
  await chooseFaces(page, [file('half.jpg', jpeg.subarray(0, jpeg.length / 2))]);
  await refused('Faces', /^half\.jpg is damaged: it is cut short$/);
  await chooseFaces(page, [file('half.png', png.subarray(0, png.length / 2))]);
  await refused('Faces', /^half\.png is damaged: it is cut short$/);
  for (const damaged of ['notes.png', 'half.jpg', 'half.png'])
    expect((await normface('verify', path.join(root, damaged), faces[0]!, '-c', run)).exitCode).toBe(1);

  // Where they were dropped, also when they belong elsewhere.
  await chooseCheckpoint(page, file('notes.txt', 'only notes'));
  await refused('Checkpoint', /^notes\.txt is no part of a checkpoint: /);
  await chooseCheckpoint(page, path.join(run, 'config.json'), path.join(root, 'notes.txt'));
  await refused('Checkpoint', /^config\.json and 1 more are no part of a checkpoint: /);
  expect(await page.getByRole('region', { name: 'Faces', exact: true }).textContent()).not.toContain(
    'notes.txt',
  );
  await chooseFaces(page, [file('short.safetensors', bytes.subarray(0, bytes.length / 2))]);
  await refused('Faces', /^short\.safetensors is not a usable safetensors file: it is cut short/);

  await chooseCheckpoint(page, weights, threshold);
  await statusOf(page, 'Checkpoint', /net tiny/);
  await chooseFaces(page, [faces[0]!]);
  await page.getByText('One more face is needed: a cosine compares two.').waitFor();
  await chooseFaces(page, Array(32).fill(faces[0]));
  await refused('Faces', /^32 images are too many: the page compares up to 32, and has 1$/);
  await chooseFaces(page, [faces[4]!]);
  await page.locator('[data-cosine]').waitFor();
  // A net that cannot be opened leaves the one before as it was, with its threshold.
  await chooseFaces(page, [path.join(root, 'short.safetensors')]);
  await refused('Faces', /^short\.safetensors is not a usable safetensors file/);
  await statusOf(page, 'Checkpoint', /net tiny after 40 steps, .* threshold 0/);
  expect(await page.locator('.pair-detail').textContent()).toMatch(/Threshold 0\.\d+: best-threshold/);
  // A refusal is not the last word once something else was done.
  await chooseFaces(page, Array(31).fill(faces[0]));
  await refused('Faces', /^31 images are too many/);
  await page.locator('.choices label', { hasText: 'off' }).click();
  await page.locator('.results[data-merge=front]').waitFor();
  await expect.poll(() => page.getByText('are too many').count()).toBe(0);
  expect(problems).toEqual([]);
  await page.context().close();
});

test.each(looks)('the results fit the screen: $name', async ({ name: look, ...options }) => {
  const { page } = await openVerify(options);
  await chooseCheckpoint(page, weights, threshold);
  await chooseFaces(page, faces);
  await statusOf(page, 'Faces', /^6 images embedded/);
  await screenshot(page, `verify-results-${look}`);
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content).toBeLessThanOrEqual(screen);
  await page.context().close();
});
