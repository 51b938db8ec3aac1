import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { captionLines, writeContactSheet } from '../../../src/normface/data/images/contact-sheet.node.ts';
import { hasFonts } from '../../../src/normface/data/images/fonts.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { writePreview } from '../../../src/normface/data/preview.node.ts';
import { encode, errorOf, picture, temporaryFolder, writeTree } from './fixtures.ts';

const folder = temporaryFolder();

/** RGB pixels of a rectangle of an image file. */
function region(path: string, left: number, top: number, width: number, height: number): Promise<Buffer> {
  return sharp(path).extract({ left, top, width, height }).raw().toBuffer();
}

/** Pixels of a rectangle darker than the background: letters. */
async function ink(path: string, left: number, top: number, width: number, height: number): Promise<number> {
  return (await region(path, left, top, width, height)).filter((value) => value < 128).length;
}

describe('contact sheets', () => {
  test('show images in rows, pairs side by side, each above its caption', async () => {
    const path = join(folder, 'new', 'sheet.png');
    const image = picture(40, 50, 1);
    const other = picture(40, 50, 2);
    const tiles = [
      { images: [image, other], caption: 'Ann_Lee & <Bo>\n0.71' },
      { images: [other], caption: '' },
      { images: [image], caption: 'third' },
    ];
    const size = await writeContactSheet(path, tiles, { columns: 2, imageHeight: 50 });
    expect(await sharp(path).metadata()).toMatchObject({ format: 'png', channels: 3, ...size });
    // Margin 20, tiles 80 wide, gap 14; the longest caption needs two lines of 15 for its names and a third for the cosine, below 50
    // rows of picture and a gap of 6.
    expect(size).toEqual({ width: 20 + 80 + 14 + 80 + 20, height: 20 + 101 + 14 + 101 + 20 });
    expect(await region(path, 20, 20, 40, 50)).toEqual(Buffer.from(image.pixels));
    expect(await region(path, 60, 20, 40, 50)).toEqual(Buffer.from(other.pixels));
    expect(await region(path, 134, 20, 40, 50)).toEqual(Buffer.from(other.pixels));
    expect(await region(path, 40, 135, 40, 50)).toEqual(Buffer.from(image.pixels));
    expect(await ink(path, 20, 70, 80, 36)).toBeGreaterThan(50);
    expect(await ink(path, 20, 107, 80, 15)).toBeGreaterThan(10);
    expect(await ink(path, 114, 70, 80, 51)).toBe(0);
    expect(readdirSync(join(folder, 'new'))).toEqual(['sheet.png']);
  });

  test('long captions stay inside their tile', async () => {
    const path = join(folder, 'long.png');
    const image = picture(60, 60, 1);
    const caption = 'Wolfeschlegelsteinhausenbergerdorff_Maximiliana_and_more_words_than_fit';
    const tiles = [
      { images: [], caption: '' },
      { images: [image], caption },
      { images: [], caption: '' },
    ];
    await writeContactSheet(path, tiles, { columns: 3, imageHeight: 60 });
    const top = 20 + 60;
    expect(await ink(path, 20 + 74, top, 60, 36)).toBeGreaterThan(50);
    expect(await ink(path, 0, top, 20 + 60, 36)).toBe(0);
    expect(await ink(path, 20 + 2 * 74, top, 60 + 20, 36)).toBe(0);
  });

  test('a title is set small enough to fit', async () => {
    const path = join(folder, 'title.png');
    const tiles = [{ images: [picture(300, 100, 1)], caption: '' }];
    await writeContactSheet(path, tiles, { columns: 1, imageHeight: 100, title: 'MOST WORDY '.repeat(6) });
    expect(await ink(path, 20, 20, 300, 40)).toBeGreaterThan(200);
    expect(await ink(path, 320, 20, 20, 40)).toBe(0);
    await writeContactSheet(path, tiles, { columns: 1, imageHeight: 100, title: 'Faces' });
    expect(await ink(path, 20, 20, 300, 40)).toBeGreaterThan(200);
  });

  test('without images or a place to write there is one sentence and no file', async () => {
    const path = join(folder, 'none.png');
    const error = await errorOf(writeContactSheet(path, [{ images: [], caption: 'x' }], { columns: 3 }));
    expect(error).toEqual(new UserError(`cannot write ${path}: there are no images to show`));
    const tiles = [{ images: [picture(4, 4, 1)], caption: '' }];
    const blocked = await errorOf(writeContactSheet(folder, tiles, { columns: 1 }));
    expect(blocked).toBeInstanceOf(UserError);
    expect(blocked.message).toMatch(/^cannot write .*: it is a folder$/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('previews', () => {
  test('give each of the people with the most images a row; images that cannot be read are named and left out', async () => {
    const jpeg = await encode('jpeg', 12, 14, 1);
    const path = writeTree(join(folder, 'tree'), {
      'a/1.jpg': jpeg,
      'b/1.jpg': jpeg,
      'b/2.jpg': jpeg,
      'b/3.jpg': jpeg,
      'c/1.jpg': jpeg,
      'c/2.jpg': '',
    });
    const reports: [string, string][] = [];
    const preview = await writePreview(await openDataset(path), join(folder, 'preview.png'), {
      rows: 2,
      imageHeight: 28,
      onCorrupt: (name, reason) => reports.push([name, reason]),
    });
    expect(preview.identities).toEqual(['b', 'c']);
    expect(reports).toEqual([['c/2.jpg', 'the file is empty']]);
    expect(preview).toMatchObject({ width: 20 + 3 * 24 + 2 * 14 + 20, height: 20 + 40 + 2 * 64 + 14 + 20 });
  });

  test('of generated faces follow from the seed', async () => {
    const dataset = await openDataset('generated:identities=9,samples=2');
    const options = { rows: 3, size: { width: 24, height: 28 } };
    const preview = await writePreview(dataset, join(folder, 'generated.png'), options);
    expect(preview.identities.length).toBe(3);
    expect(await writePreview(dataset, join(folder, 'again.png'), options)).toEqual(preview);
    const seeds = [1, 2, 3].map((seed) =>
      writePreview(dataset, join(folder, `seed${seed}.png`), { ...options, seed }),
    );
    const choices = (await Promise.all(seeds)).map(({ identities }) => identities.join());
    expect(new Set([...choices, preview.identities.join()]).size).toBeGreaterThan(1);
  });
});

test.skipIf(process.platform !== 'linux')('a machine without fonts is recognised', async () => {
  const repository = resolve(import.meta.dirname, '../../..');
  const configuration =
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>';
  writeTree(folder, { 'fonts.conf': configuration });
  const { build } = await import('esbuild');
  const options = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
  } as const;
  const { outputFiles } = await build({
    ...options,
    stdin: {
      contents: `import { hasFonts } from './src/normface/data/images/fonts.node.ts'; console.log(await hasFonts());`,
      resolveDir: repository,
    },
  });
  const script = ['--input-type=module', '--eval', outputFiles[0]!.text];
  const env = { ...process.env, FONTCONFIG_FILE: join(folder, 'fonts.conf') };
  const { stdout } = await promisify(execFile)(process.execPath, script, { cwd: repository, env });
  expect(stdout.trim()).toBe('false');
  expect(typeof (await hasFonts())).toBe('boolean');
});

describe('captions', () => {
  test('a cosine after long names is always shown', () => {
    const lines = captionLines(
      'Arnold_Schwarzenegger 12 / Jean-Claude_Van_Damme_the_Second 104\n0.713, accepted',
      192,
    );
    expect(lines.at(-1)).toBe('0.713, accepted');
    expect(lines.slice(0, -1).join(' ')).toMatch(/^Arnold Schwarzenegger 12/);
  });

  test('names that are too long are cut, and only they', () => {
    const lines = captionLines(`${'name '.repeat(40)}\n−0.021, rejected`, 120);
    expect(lines[1]).toMatch(/…$/);
    expect(lines.slice(2).join(' ')).toBe('−0.021, rejected');
  });

  test('short ones stay on one line', () => {
    expect(captionLines('person 0234', 192)).toEqual(['person 0234']);
  });
});
