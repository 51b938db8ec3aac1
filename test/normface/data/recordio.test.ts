import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { minimumImages, remarkText, subset, warningsOf } from '../../../src/normface/data/dataset.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { DecodePool } from '../../../src/normface/data/images/worker-pool.node.ts';
import { isDataset, openDataset } from '../../../src/normface/data/open.node.ts';
import { encodeRecord } from '../../../src/normface/data/recordio/format.ts';
import {
  readHead,
  readSource,
  type StoredSource,
  storedSize,
} from '../../../src/normface/data/source.node.ts';
import { encode, errorOf, temporaryFolder, writeTree } from './fixtures.ts';
import { frame, magicBytes, payload, recordFile } from './records.ts';

const folder = temporaryFolder();
const png = await encode('png', 12, 14, 1);
const jpeg = await encode('jpeg', 12, 14, 2);
const image = (n: number) => Buffer.from(`image ${n}`);

/** Writes files into a folder of their own. @returns path of the first */
let written = 0;
function files(content: Record<string, Uint8Array | string>): string {
  const path = writeTree(join(folder, String(written++)), content);
  return join(path, Object.keys(content)[0]!);
}

/** Content of every image by its name. */
async function contents(path: string): Promise<[string, string][]> {
  const { samples } = await openDataset(path);
  const all: [string, string][] = [];
  for (const { key, source } of samples)
    all.push([key, Buffer.from(await readSource(source as StoredSource)).toString()]);
  return all;
}

async function sentence(path: string): Promise<string> {
  const error = await errorOf(openDataset(path));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).not.toContain('\n');
  return error.message;
}

/** As insightface makes it: record 0, two images of person 0, one of person 1, a record for each person. */
const insightface = recordFile([
  frame(payload([4, 6], 0)),
  frame(payload(0, 1, image(1))),
  frame(payload([0, 7], 2, image(2))),
  frame(payload(1, 3, image(3))),
  frame(payload([1, 3], 4)),
  frame(payload([3, 4], 5)),
]);

describe('records', () => {
  test('insightface: record 0 tells which keys are images; a list of labels begins with the class', async () => {
    const path = files({
      'train.rec': insightface.rec,
      'train.idx': insightface.idx,
      property: '2,112,96\n',
    });
    const dataset = await openDataset(path);
    expect(dataset).toMatchObject({ name: 'train.rec', identities: ['0', '1'], remarks: [] });
    expect(await contents(path)).toEqual([
      ['0/1', 'image 1'],
      ['0/2', 'image 2'],
      ['1/3', 'image 3'],
    ]);
    // Also by the folder, and without the index: then records count in the order of the file.
    expect(await contents(dirname(path))).toEqual(await contents(path));
    expect(await contents(files({ 'a.rec': insightface.rec }))).toEqual(await contents(path));
    expect(await isDataset(path)).toBe(true);
  });

  test('im2rec: every key is an image, names come from the list, classes are sorted by name', async () => {
    const { rec, idx } = recordFile(
      [frame(payload(0, 7, image(7))), frame(payload(12, 3, image(3))), frame(payload(0, 10, image(10)))],
      [7, 3, 10],
    );
    expect(await contents(files({ 'a.rec': rec, 'a.idx': idx }))).toEqual([
      ['00/07', 'image 7'],
      ['00/10', 'image 10'],
      ['12/03', 'image 3'],
    ]);
    const lst = '7\t0\tzoe/7.jpg\n3\t12.0\tann lee/3.jpg\n10\t0\tzoe/10.jpg\n';
    expect(await contents(files({ 'a.rec': rec, 'a.idx': idx, 'a.lst': lst }))).toEqual([
      ['ann lee/03', 'image 3'],
      ['zoe/07', 'image 7'],
      ['zoe/10', 'image 10'],
    ]);
    // Folders that are no names: two for one label.
    const odd = files({ 'a.rec': rec, 'a.idx': idx, 'a.lst': lst.replace('zoe/10', 'zo/10') });
    expect((await openDataset(odd)).identities).toEqual(['00', '12']);
    expect((await openDataset(odd)).remarks!.map(remarkText)).toEqual([
      'lists without a folder for each label passed over: 1 (a.lst)',
    ]);
  });

  test('a record of several parts is joined with the magic number between them, wherever it stood', async () => {
    const first = Buffer.concat([Buffer.from('JPEG'), magicBytes, Buffer.from('12345678'), magicBytes]);
    // In the number of the image, too.
    const second = payload(1, 0, Buffer.from('x'));
    magicBytes.copy(second, 8);
    const head = payload(0, 0);
    const { rec } = recordFile([
      frame(Buffer.concat([head, Buffer.from('JPEG')]), 1),
      frame(Buffer.from('12345678'), 2),
      frame(Buffer.alloc(0), 3),
      frame(second.subarray(0, 8), 1),
      frame(second.subarray(12), 3),
      frame(payload(1, 2, png)),
    ]);
    const path = files({ 'a.rec': rec });
    const [a, b, c] = (await openDataset(path)).samples;
    const bytes = await readSource(a!.source as StoredSource);
    expect(Buffer.from(bytes)).toEqual(first);
    expect(await storedSize(a!.source as StoredSource)).toBe(first.length);
    expect(Buffer.from(await readHead(a!.source as StoredSource, 6))).toEqual(first.subarray(0, 6));
    expect(Buffer.from(await readSource(b!.source as StoredSource)).toString()).toBe('x');
    expect(c!.key).toBe('1/2');
    // And the same the other way round.
    expect(Buffer.from(encodeRecord(Buffer.concat([head, first])))).toEqual(rec.subarray(0, 36 + 16 + 8));
    expect(Buffer.from(encodeRecord(Buffer.concat([payload(1, 2, png)])))).toEqual(frame(payload(1, 2, png)));
  });

  test('the record of 8 bytes takes 16, as the documentation of MXRecordIO has it', () => {
    expect(encodeRecord(Buffer.from('record_0'))).toHaveLength(16);
  });

  test('worker threads decode ranges and joined records alike', async () => {
    // A PNG may have a chunk of any content; a text chunk holds the magic number at a multiple of 4.
    const chunk = Buffer.concat([Buffer.from('tEXt'), Buffer.from('a\0'), magicBytes]);
    for (let pad = 0; pad < 4; pad++) {
      const text = Buffer.concat([
        chunk.subarray(0, 6),
        Buffer.alloc(pad, 0x61),
        magicBytes,
        Buffer.from('z'),
      ]);
      const { crc32 } = await import('node:zlib');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length - 4);
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(text));
      const withText = Buffer.concat([png.subarray(0, 33), length, text, sum, png.subarray(33)]);
      const record = Buffer.from(encodeRecord(payload(0, 0, withText)));
      if (record.length === frame(payload(0, 0, withText)).length) continue;
      const path = files({ 'a.rec': Buffer.concat([record, frame(payload(1, 1, jpeg))]) });
      const { samples } = await openDataset(path);
      expect(samples.map(({ source }) => source.kind)).toEqual(['record', 'range']);
      const pool = new DecodePool(1);
      const size = { width: 12, height: 14 };
      const decoded = await pool.decode(
        samples.map(({ source }) => source),
        size,
        false,
      );
      await pool.close();
      const expected = await decodeSource({ kind: 'bytes', bytes: png });
      const rgb = (decoded[0] as Uint8Array).filter((_, i) => i % 4 < 3);
      expect(rgb).toEqual(expected.pixels);
      expect(decoded[1]).toBeInstanceOf(Uint8Array);
      return;
    }
    throw new Error('the magic number stood at no multiple of 4');
  });

  test('classes without images disappear and the images keep their names', async () => {
    const path = files({ 'train.rec': insightface.rec });
    const dataset = await openDataset(path);
    const one = subset(dataset, (_, identity) => identity === '1');
    expect(one.samples.map(({ identity, key, source }) => [identity, key, source])).toEqual([
      [0, '1/3', { kind: 'range', path, offset: insightface.offsets[3]! + 32, length: 7 }],
    ]);
    expect(minimumImages(dataset, 2).samples.map(({ key }) => key)).toEqual(['0/1', '0/2']);
  });

  test('what does not fit together is said', async () => {
    const missing = files({
      'a.rec': recordFile([frame(payload([9, 11], 0)), frame(payload(0, 1, image(1)))]).rec,
    });
    expect(warningsOf(await openDataset(missing))).toEqual([
      'a.rec: images that the first record announces are not there: 7',
    ]);
    const more = files({
      'a.rec': insightface.rec,
      'a.idx': insightface.idx.split('\n').slice(0, 3).join('\n'),
    });
    expect((await openDataset(more)).remarks!.map(remarkText)).toEqual([
      'records that a.idx does not name passed over: 3',
      'images that the first record announces are not there: 1',
    ]);
    const classes = files({ 'a.rec': insightface.rec, property: '85742,112,112' });
    expect(warningsOf(await openDataset(classes))).toEqual([
      'a.rec: people instead of the 85742 that the file property announces: 2',
    ]);
    const two = files({ 'a.rec': insightface.rec, 'b.rec': insightface.rec, property: '85742,112,112' });
    expect(warningsOf(await openDataset(two))).toEqual([]);
    expect(await sentence(dirname(two))).toMatch(/holds several data sets: name one of a.rec, b.rec$/);
  });
});

test('the number of images beyond 2²⁴ is rounded in its label: the records tell images from people', async () => {
  // 16,777,217 images end before key 16,777,218, and 2 people before 16,777,220; of the images three are there.
  const most = 2 ** 24;
  const { rec, idx } = recordFile(
    [
      frame(payload([most + 2, most + 4], 0)),
      frame(payload(0, 1, Buffer.from('image 1'))),
      frame(payload(1, most, Buffer.from('image 2'))),
      frame(payload(1, most + 1, Buffer.from('image 3'))),
      frame(payload([1, most], most + 2)),
      frame(payload([most, most + 2], most + 3)),
    ],
    [0, 1, most, most + 1, most + 2, most + 3],
  );
  // The same file whose label was rounded up or down.
  for (const end of [most + 2, most + 4]) {
    rec.writeFloatLE(end, 32);
    const { identities, samples, remarks } = await openDataset(files({ 'a.rec': rec, 'a.idx': idx }));
    expect([identities, samples.map(({ key }) => key)]).toEqual([
      ['0', '1'],
      ['0/00000001', '1/16777216', '1/16777217'],
    ]);
    expect(remarks).toEqual([]);
  }
});

describe('damaged records are one sentence with the offset', () => {
  const { rec, idx, offsets } = insightface;
  const at = offsets[3]!;
  const changed = (offset: number, value: number) => {
    const copy = Buffer.from(rec);
    copy.writeUInt32LE(value >>> 0, offset);
    return copy;
  };
  const label = (value: number) => {
    const copy = Buffer.from(rec);
    copy.writeFloatLE(value, at + 12);
    return copy;
  };
  const nothing = Buffer.alloc(0);
  test.each<[string, Record<string, Uint8Array | string>, string]>([
    [
      'cut inside a record',
      { 'a.rec': rec.subarray(0, at + 20) },
      `a.rec is cut short: the record at byte ${at} has 31 bytes, but 12 are left`,
    ],
    [
      'cut inside a head',
      { 'a.rec': rec.subarray(0, at + 6) },
      `a.rec is cut short: it ends inside the record at byte ${at}`,
    ],
    ['no magic number', { 'a.rec': changed(at, 7) }, `a.rec is damaged: no record begins at byte ${at}`],
    [
      'the largest length',
      { 'a.rec': changed(at + 4, 0x1fffffff) },
      `a.rec is cut short: the record at byte ${at} has 536870911 bytes, but ${rec.length - at - 8} are left`,
    ],
    [
      'no length',
      { 'a.rec': changed(at + 4, 0) },
      `a.rec: the record at byte ${at} has 0 bytes, fewer than the 24 that stand before an image`,
    ],
    [
      'a part that has no beginning',
      { 'a.rec': changed(at + 4, 0x4000001f) },
      `a.rec is damaged: at byte ${at} a record goes on (part 2) that has not begun`,
    ],
    [
      'a first part without a last',
      { 'a.rec': changed(at + 4, 0x2000001f) },
      `a.rec is damaged: at byte ${at + 40} there is no part of the record at byte ${at}`,
    ],
    [
      'a first part at the end',
      { 'a.rec': Buffer.concat([rec, frame(nothing, 1)]) },
      `a.rec is damaged: the file ends inside the record at byte ${rec.length}`,
    ],
    [
      'billions of labels',
      { 'a.rec': changed(at + 8, 0xffffffff) },
      `a.rec: the record at byte ${at} announces 4294967295 labels, but it has 31 bytes only`,
    ],
    [
      'a label that is no number',
      { 'a.rec': label(NaN) },
      `a.rec: the record at byte ${at} has the label NaN; classes are whole numbers from 0 to 16777216`,
    ],
    [
      'half a class',
      { 'a.rec': label(0.5) },
      `a.rec: the record at byte ${at} has the label 0.5; classes are whole numbers from 0 to 16777216`,
    ],
    [
      'a negative class',
      { 'a.rec': label(-1) },
      `a.rec: the record at byte ${at} has the label -1; classes are whole numbers from 0 to 16777216`,
    ],
    [
      'an offset of no record',
      { 'a.rec': rec, 'a.idx': `${idx}9\t${at + 4}\n` },
      `a.idx names byte ${at + 4} for key 9, where no record of a.rec begins: do the two files belong together?`,
    ],
    [
      'an offset past the end',
      { 'a.rec': rec, 'a.idx': '0\t999999999999\n' },
      'a.idx names byte 999999999999 for key 0, where no record of a.rec begins: do the two files belong together?',
    ],
    [
      'a record twice',
      { 'a.rec': rec, 'a.idx': `${idx}9\t${at}\n` },
      `a.idx names the record at byte ${at} twice`,
    ],
    ['a key twice', { 'a.rec': rec, 'a.idx': idx.replace('3\t', '2\t') }, 'a.idx names the key 2 twice'],
    [
      'a key too large',
      { 'a.rec': rec, 'a.idx': '4294967296\t0\n' },
      'a.idx: the key 4294967296 is larger than 2³² − 1',
    ],
    [
      'words in the index',
      { 'a.rec': rec, 'a.idx': '0\t0\none\ttwo\n' },
      'a.idx line 2: expected a key and the offset of a record, with a tab between them',
    ],
    [
      'three numbers in a line',
      { 'a.rec': rec, 'a.idx': '0\t0\t0\n' },
      'a.idx line 1: expected a key and the offset of a record, with a tab between them',
    ],
    [
      'one number in a line',
      { 'a.rec': rec, 'a.idx': '0\n' },
      'a.idx line 1: expected a key and the offset of a record, with a tab between them',
    ],
    ['an empty index', { 'a.rec': rec, 'a.idx': '' }, 'a.rec holds no images'],
    [
      'ranges of nothing',
      { 'a.rec': frame(payload([0, 0], 0)) },
      'a.rec: the record at byte 0 announces keys up to 0 and 0; the first must be at least 1 and the second no less',
    ],
    ['no images', { 'a.rec': frame(payload([1, 1], 0)) }, 'a.rec holds no images'],
  ])('%s', async (_, content, expected) => {
    expect(await sentence(files(content))).toBe(expected);
  });

  test('an index in another order than the file is none', async () => {
    const lines = idx.trim().split('\n').reverse().join('\r\n');
    expect(await contents(files({ 'a.rec': rec, 'a.idx': lines }))).toHaveLength(3);
  });

  test('a record that is damaged after the file was opened', async () => {
    const path = files({ 'a.rec': Buffer.concat([frame(payload(0, 0), 1), frame(image(1), 3)]) });
    const source = (await openDataset(path)).samples[0]!.source as StoredSource;
    writeFileSync(path, readFileSync(path).fill(0, 32, 36));
    expect((await errorOf(readSource(source))).message).toBe(
      'at byte 32 there is no part of the record at byte 0',
    );
  });
});

describe('the table of a large file', () => {
  const count = 20_000;
  const records = Array.from({ length: count }, (_, i) => frame(payload(i % 100, i, Buffer.from(String(i)))));
  const { rec } = recordFile(records);
  const summary = ({ samples, identities }: Awaited<ReturnType<typeof openDataset>>) =>
    [
      identities.length,
      samples.length,
      samples[0]!.key,
      samples[count - 1]!.key,
      samples[count - 1]!.source,
    ] as const;

  test('is kept beside it, serves until the file changes, and is made again where it is damaged', async () => {
    const path = files({ 'large.rec': rec });
    const kept = `${path}.normface-index`;
    const seen: number[] = [];
    const first = await openDataset(path, (records) => seen.push(records));
    expect(seen.at(-1)).toBe(count);
    expect(summary(first).slice(0, 4)).toEqual([100, count, '00/00000', '99/19999']);
    const bytes = readFileSync(kept);
    seen.length = 0;
    expect(summary(await openDataset(path, (records) => seen.push(records)))).toEqual(summary(first));
    expect(seen).toEqual([]);

    for (const damaged of [
      bytes.subarray(0, -1),
      bytes.subarray(0, 40),
      Buffer.alloc(9),
      Buffer.from(bytes).fill(0xff, bytes.length - 30_000),
    ]) {
      writeFileSync(kept, damaged);
      expect(summary(await openDataset(path))).toEqual(summary(first));
      expect(readFileSync(kept)).toEqual(bytes);
    }
    utimesSync(path, 1, 1);
    await openDataset(path, (records) => seen.push(records));
    expect(seen.at(-1)).toBe(count);
  });

  test('is kept in the cache folder where nothing can be written beside it', async () => {
    const path = files({ 'large.rec': rec });
    mkdirSync(`${path}.normface-index`);
    const before = process.env.NORMFACE_CACHE;
    process.env.NORMFACE_CACHE = join(folder, 'cache');
    try {
      const first = await openDataset(path);
      expect(existsSync(join(folder, 'cache', 'records'))).toBe(true);
      const seen: number[] = [];
      expect(summary(await openDataset(path, (records) => seen.push(records)))).toEqual(summary(first));
      expect(seen).toEqual([]);
    } finally {
      process.env.NORMFACE_CACHE = before;
      rmSync(`${path}.normface-index`, { recursive: true });
    }
  });
});
