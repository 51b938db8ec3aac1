import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { warningsOf } from '../../../src/normface/data/dataset.ts';
import { describeDataset, sizesOf } from '../../../src/normface/data/describe.node.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { readSource, type StoredSource } from '../../../src/normface/data/source.node.ts';
import { datasetOfBin } from '../../../src/normface/data/verification-bin/bin-dataset.ts';
import { readVerificationBin } from '../../../src/normface/data/verification-bin/read-bin.ts';
import { binEnd, binImage, binStart } from '../../../src/normface/data/verification-bin/write-bin.ts';
import { openEvaluationSet } from '../../../src/normface/embedding/evaluation-set.node.ts';
import { errorOf, realData, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const images = [0, 1, 2, 3].map((i) => Buffer.from([0xff, 0xd8, 0xff, 0xe0, i, 0, 10, 0x80 + i]));

/**
 * The same two pairs as Python pickles them: `pickle.dumps((images, [True, False]), protocol)` of Python 3.12, arrays by numpy 2.4.6
 * with the verdicts as numpy.bool_, of one column with the verdicts as one array; that of Python 2 with its two opcodes for str.
 */
const encodings: [string, string][] = [
  [
    'Python 2, protocol 2',
    'gAJdcQAoVQj/2P/gAAAKgHEBVQj/2P/gAQAKgXECVAgAAAD/2P/gAgAKgnEDVAgAAAD/2P/gAwAKg3EEZV1xBSiIiWWGcQYu',
  ],
  [
    'Python 3, protocol 2',
    'gAJdcQAoY19jb2RlY3MKZW5jb2RlCnEBWA0AAADDv8OYw7/DoAAACsKAcQJYBgAAAGxhdGluMXEDhnEEUnEFaAFYDQAAAMO/w5jDv8OgAQAKwoFxBmgDhnEHUnEIaAFYDQAAAMO/w5jDv8OgAgAKwoJxCWgDhnEKUnELaAFYDQAAAMO/w5jDv8OgAwAKwoNxDGgDhnENUnEOZV1xDyiIiWWGcRAu',
  ],
  [
    'bytes, protocol 3',
    'gANdcQAoQwj/2P/gAAAKgHEBQwj/2P/gAQAKgXECQwj/2P/gAgAKgnEDQwj/2P/gAwAKg3EEZV1xBSiIiWWGcQYu',
  ],
  [
    'bytes, protocol 4',
    'gASVOQAAAAAAAABdlChDCP/Y/+AAAAqAlEMI/9j/4AEACoGUQwj/2P/gAgAKgpRDCP/Y/+ADAAqDlGVdlCiIiWWGlC4=',
  ],
  [
    'bytes, protocol 5',
    'gAWVOQAAAAAAAABdlChDCP/Y/+AAAAqAlEMI/9j/4AEACoGUQwj/2P/gAgAKgpRDCP/Y/+ADAAqDlGVdlCiIiWWGlC4=',
  ],
  [
    'arrays of numpy, protocol 2',
    'gAJdcQAoY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKX3JlY29uc3RydWN0CnEBY251bXB5Cm5kYXJyYXkKcQJLAIVxA2NfY29kZWNzCmVuY29kZQpxBFgBAAAAYnEFWAYAAABsYXRpbjFxBoZxB1JxCIdxCVJxCihLAUsIhXELY251bXB5CmR0eXBlCnEMWAIAAAB1MXENiYiHcQ5ScQ8oSwNYAQAAAHxxEE5OTkr/////Sv////9LAHRxEWKJaARYDQAAAMO/w5jDv8OgAAAKwoBxEmgGhnETUnEUdHEVYmgBaAJLAIVxFmgIh3EXUnEYKEsBSwiFcRloD4loBFgNAAAAw7/DmMO/w6ABAArCgXEaaAaGcRtScRx0cR1iaAFoAksAhXEeaAiHcR9ScSAoSwFLCIVxIWgPiWgEWA0AAADDv8OYw7/DoAIACsKCcSJoBoZxI1JxJHRxJWJoAWgCSwCFcSZoCIdxJ1JxKChLAUsIhXEpaA+JaARYDQAAAMO/w5jDv8OgAwAKwoNxKmgGhnErUnEsdHEtYmVdcS4oY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKc2NhbGFyCnEvaAxYAgAAAGIxcTCJiIdxMVJxMihLA2gQTk5OSv////9K/////0sAdHEzYmgEWAEAAAABcTRoBoZxNVJxNoZxN1JxOGgvaDJoBFgBAAAAAHE5aAaGcTpScTuGcTxScT1lhnE+Lg==',
  ],
  [
    'arrays of numpy, protocol 3',
    'gANdcQAoY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKX3JlY29uc3RydWN0CnEBY251bXB5Cm5kYXJyYXkKcQJLAIVxA0MBYnEEh3EFUnEGKEsBSwiFcQdjbnVtcHkKZHR5cGUKcQhYAgAAAHUxcQmJiIdxClJxCyhLA1gBAAAAfHEMTk5OSv////9K/////0sAdHENYolDCP/Y/+AAAAqAcQ50cQ9iaAFoAksAhXEQaASHcRFScRIoSwFLCIVxE2gLiUMI/9j/4AEACoFxFHRxFWJoAWgCSwCFcRZoBIdxF1JxGChLAUsIhXEZaAuJQwj/2P/gAgAKgnEadHEbYmgBaAJLAIVxHGgEh3EdUnEeKEsBSwiFcR9oC4lDCP/Y/+ADAAqDcSB0cSFiZV1xIihjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpzY2FsYXIKcSNoCFgCAAAAYjFxJImIh3ElUnEmKEsDaAxOTk5K/////0r/////SwB0cSdiQwEBcSiGcSlScSpoI2gmQwEAcSuGcSxScS1lhnEuLg==',
  ],
  [
    'arrays of numpy, protocol 4',
    'gASVUgEAAAAAAABdlCiMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChLAUsIhZRoBIwFZHR5cGWUk5SMAnUxlImIh5RSlChLA4wBfJROTk5K/////0r/////SwB0lGKJQwj/2P/gAAAKgJR0lGJoA2gGSwCFlGgIh5RSlChLAUsIhZRoEIlDCP/Y/+ABAAqBlHSUYmgDaAZLAIWUaAiHlFKUKEsBSwiFlGgQiUMI/9j/4AIACoKUdJRiaANoBksAhZRoCIeUUpQoSwFLCIWUaBCJQwj/2P/gAwAKg5R0lGJlXZQoaAGMBnNjYWxhcpSTlGgNjAJiMZSJiIeUUpQoSwNoEU5OTkr/////Sv////9LAHSUYkMBAZSGlFKUaCloLEMBAJSGlFKUZYaULg==',
  ],
  [
    'arrays of numpy, protocol 5',
    'gAWVRQEAAAAAAABdlCiME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlCiWCAAAAAAAAAD/2P/gAAAKgJSMBW51bXB5lIwFZHR5cGWUk5SMAnUxlImIh5RSlChLA4wBfJROTk5K/////0r/////SwB0lGJLCIWUjAFDlHSUUpRoAyiWCAAAAAAAAAD/2P/gAQAKgZRoCksIhZRoDnSUUpRoAyiWCAAAAAAAAAD/2P/gAgAKgpRoCksIhZRoDnSUUpRoAyiWCAAAAAAAAAD/2P/gAwAKg5RoCksIhZRoDnSUUpRlXZQojBZudW1weS5fY29yZS5tdWx0aWFycmF5lIwGc2NhbGFylJOUaAeMAmIxlImIh5RSlChLA2gLTk5OSv////9K/////0sAdJRiQwEBlIaUUpRoIGgjQwEAlIaUUpRlhpQu',
  ],
  [
    'arrays of one column, protocol 4',
    'gASVUwEAAAAAAABdlCiMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChLAUsISwGGlGgEjAVkdHlwZZSTlIwCdTGUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LAHSUYolDCP/Y/+AAAAqAlHSUYmgDaAZLAIWUaAiHlFKUKEsBSwhLAYaUaBCJQwj/2P/gAQAKgZR0lGJoA2gGSwCFlGgIh5RSlChLAUsISwGGlGgQiUMI/9j/4AIACoKUdJRiaANoBksAhZRoCIeUUpQoSwFLCEsBhpRoEIlDCP/Y/+ADAAqDlHSUYmVoA2gGSwCFlGgIh5RSlChLAUsChZRoDYwCYjGUiYiHlFKUKEsDaBFOTk5K/////0r/////SwB0lGKJQwIBAJR0lGKGlC4=',
  ],
];

describe('verification sets of insightface', () => {
  test.each(encodings)('%s', async (name, base64) => {
    const bytes = Buffer.from(base64, 'base64');
    const read = readVerificationBin(bytes, 'a.bin');
    expect(read.same).toEqual([true, false]);
    expect(read.images.map((image) => Buffer.from(image))).toEqual(images);
    // As numpy before version 2 called its module.
    const older = Buffer.from(bytes.toString('latin1').replaceAll('numpy._core', 'numpy.core'), 'latin1');
    if (older.length !== bytes.length && name.includes('protocol 2'))
      expect(readVerificationBin(older, 'a.bin').images.map((image) => Buffer.from(image))).toEqual(images);
    // From a file the images are read where they lie.
    const path = join(folder, 'cfp_fp.bin');
    writeFileSync(path, bytes);
    const { samples } = await openDataset(path);
    for (const [i, { source }] of samples.entries()) {
      expect(source.kind).toBe(/^(Python 3|arrays of numpy), protocol 2$/.test(name) ? 'bytes' : 'range');
      expect(Buffer.from(await readSource(source as StoredSource))).toEqual(images[i]);
    }
  });

  test('pairs of one person are a class, those of two are two; names are those of the published sets', async () => {
    const path = join(folder, 'agedb_30.bin');
    writeFileSync(path, Buffer.from(encodings[1]![1], 'base64'));
    const dataset = await openDataset(path);
    expect(dataset.name).toBe('AgeDB-30 (agedb_30.bin)');
    expect(dataset.identities).toEqual(['pair_0001', 'pair_0002_a', 'pair_0002_b']);
    expect(dataset.samples.map(({ identity, key }) => [identity, key])).toEqual([
      [0, 'pair_0001/1'],
      [0, 'pair_0001/2'],
      [1, 'pair_0002_a/1'],
      [2, 'pair_0002_b/2'],
    ]);
    expect(dataset.pairs).toEqual({
      name: 'AgeDB-30 (agedb_30.bin)',
      folds: 1,
      pairs: [
        { fold: 1, same: true, first: 0, second: 1 },
        { fold: 1, same: false, first: 2, second: 3 },
      ],
    });
    expect(warningsOf(dataset)).toEqual([
      'AgeDB-30 (agedb_30.bin): folds with pairs of both kinds in each, where 10 are usual: 1',
    ]);
    const set = await openEvaluationSet({ data: path, pairsPerFold: 300 });
    const indices = (rows: Uint32Array) => Array.from(rows, (row) => set.indices[row]);
    expect([set.pairsName, indices(set.pairs.a), indices(set.pairs.b), [...set.pairs.same]]).toEqual([
      'AgeDB-30 (agedb_30.bin)',
      [0, 2],
      [1, 3],
      [1, 0],
    ]);
  });

  test.each([
    [true, 'the same person'],
    [false, 'different people'],
  ])('pairs that are all of one kind (%s) can be looked at, not evaluated', async (same, who) => {
    const path = join(folder, `all-${same}.bin`);
    const parts = [binStart(), ...images.flatMap((image, i) => binImage(image, i, 4)), binEnd([same, same])];
    writeFileSync(path, Buffer.concat(parts));
    const sentence = `all-${same}.bin: all pairs are of ${who}: it cannot be evaluated`;
    expect(warningsOf(await openDataset(path))).toEqual([sentence]);
    const error = await errorOf(openEvaluationSet({ data: path, pairsPerFold: 1 }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe(sentence);
  });

  test.each([
    ['x.rec', 'x.rec is no RecordIO file'],
    ['x.bin', 'x.bin is no verification set of insightface'],
  ])('%s that is empty or holds something else is called what its name says', async (name, what) => {
    const path = join(folder, name);
    for (const [content, why] of [
      ['', 'it is empty'],
      ['garbage '.repeat(200), 'it does not begin like one'],
    ] as const) {
      writeFileSync(path, content);
      const error = await errorOf(openDataset(path));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toBe(`${what}: ${why}`);
    }
  });

  test('ten contiguous folds, the first ones a pair larger, as KFold of scikit-learn divides', () => {
    // KFold(10).split(range(43)): sizes 5, 5, 5, 4, 4, 4, 4, 4, 4, 4.
    const same = Array.from({ length: 43 }, (_, i) => i % 2 === 0);
    const { pairs, remarks } = datasetOfBin('x.bin', { same }, () => ({ kind: 'bytes', bytes: images[0]! }));
    const sizes = Array.from(
      { length: 10 },
      (_, i) => pairs!.pairs.filter(({ fold }) => fold === i + 1).length,
    );
    expect(sizes).toEqual([5, 5, 5, 4, 4, 4, 4, 4, 4, 4]);
    expect(pairs!.pairs.map(({ fold }) => fold)).toEqual(
      pairs!.pairs.map(({ fold }) => fold).sort((a, b) => a - b),
    );
    expect(remarks).toEqual([]);
  });

  test('what is written is what Python writes but for its memo, and is read again', () => {
    const pieces = [
      binStart(),
      ...images.flatMap((image, i) => binImage(image, i, 4)),
      binEnd([true, false]),
    ];
    // pickletools.optimize(pickle.dumps((images, [True, False]), 3)) with BINBYTES for SHORT_BINBYTES.
    const expected = Buffer.concat([
      Buffer.from('80035d28', 'hex'),
      ...images.map((image) => Buffer.concat([Buffer.from('4208000000', 'hex'), image])),
      Buffer.from('655d28888965862e', 'hex'),
    ]);
    expect(Buffer.concat(pieces)).toEqual(expected);
    const many = Array.from({ length: 1001 }, (_, i) => i % 3 === 0);
    const large = [
      binStart(),
      ...many.flatMap((_, i) => [0, 1].flatMap((k) => binImage(images[k]!, 2 * i + k, 2002))),
      binEnd(many),
    ];
    const read = readVerificationBin(Buffer.concat(large), 'large.bin');
    expect(read.same).toEqual(many);
    expect(read.images).toHaveLength(2002);
  });

  const small = realData('interop/insightface/small_lfw.bin');
  test.skipIf(!small)('the sample of insightface: ten pairs of 112 × 112', async () => {
    expect(readFileSync(small!)).toHaveLength(108_463);
    const dataset = await openDataset(small!);
    expect([dataset.pairs!.pairs.length, dataset.samples.length]).toEqual([10, 20]);
    expect((await sizesOf(dataset)).sizes).toEqual([{ what: '112 × 112', count: 20 }]);
    for (const { source } of dataset.samples) {
      expect(source.kind).toBe('range');
      expect((await decodeSource(source)).width).toBe(112);
    }
    expect(describeDataset(dataset)).toMatchObject({
      images: 20,
      identities: null,
      ownPairs: { count: 10, folds: dataset.pairs!.folds },
    });
  });
});

describe('what is no verification set is refused in one sentence', () => {
  const pickle = (body: string) => Buffer.from(`80035d28${body}`, 'hex');
  const two = '430141430142';
  test.each<[string, Buffer, RegExp]>([
    [
      'a call of the system',
      Buffer.from('\x80\x02cposix\nsystem\nX\x02\0\0\0ls\x85R.', 'latin1'),
      /asks for Python's "posix.system".*nothing was executed/,
    ],
    [
      'a function of numpy that is not known',
      Buffer.from('\x80\x02cnumpy\nload\n.', 'latin1'),
      /asks for Python's "numpy.load"/,
    ],
    [
      'images that do not fit the pairs',
      pickle(`${two}655d2888896586 2e`.replaceAll(' ', '')),
      /has 2 images for 2 pairs; each pair needs two$/,
    ],
    ['no pairs', Buffer.from('80035d5d862e', 'hex'), /holds no pairs$/],
    ['one list', Buffer.from('80035d2e', 'hex'), /holds no pair of lists$/],
    [
      'images that are numbers',
      pickle('4b014b02655d28886586 2e'.replaceAll(' ', '')),
      /image 0 is neither bytes nor an array of bytes$/,
    ],
    [
      'verdicts that are numbers',
      pickle(`${two}655d284b0765862e`),
      /for pair 0 it does not say whether it is one person$/,
    ],
    [
      'a length past the end',
      pickle('42ffffffff4142'),
      /it needs 4294967295 bytes, but the file ends after 2$/,
    ],
    ['cut short', Buffer.from(encodings[1]![1], 'base64').subarray(0, 30), /the file ends/],
    [
      'one text that becomes bytes again and again',
      Buffer.concat([
        Buffer.from('80025d2863', 'hex'),
        Buffer.from('_codecs\nencode\nq\x01X\x40\0\0\0', 'latin1'),
        Buffer.alloc(64, 0x61),
        Buffer.from('q\x02X\x06\0\0\0latin1q\x03\x87q\x04', 'latin1'),
        ...Array.from({ length: 100 }, () => Buffer.from('h\x01h\x02h\x03\x86R', 'latin1')),
      ]),
      /would become more bytes than the file has|the file ends/,
    ],
    [
      'an array of another shape',
      Buffer.from(
        Buffer.from(encodings[6]![1], 'base64').toString('latin1').replace('K\x08\x85', 'K\x09\x85'),
        'latin1',
      ),
      /an array of shape \(9\) has 8 bytes$/,
    ],
  ])('%s', (_, bytes, expected) => {
    let error: unknown;
    try {
      readVerificationBin(bytes, 'a.bin');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(expected);
    expect((error as Error).message).toMatch(/^a\.bin/);
    expect((error as Error).message).not.toContain('\n');
  });

  test('opening names the file', async () => {
    const path = join(folder, 'x.bin');
    writeFileSync(path, Buffer.from('80035d5d862e', 'hex'));
    expect((await errorOf(openDataset(path))).message).toBe(
      'x.bin is no verification set of insightface: it holds no pairs',
    );
  });
});
