import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { convertDataset } from '../../../src/normface/data/convert/convert.node.ts';
import { Staging } from '../../../src/normface/data/convert/staging.node.ts';
import type { Dataset } from '../../../src/normface/data/dataset.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { readSource, type StoredSource } from '../../../src/normface/data/source.node.ts';
import { encode, errorOf, temporaryFolder, writeTree } from './fixtures.ts';
import { frame, magicBytes, payload, recordFile } from './records.ts';

const folder = temporaryFolder();
const jpeg = await encode('jpeg', 96, 112, 1);
const png = await encode('png', 96, 112, 2);
/** Read as well as any other JPEG: bytes behind the end are of no concern. */
const withMagic = Buffer.concat([
  jpeg,
  Buffer.alloc((4 - ((jpeg.length + 24) % 4)) % 4),
  magicBytes,
  jpeg.subarray(0, 5),
]);

const source = writeTree(join(folder, 'source'), {
  'ann lee/2.jpg': jpeg,
  'ann lee/10.png': png,
  'bob/1.jpg': withMagic,
  'Zoë/1.jpeg': jpeg,
});

async function convert(from: string | Dataset, to: string, options = {}): Promise<string> {
  const dataset = typeof from === 'string' ? await openDataset(from) : from;
  await convertDataset(dataset, join(folder, to), options);
  return join(folder, to);
}

/** Every image by its identity, in order. */
async function contents(path: string): Promise<[string, string][]> {
  const { identities, samples } = await openDataset(path);
  return Promise.all(
    samples.map(
      async ({ identity, source }): Promise<[string, string]> => [
        identities[identity]!,
        Buffer.from(await readSource(source as StoredSource)).toString('base64'),
      ],
    ),
  );
}

async function sentence(promise: Promise<unknown>): Promise<string> {
  const error = await errorOf(promise);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('a data set in another form', () => {
  test('.rec is what insightface writes: record 0, images, a record for each person', async () => {
    const path = await convert(source, 'first/train.rec');
    // Sorted by code units: Zoë, ann lee, bob.
    const { rec, idx } = recordFile([
      frame(payload([5, 8], 0)),
      frame(payload(0, 1, jpeg)),
      frame(payload(1, 2, png)),
      frame(payload(1, 3, jpeg)),
    ]);
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, rec.length)).toEqual(rec);
    expect(readFileSync(join(folder, 'first/train.idx'), 'utf8').slice(0, idx.length)).toBe(idx);
    expect(bytes.subarray(-3 * 40)).toEqual(
      Buffer.concat([frame(payload([1, 2], 5)), frame(payload([2, 4], 6)), frame(payload([4, 5], 7))]),
    );
    expect(readFileSync(join(folder, 'first/train.lst'), 'utf8')).toBe(
      '1\t0\tZoë/1.jpeg\n2\t1\tann lee/10.png\n3\t1\tann lee/2.jpg\n4\t2\tbob/1.jpg\n',
    );
    expect(readFileSync(join(folder, 'first/property'), 'utf8')).toBe('3,112,96');
    expect(await contents(path)).toEqual(await contents(source));
    // The image with the magic number lies in several parts.
    expect((await openDataset(path)).samples.map(({ source: { kind } }) => kind)).toEqual([
      'range',
      'range',
      'range',
      'record',
    ]);
  });

  test('two .rec in a folder: `property`, which speaks of the folder, stays as it is or is not made', async () => {
    const first = await convert(source, 'shared/train.rec');
    const property = join(folder, 'shared/property');
    const { name, identities, samples } = await openDataset(source);
    const one = { name, identities: identities.slice(0, 1), samples: samples.slice(0, 1) };
    const second = await convert(one, 'shared/val.rec');
    expect(readFileSync(property, 'utf8')).toBe('3,112,96');
    for (const [file, people] of [
      [first, 3],
      [second, 1],
    ] as const)
      expect(await openDataset(file)).toMatchObject({ remarks: [], identities: { length: people } });
    writeFileSync(property, 'of another program');
    await convert(source, 'shared/train.rec', { force: true });
    expect(readFileSync(property, 'utf8')).toBe('of another program');
  });

  test('records, folder, records, archive, records: the same bytes', async () => {
    const first = await convert(source, 'round/a/train.rec');
    const names = ['train.rec', 'train.idx', 'property'];
    const bytesOf = (name: string) => names.map((file) => readFileSync(join(folder, 'round', name, file)));
    const tree = await convert(first, 'round/tree');
    expect(readdirSync(tree, { recursive: true }).map(String).sort()).toEqual(
      ['Zoë', 'Zoë/1.jpg', 'ann lee', 'ann lee/2.png', 'ann lee/3.jpg', 'bob', 'bob/4.jpg'].sort(),
    );
    await convert(tree, 'round/b/train.rec');
    expect(bytesOf('b')).toEqual(bytesOf('a'));
    const tar = await convert(first, 'round/faces.tar');
    await convert(tar, 'round/c/train.rec');
    expect(bytesOf('c')).toEqual(bytesOf('a'));
    expect(readFileSync(await convert(tree, 'round/again.tar'))).toEqual(readFileSync(tar));
    // Without the list the people are their numbers.
    const { rec, idx } = { rec: readFileSync(first), idx: readFileSync(join(folder, 'round/a/train.idx')) };
    const bare = writeTree(join(folder, 'round/bare'), { 'train.rec': rec, 'train.idx': idx });
    const numbered = await convert(bare, 'round/numbered');
    expect(readdirSync(numbered).sort()).toEqual(['0', '1', '2']);
    await convert(numbered, 'round/d/train.rec');
    expect(bytesOf('d')).toEqual(bytesOf('a'));
  });

  test('.bin: pairs of a list, and of another .bin', async () => {
    const pairs = [
      { fold: 1, same: true, first: 1, second: 2 },
      { fold: 1, same: false, first: 2, second: 3 },
    ];
    const path = await convert(source, 'lfw.bin', { pairs });
    const dataset = await openDataset(path);
    expect(dataset.pairs!.pairs.map(({ same }) => same)).toEqual([true, false]);
    const all = await contents(source);
    expect((await contents(path)).map(([, bytes]) => bytes)).toEqual([1, 2, 2, 3].map((i) => all[i]![1]));
    const again = await convert(dataset, 'again.bin', { pairs: dataset.pairs!.pairs });
    expect(readFileSync(again)).toEqual(readFileSync(path));
    expect(await sentence(convert(source, 'other.bin'))).toMatch(
      /holds pairs: name a list of them with --pairs$/,
    );
  });

  test('what is in no file becomes PNG, and so do formats that other readers lack', async () => {
    const { default: sharp } = await import('sharp');
    const gif = await sharp(png).gif().toBuffer();
    const odd = writeTree(join(folder, 'odd'), { 'a/1.gif': gif, 'a/2.jpg': jpeg });
    const rec = await convert(odd, 'odd-records/a.rec');
    const [first, second] = (await openDataset(rec)).samples;
    const bytes = await readSource(first!.source as StoredSource);
    expect(Buffer.from(bytes.subarray(1, 4)).toString()).toBe('PNG');
    expect((await decodeSource(first!.source)).pixels).toEqual(
      (await decodeSource({ kind: 'bytes', bytes: gif })).pixels,
    );
    expect(Buffer.from(await readSource(second!.source as StoredSource))).toEqual(jpeg);
    // A folder takes everything as it is.
    expect(readFileSync(join(await convert(odd, 'odd-copy'), 'a/1.gif'))).toEqual(gif);
    const drawn = await openDataset({ identities: 2, samples: 1, seed: 3 });
    const copy = await openDataset(await convert(drawn, 'drawn'));
    expect(copy.samples.map(({ key }) => key)).toEqual([
      'person_0001/person_0001_0001.png',
      'person_0002/person_0002_0001.png',
    ]);
    const { pixels } = await decodeSource(drawn.samples[1]!.source);
    expect((await decodeSource(copy.samples[1]!.source)).pixels).toEqual(pixels);
  });
});

describe('nothing is overwritten and nothing is left half written', () => {
  const listing = () => readdirSync(folder, { recursive: true }).map(String).sort();

  test('files only with force, folders never', async () => {
    const path = await convert(source, 'kept/train.rec');
    const bytes = readFileSync(path);
    expect(await sentence(convert(source, 'kept/train.rec'))).toMatch(
      /kept\/train.idx exists already; --force replaces it$/,
    );
    writeFileSync(path, 'other');
    await convert(source, 'kept/train.rec', { force: true });
    expect(readFileSync(path)).toEqual(bytes);
    expect(await sentence(convert(source, 'kept', { force: true }))).toMatch(
      /kept is not empty; name a new folder/,
    );
    mkdirSync(join(folder, 'new.tar'));
    expect(await sentence(convert(source, 'new.tar'))).toMatch(/new.tar is a folder; name a file$/);
    mkdirSync(join(folder, 'empty'));
    expect(await contents(await convert(source, 'empty'))).toEqual(await contents(source));
    for (const name of ['a.zip', 'a.tar.gz', 'a.lst'])
      expect(await sentence(convert(source, name))).toMatch(/written are .rec, .bin, .tar, and folders/);
  });

  test.each(['broken.rec', 'new/folders/broken.rec', 'broken.tar', 'broken', 'broken.bin'])(
    'an image that cannot be read: %s',
    async (name) => {
      const broken = writeTree(join(folder, 'from'), { 'a/1.jpg': jpeg, 'b/1.jpg': 'no image' });
      if (!existsSync(join(broken, 'c'))) {
        mkdirSync(join(broken, 'c'));
        symlinkSync(join(broken, 'nowhere'), join(broken, 'c/1.jpg'));
      }
      const before = listing();
      const pairs = [{ fold: 1, same: false, first: 0, second: 2 }];
      expect(await sentence(convert(broken, name, { pairs }))).toMatch(
        /^from: the image (b|c)\/1.jpg cannot be written elsewhere: (it is no image of a known format|there is no such file)$/,
      );
      expect(listing()).toEqual(before);
    },
  );

  test('a signal that ends the process takes what is unfinished with it', () => {
    const before = listing();
    const staging = new Staging(join(folder, 'ended/train.rec'));
    staging.file('train.rec').append('x');
    expect(listing().length).toBe(before.length + 3);
    // Another listener, so that this process goes on.
    const others = () => {};
    process.on('SIGTERM', others);
    process.emit('SIGTERM', 'SIGTERM');
    process.off('SIGTERM', others);
    expect(listing()).toEqual(before);
  });

  test('names that lead out of the folder are no paths', async () => {
    const dataset: Dataset = {
      name: 'evil',
      identities: ['..'],
      samples: [{ identity: 0, key: '../../x.jpg', source: { kind: 'bytes', bytes: jpeg } }],
    };
    const before = listing();
    for (const name of ['out', 'out.tar'])
      expect(await sentence(convert(dataset, name))).toMatch(
        /"..\/..\/x.jpg" can be no path identity\/file$/,
      );
    expect(listing()).toEqual(before);
  });
});
