/** Readers of other programs' data sets on 20,000 damaged files each, by a fixed seed: a value or a sentence, never a fault. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseLandmarks } from '../../../src/normface/alignment/landmark-list.ts';
import { csvRows } from '../../../src/normface/data/lists/csv.ts';
import { parseImageList, parseImageTable } from '../../../src/normface/data/lists/image-list.ts';
import { datasetOfList } from '../../../src/normface/data/lists/list-dataset.ts';
import { parsePairs } from '../../../src/normface/data/protocols/pairs.ts';
import {
  parseTemplatePairs,
  parseTemplateSubjects,
  parseTemplates,
} from '../../../src/normface/data/protocols/templates.ts';
import { parseVideoPairs } from '../../../src/normface/data/protocols/video-pairs.ts';
import { parseIndexList } from '../../../src/normface/data/recordio/index-list.ts';
import { decodeTable, encodeTable } from '../../../src/normface/data/recordio/kept-table.ts';
import { namesOfList } from '../../../src/normface/data/recordio/names.ts';
import { openRecords } from '../../../src/normface/data/recordio/open-records.node.ts';
import {
  type ReadableFile,
  readParts,
  recordParts,
} from '../../../src/normface/data/recordio/read-record.node.ts';
import { scanFile } from '../../../src/normface/data/recordio/scan.node.ts';
import { keysOfRecords, tabulate } from '../../../src/normface/data/recordio/tabulate.ts';
import { readSource, type StoredSource } from '../../../src/normface/data/source.node.ts';
import { readVerificationBin } from '../../../src/normface/data/verification-bin/read-bin.ts';
import { damaged, isSentence, survives } from './damage.ts';
import { temporaryFolder } from './fixtures.ts';
import { frame, magicBytes, payload, recordFile } from './records.ts';

const folder = temporaryFolder();
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const read = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const long = payload(
  1,
  3,
  Buffer.concat([Buffer.alloc(4, 1), magicBytes, Buffer.alloc(8, 2), magicBytes, Buffer.from('x')]),
);
const { rec, idx } = recordFile([
  frame(payload([4, 6], 0)),
  frame(payload(0, 1, Buffer.from('image 1'))),
  frame(payload([0, 7], 2, Buffer.from('image 2'))),
  Buffer.concat([
    frame(long.subarray(0, 28), 1),
    frame(long.subarray(32, 40), 2),
    frame(long.subarray(44), 3),
  ]),
  frame(payload([1, 3], 4)),
  frame(payload([3, 4], 5)),
]);
/** As Python 3 writes pairs: bytes in protocols 2 and 4, arrays of numpy in protocols 3 and 5. */
const bins = [
  'gAJdcQAoY19jb2RlY3MKZW5jb2RlCnEBWA0AAADDv8OYw7/DoAAACsKAcQJYBgAAAGxhdGluMXEDhnEEUnEFaAFYDQAAAMO/w5jDv8OgAQAKwoFxBmgDhnEHUnEIaAFYDQAAAMO/w5jDv8OgAgAKwoJxCWgDhnEKUnELaAFYDQAAAMO/w5jDv8OgAwAKwoNxDGgDhnENUnEOZV1xDyiIiWWGcRAu',
  'gASVOQAAAAAAAABdlChDCP/Y/+AAAAqAlEMI/9j/4AEACoGUQwj/2P/gAgAKgpRDCP/Y/+ADAAqDlGVdlCiIiWWGlC4=',
  'gANdcQAoY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKX3JlY29uc3RydWN0CnEBY251bXB5Cm5kYXJyYXkKcQJLAIVxA0MBYnEEh3EFUnEGKEsBSwiFcQdjbnVtcHkKZHR5cGUKcQhYAgAAAHUxcQmJiIdxClJxCyhLA1gBAAAAfHEMTk5OSv////9K/////0sAdHENYolDCP/Y/+AAAAqAcQ50cQ9iaAFoAksAhXEQaASHcRFScRIoSwFLCIVxE2gLiUMI/9j/4AEACoFxFHRxFWJlXXEWiGGGcRcu',
  'gAWVpwAAAAAAAABdlCiME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlCiWCAAAAAAAAAD/2P/gAAAKgJSMBW51bXB5lIwFZHR5cGWUk5SMAnUxlImIh5RSlChLA4wBfJROTk5K/////0r/////SwB0lGJLCIWUjAFDlHSUUpRoAyiWCAAAAAAAAAD/2P/gAQAKgZRoCksIhZRoDnSUUpRlXZSIYYaULg==',
].map((base64) => Buffer.from(base64, 'base64'));
const stamps = { rec: { size: 500, mtimeMs: 1.5 } };
const table = encodeTable(
  {
    identities: ['a', 'b'],
    label: Uint32Array.of(0, 1),
    key: Uint32Array.of(1, 2),
    offset: Float64Array.of(32, 80),
    extent: Uint32Array.of(7, 9),
    joined: Uint8Array.of(0, 1),
    remarks: [],
  },
  stamps,
);
const list = parseTemplates('1.jpg 1 1\n2.jpg 2 2\n', 'tid.txt');

const isImage = (path: string) => path.endsWith('.jpg');
const points = '10 20 30 21 19.5 30 12 40 28 41';
const texts: [string, readonly string[], (content: string) => unknown][] = [
  ['names', ['1\t0\tann/1.jpg\n2\t1\tbob/1.jpg\n'], namesOfList],
  [
    'list',
    ['a/1.jpg ann\nb/1.jpg bob\n', '1\t0.000\ta/1.jpg\n2\t1.000\tb/1.jpg\n', 'ann/1.jpg\nbob/1.jpg\n'],
    (content) =>
      datasetOfList('x', parseImageList(content, 'x', { isImage, exists: () => false }), (path) => path),
  ],
  [
    'table',
    ['path,label\n"a/1.jpg","Lee, ""Ann"""\nb.jpg,x\n', 'id;file\n7;a/1.jpg\n8;b.jpg\n'],
    (content) => datasetOfList('x', parseImageTable(content, 'x'), (path) => path),
  ],
  ['cells', ['a;"b\n";c\n'], (content) => [...csvRows(content, 'x')]],
  ['templates', ['1.jpg 1 1\n2.jpg 1 2\n'], (content) => parseTemplates(content, 'x')],
  [
    'gallery',
    ['TEMPLATE_ID,SUBJECT_ID,FILENAME\n1,7,a.jpg\n2,8,b.jpg\n'],
    (content) => parseTemplateSubjects(content, 'x', list),
  ],
  [
    'pairs',
    ['2 1\nAnn_Lee 1 2\nAnn_Lee 1 Bob 2\nBob\t1\t3\nBob\t4\tCy\t1\n'],
    (content) => parsePairs(content, 'x'),
  ],
  [
    'pairs of videos',
    ['split number, pair number, first name, second name, is same\n1, 1, A/0, A/1, 1\n1, 2, A/0, B/1, 0\n'],
    (content) => parseVideoPairs(content, 'x'),
  ],
  [
    'points',
    [
      `a/1.jpg ${points}\nb/2.jpg ${points}\n`,
      `1\ta/1.jpg\t0\t5\t5\t60\t70\t${points.replaceAll(' ', '\t')}\n`,
      '{"photographs":[{"photograph":"a.jpg","faces":[{"points":[[1,2],[3,4],[5,6],[7,8],[9,10]],"box":[1,2,3,4],"score":0.5}]}]}',
    ],
    (content) => parseLandmarks(content, 'x', 1).keyOf('1.jpg'),
  ],
];

test.each(texts)('%s: text', async (_, contents, reader) => {
  await survives(contents.map(text), (bytes) => reader(read(bytes)));
});

const binaries: [string, readonly Uint8Array[], (bytes: Uint8Array) => unknown][] = [
  ['verification set', bins, (bytes) => readVerificationBin(bytes, 'x')],
  ['index', [text(idx)], (bytes) => parseIndexList(bytes, 'x')],
  ['kept table', [table], (bytes) => decodeTable(bytes, stamps, 500)],
  ['template pairs', [text('1 2 0\n2 1 1\n')], (bytes) => parseTemplatePairs(bytes, 'x', list)],
];

test.each(binaries)('%s: bytes', async (_, files, reader) => {
  await survives(files, reader);
});

/** Bytes that are read like a file. */
const opened = (bytes: Uint8Array): ReadableFile => ({
  stat: async () => ({ size: bytes.length }),
  read: async (target, offset, length, position) => {
    const part = bytes.subarray(position, position + length);
    target.set(part, offset);
    return { bytesRead: part.length };
  },
});

test('records and their index, and the images of those that can be read', async () => {
  const index = { name: 'x.idx', list: parseIndexList(text(idx), 'x.idx') };
  let images = 0;
  await survives([rec], async (bytes, seed) => {
    const file = opened(bytes);
    const records = await scanFile(file, 'x');
    const context = seed % 2 === 0 ? { name: 'x', index } : { name: 'x' };
    const found = tabulate(records, keysOfRecords(records, context), context);
    for (const [row, offset] of found.offset.entries()) {
      images++;
      const end = offset + found.extent[row]!;
      if (found.joined[row] === 1) await readParts(file, await recordParts(file, offset));
      else if (end > bytes.length) throw new Error(`an image ends at byte ${end} of ${bytes.length}`);
    }
  });
  expect(images).toBeGreaterThan(1000);
});

test('records in a file', async () => {
  const path = join(folder, 'a.rec');
  let sound = 0;
  for (let seed = 0; seed < 300; seed++) {
    writeFileSync(path, damaged(rec, seed));
    try {
      const { samples } = await openRecords(path);
      sound++;
      for (const { source } of samples) await readSource(source as StoredSource);
    } catch (error) {
      if (!isSentence(error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  expect(sound).toBeGreaterThan(25);
  expect(sound).toBeLessThan(300);
});
