import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BatchLoader } from '../../../src/normface/data/batches/loader.node.ts';
import { samplesByIdentity } from '../../../src/normface/data/dataset.ts';
import { decodeSource, WrongSizeError } from '../../../src/normface/data/images/decode.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { errorOf, realData, temporaryFolder, writeTree } from './fixtures.ts';

const folder = temporaryFolder();

/** An idx file: its header, big-endian, and its bytes. */
function idx(magic: number, extents: readonly number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * extents.length);
  [magic, ...extents].forEach((value, i) => {
    header.writeUInt32BE(value, 4 * i);
  });
  return Buffer.concat([header, Uint8Array.from(values)]);
}

/** Five images of 2 × 3 pixels, image n holding 10·n … 10·n + 5. */
const images = idx(
  2051,
  [5, 2, 3],
  Array.from({ length: 30 }, (_, i) => 10 * Math.floor(i / 6) + (i % 6)),
);
const labels = idx(2049, [5], [7, 2, 7, 0, 2]);

const set = (name: string, files: Record<string, Uint8Array>): string => writeTree(join(folder, name), files);

const good = set('digits', {
  't10k-images-idx3-ubyte.gz': gzipSync(images),
  't10k-labels.idx1-ubyte': labels,
});

describe('idx files', () => {
  test('labels are the identities, and pixels become RGB', async () => {
    const dataset = await openDataset(good);
    expect(dataset.name).toBe('digits (t10k, 0 to 4)');
    expect(dataset.identities).toEqual(['0', '2', '7']);
    expect(dataset.samples.map(({ identity, key }) => [identity, key])).toEqual([
      [0, '0/t10k_00003'],
      [1, '2/t10k_00001'],
      [1, '2/t10k_00004'],
      [2, '7/t10k_00000'],
      [2, '7/t10k_00002'],
    ]);
    const image = await decodeSource(dataset.samples[1]!.source);
    expect([image.width, image.height]).toEqual([3, 2]);
    expect([...image.pixels]).toEqual([10, 11, 12, 13, 14, 15].flatMap((value) => [value, value, value]));
    const larger = await decodeSource(dataset.samples[1]!.source, { width: 6, height: 4 });
    expect([larger.width, larger.height, larger.pixels.length]).toEqual([6, 4, 72]);
    const refused = errorOf(decodeSource(dataset.samples[1]!.source, { width: 6, height: 4 }, false));
    expect(await refused).toBeInstanceOf(WrongSizeError);
  });

  test('a range of the images can be named', async () => {
    const keys = async (what: string) => (await openDataset(what)).samples.map(({ key }) => key).sort();
    expect(await keys(`mnist:${good},first=1,count=2`)).toEqual(['2/t10k_00001', '7/t10k_00002']);
    expect(await keys(`mnist:${good},first=3`)).toEqual(['0/t10k_00003', '2/t10k_00004']);
    expect(await keys(`mnist:${good},part=t10k,count=1`)).toEqual(['7/t10k_00000']);
  });

  test('the training part comes first where there are both', async () => {
    const both = set('both', {
      't10k-images-idx3-ubyte': images,
      't10k-labels-idx1-ubyte': labels,
      'train-images-idx3-ubyte': idx(2051, [1, 1, 2], [8, 9]),
      'train-labels-idx1-ubyte': idx(2049, [1], [4]),
    });
    expect((await openDataset(both)).samples.map(({ key }) => key)).toEqual(['4/train_00000']);
    expect((await openDataset(`mnist:${both},part=t10k`)).samples).toHaveLength(5);
  });

  test('threads decode them', async () => {
    const loader = new BatchLoader(await openDataset(good), { batchSize: 5, seed: 1, width: 3, height: 2 });
    const batch = await loader.next();
    await loader.close();
    batch.indices.forEach((index, i) => {
      const first = 10 * [3, 1, 4, 0, 2][index]!;
      expect([...batch.pixels.subarray(24 * i, 24 * i + 5)]).toEqual([first, first, first, 255, first + 1]);
    });
  });

  const wrong: [name: string, files: Record<string, Uint8Array>, sentence: RegExp][] = [
    [
      'labels in the place of images',
      { 'train-images-idx3-ubyte': labels, 'train-labels-idx1-ubyte': labels },
      /^train-images-idx3-ubyte is no idx file of images: it begins with 2049, not 2051$/,
    ],
    [
      'truncated pixels',
      { 'train-images-idx3-ubyte': images.subarray(0, 40), 'train-labels-idx1-ubyte': labels },
      /^train-images-idx3-ubyte is cut short: it holds 24 of 30 bytes$/,
    ],
    [
      'a truncated header',
      { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': labels.subarray(0, 6) },
      /^train-labels-idx1-ubyte is cut short: it ends inside its header$/,
    ],
    [
      'bytes after the last',
      { 'train-images-idx3-ubyte': Buffer.concat([images, labels]), 'train-labels-idx1-ubyte': labels },
      /^train-images-idx3-ubyte holds 13 bytes more than its header says$/,
    ],
    [
      'a truncated gzip stream',
      { 'train-images-idx3-ubyte.gz': gzipSync(images).subarray(0, 30), 'train-labels-idx1-ubyte': labels },
      /^train-images-idx3-ubyte\.gz cannot be decompressed: [^\n]+$/,
    ],
    [
      'other numbers of images and labels',
      { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': idx(2049, [4], [1, 2, 3, 4]) },
      /^train-images-idx3-ubyte holds 5 images but train-labels-idx1-ubyte 4 labels: they do not belong together$/,
    ],
    ['no labels', { 'train-images-idx3-ubyte': images }, /no_labels has no file train-labels-idx1-ubyte$/],
    [
      'no images at all',
      { 'train-images-idx3-ubyte': idx(2051, [0, 2, 3], []), 'train-labels-idx1-ubyte': idx(2049, [0], []) },
      /^train-images-idx3-ubyte holds no images$/,
    ],
  ];
  test.each(wrong)('%s are refused in one sentence', async (name, files, sentence) => {
    const error = await errorOf(openDataset(set(name.replaceAll(' ', '_'), files)));
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(sentence) });
  });

  test.each([
    ['mnist:', /write mnist:FOLDER/],
    [`mnist:${good},people=3`, /unknown key "people" \(known: part, first, count\)$/],
    [`mnist:${good},first=-1`, /first must be a whole number from 0, got "-1"$/],
    [`mnist:${good},part=test`, /part must be train or t10k, got "test"$/],
    [`mnist:${good},part=train`, /digits has no file train-images-idx3-ubyte$/],
    [`mnist:${good},first=4,count=2`, /holds the images 0 to 4, not 4 to 5$/],
    [`mnist:${good},count=0`, /count must be at least 1$/],
    [`mnist:${join(folder, 'nowhere')}`, /^cannot read the folder .*nowhere: there is no such file$/],
  ])('%s is refused', async (what, sentence) => {
    expect((await errorOf(openDataset(what))).message).toMatch(sentence);
  });

  const mnist = realData('mnist');
  test.skipIf(!mnist)('the test set of MNIST: 10,000 digits', async () => {
    const dataset = await openDataset(mnist!);
    expect(dataset.identities).toEqual([...'0123456789']);
    expect(samplesByIdentity(dataset).map(({ length }) => length)).toEqual([
      980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]);
    const numbered = dataset.samples.map(({ key, identity }) => [Number(key.split('_')[1]), identity]);
    const inOrder = numbered.sort(([a], [b]) => a! - b!).map(([, label]) => label);
    expect(inOrder.slice(0, 10)).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    let sum = 0;
    for (const { source } of dataset.samples)
      if (source.kind === 'grey') sum += source.pixels.reduce((total, value) => total + value, 0);
    expect(sum / (10_000 * 784)).toBeCloseTo(33.7912, 4);
  });
});
