import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { imageList } from '../../../src/cli/embed.node.ts';
import { UserError } from '../../../src/common/errors.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import { type Dataset, remarkText } from '../../../src/normface/data/dataset.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { retype, tarWith, zipOf } from './archives.ts';
import { encode, errorOf, tarOf, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const small = await encode('jpeg', 12, 14, 1);
const large = await encode('png', 30, 20, 2);

const write = (name: string, content: Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const keysOf = ({ samples }: Dataset) => samples.map(({ key }) => key);
const remarksOf = ({ remarks }: Dataset) => remarks?.map(remarkText);
const widthsOf = ({ samples }: Dataset) =>
  Promise.all(samples.map(async ({ source }) => (await decodeSource(source)).width));

async function sentence(name: string, content: Uint8Array): Promise<string> {
  const error = await errorOf(openDataset(write(name, content)));
  expect(error).toBeInstanceOf(UserError);
  return error.message;
}

describe('archives are told by their bytes', () => {
  test.each<[name: string, pack: (files: Record<string, Uint8Array>) => Promise<Uint8Array>]>([
    ['faces.tar', tarOf],
    ['FACES.TAR', tarOf],
    ['faces.tar.gz', async (files) => gzipSync(await tarOf(files))],
    ['faces.tgz', async (files) => gzipSync(await tarOf(files))],
    [
      'stored.zip',
      async (files) => zipOf(Object.entries(files).map(([name, content]) => ({ name, content }))),
    ],
    [
      'deflated.ZIP',
      async (files) => zipOf(Object.entries(files).map(([name, content]) => ({ name, content, method: 8 }))),
    ],
    [
      'no-ending',
      async (files) => zipOf(Object.entries(files).map(([name, content]) => ({ name, content }))),
    ],
  ])('%s', async (name, packed) => {
    const files = {
      'faces/ann/1.jpg': small,
      'faces/bo/2.dat': large,
      'faces/bo/notes.md': Buffer.from('x'),
    };
    const path = write(name, await packed(files));
    const dataset = await openDataset(path);
    expect(keysOf(dataset)).toEqual(['ann/1.jpg', 'bo/2.dat']);
    expect(await widthsOf(dataset)).toEqual([12, 30]);
    expect(remarksOf(dataset)).toEqual([
      'PNG images whose names end otherwise (.dat) read: 1 (faces/bo/2.dat)',
      'files that are no images (.md) passed over: 1 (faces/bo/notes.md)',
    ]);
    // `embed` takes the same.
    expect(keysOf(await imageList([path]))).toEqual([`${name}/ann/1.jpg`, `${name}/bo/2.dat`]);
  });

  test('others are named', async () => {
    const started = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(600)]);
    expect(await sentence('a.tar.bz2', started('BZh91AY'))).toBe(
      'a.tar.bz2 is compressed by bzip2: unpack it, or make a .tar or .zip of it',
    );
    expect(await sentence('a.rar', started('Rar!\x1a\x07'))).toMatch(/^a\.rar is a RAR archive: /);
    expect(await sentence('a.7z', started("7z\xbc\xaf'\x1c"))).toMatch(/^a\.7z is a 7z archive: /);
  });
});

describe('tar', () => {
  test('links lead to files and folders of the archive, as they do when it is unpacked', async () => {
    const archive = await tarWith([
      [{ name: 'set/b/1.jpg', type: 'symlink', linkname: '../a/1.jpg' }],
      [{ name: 'set/a/1.jpg' }, small],
      [{ name: 'set/a/2.png', type: 'link', linkname: 'set/a/1.jpg' }],
      [{ name: 'set/a/3.png' }, large],
      [{ name: 'set/c', type: 'symlink', linkname: 'a' }],
      [{ name: 'set/d/1.jpg', type: 'symlink', linkname: '../c/3.png' }],
      [{ name: 'set/d/2.jpg', type: 'symlink', linkname: '../../../etc/1.jpg' }],
      [{ name: 'set/d/3.jpg', type: 'symlink', linkname: '3.jpg' }],
      [{ name: 'set/d/up', type: 'symlink', linkname: '..' }],
    ]);
    const dataset = await openDataset(write('links.tar', archive));
    expect(keysOf(dataset)).toEqual([
      ...['a/1.jpg', 'a/2.png', 'a/3.png', 'b/1.jpg'],
      ...['c/1.jpg', 'c/2.png', 'c/3.png', 'd/1.jpg'],
    ]);
    expect(await widthsOf(dataset)).toEqual([12, 12, 30, 12, 12, 12, 30, 30]);
    expect(remarksOf(dataset)).toEqual([
      'folders that are read under several names, through links: 1 (set/a = set/c)',
      'links that lead back to a folder above them passed over: 1 (set/d/up)',
      'links that lead to no file passed over: 2 (set/d/2.jpg, set/d/3.jpg)',
    ]);
  });

  test('members with .. in their paths are read as tar unpacks them', async () => {
    const archive = await tarWith([
      [{ name: '../faces/a/1.jpg' }, small],
      [{ name: './x/../../faces/b/1.jpg' }, small],
      [{ name: '/faces/c/1.jpg' }, small],
    ]);
    const dataset = await openDataset(write('up.tar', archive));
    expect(keysOf(dataset)).toEqual(['a/1.jpg', 'b/1.jpg', 'c/1.jpg']);
    expect(remarksOf(dataset)).toEqual([
      'members that lead out of the archive, read without the .. in their paths: 2 (../faces/a/1.jpg, ./x/../../faces/b/1.jpg)',
    ]);
  });

  test('what is passed over is counted and named', async () => {
    const archive = await tarWith([
      [{ name: 'a/0.jpg' }, small.subarray(0, 512)],
      [{ name: 'a/1.jpg' }, small],
      [{ name: 'a/2.jpg', pax: { 'GNU.sparse.major': '1' } }, small],
      [{ name: 'a/3.jpg', type: 'link', linkname: 'a/9.jpg' }],
      [{ name: 'a/4.jpg', type: 'fifo' }],
      [{ name: '.hidden/5.jpg' }, small],
      [{ name: 'a/._1.jpg' }, 'x'],
    ]);
    const dataset = await openDataset(write('kinds.tar', retype(archive, 0, 'S')));
    expect(keysOf(dataset)).toEqual(['a/1.jpg']);
    expect(remarksOf(dataset)).toEqual([
      'devices, pipes and sockets passed over: 1 (a/4.jpg)',
      'hard links to a file that is not before them passed over: 1 (a/3.jpg)',
      'hidden files passed over: 1 (a/._1.jpg)',
      'hidden folders passed over: 1 (.hidden)',
      'sparse files and members of other unusual kinds passed over: 2 (a/0.jpg, a/2.jpg)',
    ]);
  });

  test('a hard link without a target is no crash', async () => {
    const archive = await tarWith([
      [{ name: 'a/1.jpg' }, small],
      [{ name: 'a/2.jpg', type: 'link', linkname: 'x' }],
    ]);
    const link = archive.indexOf('a/2.jpg');
    archive.fill(0, link + 157, link + 257);
    const dataset = await openDataset(write('no-target.tar', retype(archive, link, '1')));
    expect(keysOf(dataset)).toEqual(['a/1.jpg']);
    expect(remarksOf(dataset)).toEqual([
      'hard links to a file that is not before them passed over: 1 (a/2.jpg)',
    ]);
  });

  test('archives of the first format, without "ustar", are read', async () => {
    const archive = await tarOf({ 'a/1.jpg': small });
    archive.fill(0, 257, 265);
    expect(keysOf(await openDataset(write('v7.tar', retype(archive, 0, '0'))))).toEqual(['a/1.jpg']);
  });
});

describe('depth', () => {
  const nested = (levels: number) => `${'d/'.repeat(levels)}1.jpg`;

  test.each(['tar', 'zip'])(
    'members of a %s deeper than 64 levels are passed over, in a short time',
    async (kind) => {
      const members = [nested(64), nested(65), nested(30_000)];
      const archive =
        kind === 'tar'
          ? await tarWith(
              members.map((name) => [{ name, ...(name.length > 99 && { pax: { path: name } }) }, small]),
            )
          : zipOf(members.map((name) => ({ name, content: small })));
      const dataset = await openDataset(write(`deep.${kind}`, archive));
      expect(keysOf(dataset)).toEqual(['d/1.jpg']);
      expect(dataset.remarks).toMatchObject([
        { what: 'files and folders deeper than 64 levels passed over', count: 2, important: true },
      ]);
      expect(remarksOf(dataset)!.join().length).toBeLessThan(1000);
    },
  );

  test('folders deeper than 64 levels, and links to paths longer than paths can be', async () => {
    const path = join(folder, 'deep');
    for (const levels of [64, 65]) {
      mkdirSync(dirname(join(path, nested(levels))), { recursive: true });
      writeFileSync(join(path, nested(levels)), small);
    }
    const dataset = await openDataset(path);
    expect(keysOf(dataset)).toEqual(['d/1.jpg']);
    expect(dataset.remarks).toMatchObject([
      { what: 'files and folders deeper than 64 levels passed over', count: 1 },
    ]);
    const linked = await tarWith([
      [{ name: 'a/1.jpg' }, small],
      [{ name: 'b/1.jpg', type: 'symlink', pax: { linkpath: `${'../b/'.repeat(50_000)}../a/1.jpg` } }],
      [{ name: 'b/2.jpg', type: 'symlink', linkname: '../a/1.jpg' }],
    ]);
    const { samples, remarks } = await openDataset(write('long-link.tar', linked));
    expect(samples.map(({ key }) => key)).toEqual(['a/1.jpg', 'b/2.jpg']);
    expect(remarks).toMatchObject([{ what: 'links that lead to no file passed over', count: 1 }]);
  });
});

describe('gzip', () => {
  test('a damaged or endless archive is refused, and no temporary file is left', async () => {
    const unpacked = () => readdirSync(tmpdir()).filter((name) => name.startsWith('normface-unpacked-'));
    const before = unpacked();
    const packed = gzipSync(await tarOf({ 'a/1.jpg': small }));
    expect(await sentence('cut.tar.gz', packed.subarray(0, packed.length - 20))).toMatch(
      /^cut\.tar\.gz cannot be unpacked: /,
    );
    expect(await sentence('bomb.tgz', gzipSync(Buffer.alloc(2 ** 24)))).toBe(
      'bomb.tgz is no archive of images: unpacked it is more than 100 times as large',
    );
    expect(await sentence('text.gz', gzipSync(Buffer.from('no archive')))).toBe(
      'text.gz is not a readable tar archive',
    );
    expect(unpacked().filter((name) => !before.includes(name))).toEqual([]);
    // What can be read stays until the process ends, once however often it is opened.
    const path = write('whole.tar.gz', packed);
    const [first, second] = [await openDataset(path), await openDataset(path)];
    expect(first).toEqual(second);
    expect(unpacked().filter((name) => !before.includes(name))).toHaveLength(1);
  });
});

describe('zip', () => {
  test('links, unusual members and paths are dealt with as in a tar', async () => {
    const link = { mode: 0o120777 };
    const archive = zipOf([
      { name: 'set/a/', content: '' },
      { name: 'set/a/1.jpg', content: small },
      { name: 'set\\b\\1.jpg', content: large, method: 8 },
      { name: 'set/c/1.jpg', content: '../a/1.jpg', ...link },
      { name: 'set/d', content: 'b', method: 8, ...link },
      { name: 'set/a/2.jpg', content: small, method: 8, flags: 1 },
      { name: 'set/a/3.jpg', content: small, method: 12 },
      { name: '../set/e/José.jpg', content: small },
    ]);
    const dataset = await openDataset(write('odd.zip', archive));
    expect(keysOf(dataset)).toEqual(['a/1.jpg', 'b/1.jpg', 'c/1.jpg', 'd/1.jpg', 'e/José.jpg']);
    expect(await widthsOf(dataset)).toEqual([12, 30, 12, 30, 12]);
    expect(remarksOf(dataset)).toEqual([
      'encrypted files passed over: 1 (set/a/2.jpg)',
      'files that are compressed in an unusual way passed over: 1 (set/a/3.jpg)',
      'folders that are read under several names, through links: 1 (set/b = set/d)',
      'members that lead out of the archive, read without the .. in their paths: 1 (../set/e/José.jpg)',
    ]);
  });

  test('a damaged one is refused, a damaged member reported when it is read', async () => {
    const archive = zipOf([{ name: 'a/1.jpg', content: large, method: 8 }]);
    expect(await sentence('cut.zip', archive.subarray(0, archive.length - 30))).toMatch(
      /^cut\.zip is not a readable zip archive: /,
    );
    expect(await sentence('none.zip', zipOf([]))).toBe('none.zip is empty: it holds no files');
    archive.fill(0xff, 37, 60);
    const dataset = await openDataset(write('damaged.zip', archive));
    await expect(decodeSource(dataset.samples[0]!.source)).rejects.toThrow(
      'its compressed content is damaged',
    );
  });
});

describe('damaged archives', () => {
  /** Numbers that follow from a seed, below 2³². */
  const random = (seed: number, draw: number) => hash32(seed, 0x66757a7a, draw);

  test.each(['tar', 'zip'])(
    'a %s of changed bytes is read or refused, and never ends the process',
    async (kind) => {
      const whole =
        kind === 'tar'
          ? await tarWith([
              [{ name: 'a/1.jpg' }, small],
              [{ name: 'a/2.jpg', type: 'link', linkname: 'a/1.jpg' }],
              [{ name: 'b/1.jpg', type: 'symlink', linkname: '../a/1.jpg' }],
              [{ name: `${'n'.repeat(120)}/1.jpg` }, small],
            ])
          : zipOf([
              { name: 'a/1.jpg', content: small },
              { name: 'b/1.jpg', content: '../a/1.jpg', mode: 0o120777 },
              { name: 'c/1.dat', content: small, method: 8 },
            ]);
      let opened = 0;
      for (let round = 0; round < 300; round++) {
        const bytes = Buffer.from(whole);
        for (let k = 0; k <= round % 4; k++)
          bytes[random(round, 2 * k) % bytes.length] = random(round, 2 * k + 1);
        const path = write(
          `fuzz.${kind}`,
          round % 3 ? bytes : retype(bytes, 0, String.fromCharCode(random(round, 9) % 256)),
        );
        try {
          const dataset = await openDataset(path);
          opened++;
          await Promise.allSettled(dataset.samples.map(({ source }) => decodeSource(source)));
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as Error).message.length).toBeLessThan(1000);
        }
      }
      expect(opened).toBeGreaterThan(10);
    },
  );
});
