/** Readers of other programs' data sets on thousands of damaged files, by a fixed seed: a value or a sentence, never a fault. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { csvRows } from '../../../src/normface/data/lists/csv.ts';
import { parseImageList, parseImageTable } from '../../../src/normface/data/lists/image-list.ts';
import { parseTemplatePairs, parseTemplates } from '../../../src/normface/data/protocols/templates.ts';
import { parseIndexList } from '../../../src/normface/data/recordio/index-list.ts';
import { decodeTable, encodeTable } from '../../../src/normface/data/recordio/kept-table.ts';
import { namesOfList } from '../../../src/normface/data/recordio/names.ts';
import { openRecords } from '../../../src/normface/data/recordio/open-records.node.ts';
import { readSource, type StoredSource } from '../../../src/normface/data/source.node.ts';
import { readVerificationBin } from '../../../src/normface/data/verification-bin/read-bin.ts';
import { damaged, isSentence } from './damage.ts';
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

const readers: [string, Uint8Array, number, (bytes: Uint8Array) => unknown][] = [
  ...bins.map((bytes, i): [string, Uint8Array, number, (bytes: Uint8Array) => unknown] => [
    `verification set ${i + 1}`,
    bytes,
    1500,
    (input) => readVerificationBin(input, 'a.bin'),
  ]),
  ['index', text(idx), 500, (bytes) => parseIndexList(bytes, 'a.idx')],
  ['kept table', table, 1000, (bytes) => decodeTable(bytes, stamps, 500)],
  ['names', text('1\t0\tann/1.jpg\n2\t1\tbob/1.jpg\n'), 300, (bytes) => namesOfList(read(bytes))],
  [
    'list',
    text('a/1.jpg ann\nb/1.jpg bob\n'),
    500,
    (bytes) =>
      parseImageList(read(bytes), 'a.txt', { isImage: (path) => path.endsWith('.jpg'), exists: () => false }),
  ],
  [
    'table',
    text('path,label\n"a/1.jpg","Lee, ""Ann"""\nb.jpg,x\n'),
    500,
    (bytes) => parseImageTable(read(bytes), 'a.csv'),
  ],
  ['cells', text('a;"b\n";c\n'), 300, (bytes) => [...csvRows(read(bytes), 'a.csv')]],
  ['templates', text('1.jpg 1 1\n2.jpg 1 2\n'), 300, (bytes) => parseTemplates(read(bytes), 'tid.txt')],
  ['template pairs', text('1 2 0\n2 1 1\n'), 300, (bytes) => parseTemplatePairs(bytes, 'pairs.txt', list)],
];

test.each(readers)('%s', (_, bytes, inputs, reader) => {
  expect(() => reader(bytes)).not.toThrow();
  for (let seed = 0; seed < inputs; seed++) {
    try {
      reader(damaged(bytes, seed));
    } catch (error) {
      if (!isSentence(error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
});

test('records, and the images of those that can be opened', async () => {
  const path = join(folder, 'a.rec');
  let opened = 0;
  for (let seed = 0; seed < 1200; seed++) {
    writeFileSync(path, damaged(rec, seed));
    try {
      const { samples } = await openRecords(path);
      opened++;
      for (const { source } of samples) await readSource(source as StoredSource);
    } catch (error) {
      if (!isSentence(error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  expect(opened).toBeGreaterThan(100);
  expect(opened).toBeLessThan(1200);
});
