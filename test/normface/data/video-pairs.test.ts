import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createDataset } from '../../../src/normface/data/dataset.ts';
import { openVideos } from '../../../src/normface/data/open.node.ts';
import { parseVideoPairs, videosOfPairs } from '../../../src/normface/data/protocols/video-pairs.ts';
import { encode, errorOf, tarOf, temporaryFolder, writeTree } from './fixtures.ts';

describe('list of pairs', () => {
  test('with and without header, number of the pair and Windows line ends', () => {
    const expected = [
      { fold: 1, same: true, first: 'Ann_Lee/1', second: 'Ann_Lee/5' },
      { fold: 2, same: false, first: 'Ann_Lee/0', second: 'Bo_Ray/3' },
    ];
    for (const text of [
      '1, 1, Ann_Lee/1, Ann_Lee/5, 1\n2, 2, Ann_Lee/0, Bo_Ray/3, 0\n',
      'split number, pair number, first name, second name, is same\r\n1, 1, Ann_Lee/1, Ann_Lee/5, 1\r\n2, 2, Ann_Lee/0, Bo_Ray/3, 0',
      '1,Ann_Lee/1,Ann_Lee/5,1\n\n2,Ann_Lee/0,Bo_Ray/3,0\n',
    ]) {
      expect(parseVideoPairs(text).pairs.map(({ line, ...pair }) => pair)).toEqual(expected);
    }
    expect(parseVideoPairs('header\n1, 1, a/1, a/2, 1').pairs[0]!.line).toBe(2);
  });

  test.each([
    ['1, 1, a/1, a/2, 1\n1, 2, a/1, 0', 'list line 2: expected fold, pair, first video'],
    ['1, 1, a/1, a/2, yes', 'list line 1: expected fold, pair'],
    ['1, 1, a/1, b/2, c/3, 1', 'list line 1: expected fold, pair'],
    ['1, 1, a/1, a/2, 1\nx, 1, a/1, a/2, 1', 'list line 2: expected fold, pair'],
    ['0, 1, a/1, a/2, 1', 'list line 1: folds have numbers from 1 to 4294967295, not 0'],
    ['4294967296, 1, a/1, a/2, 1', 'list line 1: folds have numbers from 1 to 4294967295, not 4294967296'],
    ['1, 1, a/1, a/1, 1', 'list line 1: compares a video with itself'],
    ['only a header', 'list holds no pairs of videos'],
    ['', 'list holds no pairs of videos'],
  ])('%j', (text, message) => {
    expect(() => parseVideoPairs(text, 'list')).toThrow(message);
  });
});

describe('videos', () => {
  const entry = (video: string, frame: number) => ({
    identity: video,
    key: `${video}/${String(frame).padStart(3, '0')}.jpg`,
    source: { kind: 'file', path: '' } as const,
  });
  const dataset = createDataset('videos', [
    ...Array.from({ length: 10 }, (_, k) => entry('a/0', k)),
    ...Array.from({ length: 3 }, (_, k) => entry('a/1', k)),
    entry('b/0', 0),
  ]);
  const list = parseVideoPairs('1, 1, a/1, a/0, 1\n1, 2, a/0, b/0, 0', 'list');

  test('each once, in the order of the list, with evenly spaced frames', () => {
    expect(videosOfPairs(dataset, list)).toEqual([
      { name: 'a/1', frames: [10, 11, 12] },
      { name: 'a/0', frames: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
      { name: 'b/0', frames: [13] },
    ]);
    expect(videosOfPairs(dataset, list, 3).map(({ frames }) => frames)).toEqual([
      [10, 11, 12],
      [1, 5, 8],
      [13],
    ]);
    expect(videosOfPairs(dataset, list, 1)[1]!.frames).toEqual([5]);
  });

  test('missing ones', () => {
    const more = parseVideoPairs('1, 1, a/1, a/2, 1\n1, 2, c/0, b/0, 0', 'list');
    expect(() => videosOfPairs(dataset, more)).toThrow(
      'videos lacks 2 of the 4 videos that list names, such as a/2 of line 1',
    );
  });

  test('from a folder and from an archive', async () => {
    const root = temporaryFolder();
    const jpeg = await encode('jpeg', 8, 8, 1);
    const files = Object.fromEntries(
      ['ann/0/1.jpg', 'ann/0/2.jpg', 'ann/1/1.jpg', 'bo/0/1.jpg'].map((name) => [`frames/${name}`, jpeg]),
    );
    writeTree(root, {
      ...files,
      'frames.tar': await tarOf(files),
      'frames.tgz': gzipSync(await tarOf(files)),
    });
    for (const path of ['frames', 'frames.tar', 'frames.tgz']) {
      const { identities, samples } = await openVideos(join(root, path));
      expect(identities).toEqual(['ann/0', 'ann/1', 'bo/0']);
      expect(samples.map(({ key }) => key)).toEqual([
        'ann/0/1.jpg',
        'ann/0/2.jpg',
        'ann/1/1.jpg',
        'bo/0/1.jpg',
      ]);
    }
    writeTree(root, { 'flat/ann/1.jpg': jpeg });
    expect((await errorOf(openVideos(join(root, 'flat')))).message).toContain(
      'has an image outside the person/video folders: ann/1.jpg (expected person/video/image for every image)',
    );
    expect((await errorOf(openVideos(join(root, 'none')))).message).toContain('there is no such file');
  });
});
