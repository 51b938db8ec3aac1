import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../src/normface/data/open.node.ts';
import { openEvaluationSet } from '../../src/normface/embedding/evaluation-set.node.ts';
import { encode, writeTree } from '../normface/data/fixtures.ts';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const png = await encode('png', 12, 14, 1);
const jpeg = await encode('jpeg', 20, 10, 1);

/** A folder of files with the same content. */
const faces = (name: string, ...files: string[]) =>
  writeTree(path.join(root, name), Object.fromEntries(files.map((file) => [file, png])));

function list(name: string, text: string): string {
  fs.writeFileSync(path.join(root, name), text);
  return path.join(root, name);
}

describe('data check --pairs', () => {
  const numbers = (person: string, suffix = '') =>
    [1, 2, 3, 4, 5].map((i) => `${person}/${person}_000${i}${suffix}.png`);

  test('a stray picture renumbers nobody', async () => {
    const data = faces('stray', ...numbers('P001'), ...numbers('P002'), 'P001/P001_0002.jpg', 'P001/x.png');
    const pairs = list('stray.txt', '1\nP001\t1\t4\nP001\t3\tP002\t1\n');
    const set = await openEvaluationSet({ data, pairs, pairsPerFold: 1 });
    const keys = Array.from(set.indices, (index) => set.dataset.samples[index]!.key);
    expect([set.pairs.a, set.pairs.b].map(([row]) => keys[row!])).toEqual([
      'P001/P001_0001.png',
      'P001/P001_0004.png',
    ]);
    expect((await normface('data', 'check', data, '--pairs', pairs)).exitCode).toBe(0);
  });

  test('all misses are counted and the first five of each kind are shown', async () => {
    const data = faces(
      'misses',
      ...numbers('A'),
      ...numbers('B', '_0'),
      'A/A_0002.jpg',
      'C/left.png',
      'C/right.png',
    );
    const pairs = list(
      'misses.txt',
      `1 9\n${[6, 7, 8, 9, 10, 11, 12].map((i) => `A 1 ${i}\n`).join('')}A 1 2\nC 1 2\n${[1, 2, 3, 4, 5, 6, 7].map((i) => `A 1 X${i} 1\n`).join('')}A 1 B 1\nA 1 C 3\n`,
    );
    const { exitCode, stdout } = await normface('data', 'check', data, '--pairs', pairs);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('16 of the 18 pairs of misses.txt cannot be compared\n');
    expect(stdout).toContain('images that are not there: 8\n  line 2: image 6 of A is not in misses\n');
    expect(stdout).toContain('people that are not there: 7\n  line 11: X1 is not in misses\n');
    expect(stdout).toContain('  line 15: X5 is not in misses\n  and 2 more\n');
    expect(stdout).toContain(
      'numbers that several images have: 1\n  line 9: image 2 of A may be A/A_0002.jpg or A/A_0002.png\n',
    );
    expect(stdout).toContain(
      'counted in the order of their names for 1 of the people that the pairs name (C)',
    );
    expect(stdout).not.toContain('X6');
    expect(stdout).toContain('every one of the 13 images can be read\n');
    const json = JSON.parse((await normface('--json', 'data', 'check', data, '--pairs', pairs)).stdout);
    expect(json).toMatchObject({ images: 13, pairs: 2, corrupt: [] });
    expect(json.misses).toHaveLength(16);
    await expect(openEvaluationSet({ data, pairs, pairsPerFold: 1 })).rejects.toThrow(
      /^misses.txt line 2: image 6 of A is not in misses \(and 15 more; /,
    );
  });

  test.each([256, 300])('%i folds are as many folds', async (folds) => {
    const data = faces('folds', 'A/1.png', 'A/2.png', 'B/1.png');
    const pairs = list(`${folds}.txt`, `${folds} 1\n${'A 1 2\nA 1 B 1\n'.repeat(folds)}`);
    const checked = await normface('data', 'check', data, '--pairs', pairs);
    expect(checked).toMatchObject({ exitCode: 0, stderr: '' });
    const set = await openEvaluationSet({ data, pairs, pairsPerFold: 1 });
    expect(new Set(set.pairs.fold).size).toBe(folds);
    expect([...set.pairs.fold.slice(-2)]).toEqual([folds, folds]);
  });
});

describe('data info and check', () => {
  test('tell what is not read, and sizes and endings of what is', async () => {
    const data = faces('mixed', 'A/1.png', 'A/2.png', 'B/1.png');
    writeTree(data, {
      'B/2.heic': jpeg,
      'B/3.bmp': Buffer.from('BM6~\0\0\0\0\0\0'.padEnd(60, '\0')),
      'notes.txt': 'x',
    });
    for (const command of ['info', 'check']) {
      const { exitCode, stdout, stderr } = await normface('data', command, data);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toContain('mixed: 4 images of 2 people\n');
      expect(stdout).toContain('endings, whatever the files hold: .png (3), .heic (1)\n');
      expect(stdout).toContain('BMP images (.bmp) passed over, a format that is not read: 1 (B/3.bmp)\n');
      expect(stdout).toContain('files that are no images (.txt) passed over: 1 (notes.txt)\n');
    }
    expect((await normface('data', 'info', data)).stdout).toContain(
      'sizes in pixels, of 4 images: 12 × 14 (3), 20 × 10 (1)\n',
    );
    expect(JSON.parse((await normface('--json', 'data', 'info', data)).stdout)).toMatchObject({
      measured: 4,
      sizes: [
        { what: '12 × 14', count: 3 },
        { what: '20 × 10', count: 1 },
      ],
    });
    // Other commands say what may be missing.
    const out = path.join(root, 'mixed.png');
    expect((await normface('data', 'preview', data, '--out', out)).stderr).toBe(
      'warning: mixed: BMP images (.bmp) passed over, a format that is not read: 1 (B/3.bmp)\n',
    );
    const { stderr } = await normface('train', '--data', data, '--net', 'tiny', '--batch', '8', '--dry-run');
    expect(stderr).toContain('warning: mixed: BMP images (.bmp) passed over');
  });

  test('the files are counted while they are looked for', async () => {
    const people = Array.from({ length: 300 }, (_, i) => `p${i}/1.png`);
    const counts: number[] = [];
    await openDataset(faces('many', ...people), (files) => counts.push(files));
    expect(counts.length).toBeGreaterThan(100);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(300);
  });
});

test('a configuration with a byte order mark is read', async () => {
  const data = faces('bom', 'A/1.png', 'A/2.png', 'B/1.png', 'B/2.png');
  const file = list(
    'bom.json',
    `\uFEFF${JSON.stringify({ net: 'tiny', batchSize: 8, data: { path: data }, steps: 2 })}`,
  );
  expect(await normface('train', file, '--dry-run')).toMatchObject({ exitCode: 0 });
});

test.skipIf(process.platform === 'win32')('pipes in a folder are named, not waited for', async () => {
  const data = faces('pipes', 'A/1.png', 'B/1.png');
  execFileSync('mkfifo', [path.join(data, 'A/2.png')]);
  const { stdout } = await normface('data', 'check', data);
  expect(stdout).toContain('devices, pipes and sockets passed over: 1 (A/2.png)\n');
});

describe('data preview --augment', () => {
  test('shows images beside what a training makes of them, and says what was drawn', async () => {
    const data = writeTree(path.join(root, 'augmented'), {
      'A/1.png': await encode('png', 40, 48, 1),
      'B/1.png': await encode('png', 40, 48, 2),
      'C/1.png': '',
    });
    const out = path.join(root, 'augmented.png');
    const settings = ['data.imageSize=[48,40]', 'augmentation={"mirror":false,"crop":{"probability":1}}'];
    const words = settings.flatMap((setting) => ['--set', setting]);
    const { exitCode, stdout, stderr } = await normface(
      ...['--json', 'data', 'preview', data, '--augment', '--columns', '3', '--out', out],
      ...words,
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning: cannot read the image C/1.png: the file is empty');
    const { images, width } = JSON.parse(stdout);
    expect(images.map(({ key }: { key: string }) => key)).toEqual(['A/1.png', 'B/1.png']);
    // Tiles of 160 pixels in height: 133 wide, with a gap of 14.
    expect(width).toBe(20 + 3 * 133 + 2 * 14 + 20);
    for (const [row, { versions }] of images.entries())
      for (const [step, { crop, lowResolution, mirrored, moved }] of versions.entries()) {
        expect({ lowResolution, mirrored, moved }).toEqual({
          lowResolution: null,
          mirrored: false,
          moved: null,
        });
        // The tile as the sheet has it, at the size of the image again: what was cut away is black, and the rest is as in the first.
        const tileHeight = (await sharp(out).metadata()).height;
        const top = 60 + row * ((tileHeight - 60 - 20 + 14) / 2);
        const tile = (column: number) =>
          sharp(out)
            .extract({ left: 20 + column * 147, top, width: 133, height: 160 })
            .resize(40, 48, { kernel: 'nearest' })
            .raw()
            .toBuffer();
        const [whole, changed] = [await tile(0), await tile(step + 1)];
        const inside = (x: number, y: number, border: number) =>
          x >= crop.left + border &&
          x < crop.left + crop.width - border &&
          y >= crop.top + border &&
          y < crop.top + crop.height - border;
        for (let y = 0; y < 48; y++)
          for (let x = 0; x < 40; x++) {
            const at = 3 * (40 * y + x);
            if (inside(x, y, 3)) expect(changed[at]).toBe(whole[at]);
            else if (!inside(x, y, -3)) expect(changed[at]).toBe(0);
          }
      }
  });

  test.each([
    [['--columns', '1', '--augment'], /--columns 1: with --augment there are two or more/],
    [['--set', 'seed=2'], /they belong to --augment/],
    [['--augment', '--set', 'augmentation.hue=1'], /unknown key "augmentation.hue"/],
    [['--augment', '--config', path.join(root, 'none.json')], /none.json/],
  ])('%j is refused', async (words, message) => {
    const out = path.join(root, 'refused.png');
    const { exitCode, stderr } = await normface('data', 'preview', 'generated', '--out', out, ...words);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(fs.existsSync(out)).toBe(false);
  });
});
