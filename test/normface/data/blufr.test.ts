import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedDataset } from '../../../src/normface/data/generated-dataset.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { readBlufrSplits } from '../../../src/normface/data/protocols/blufr.node.ts';
import {
  blufrSamples,
  blufrTrainingSubset,
  blufrTrial,
  checkBlufrSplits,
} from '../../../src/normface/data/protocols/blufr.ts';
import { errorOf, realData, tarOf, temporaryFolder, writeTree } from './fixtures.ts';

const root = temporaryFolder();

/** Two trials on five people with two images each. */
const images = [1, 2, 3, 4, 5].flatMap((person) =>
  [1, 2].map((image) => `person_000${person}_000${image}.jpg`),
);
const list = (...trials: number[][]) =>
  [
    trials.length,
    ...trials.flatMap((trial) => [trial.length, ...trial.map((k) => `${k}, ${images[k - 1]}`)]),
  ].join('\r\n');
const lists = {
  'image_list.txt': `${images.join('\n')}\n`,
  'labels.txt': [1, 1, 2, 2, 3, 3, 4, 4, 5, 5].join('\n'),
  'train_set.txt': list([1, 2], [9]),
  'test_set.txt': list([3, 4, 5, 6, 7], [1, 3, 4]),
  'gallery_set.txt': list([3, 5], [3]),
  'probe_set.txt': list([4, 6, 7], [1, 4]),
};
const folder = writeTree(join(root, 'lists'), lists);

describe('lists of text', () => {
  test('from a folder and from an archive', async () => {
    const splits = await readBlufrSplits(folder);
    expect(splits.trials).toEqual([
      {
        train: Uint32Array.of(0, 1),
        test: Uint32Array.of(2, 3, 4, 5, 6),
        gallery: Uint32Array.of(2, 4),
        probes: Uint32Array.of(3, 5, 6),
      },
      {
        train: Uint32Array.of(8),
        test: Uint32Array.of(0, 2, 3),
        gallery: Uint32Array.of(2),
        probes: Uint32Array.of(0, 3),
      },
    ]);
    expect(splits.labels).toEqual(Uint32Array.of(1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
    writeTree(root, { 'lists.tar': await tarOf(lists) });
    const packed = await readBlufrSplits(join(root, 'lists.tar'));
    expect({ ...packed, name: '' }).toEqual({ ...splits, name: '' });
  });

  test.each<[string, Partial<typeof lists>, string]>([
    ['a set is missing', { 'probe_set.txt': undefined }, 'has no probe_set.txt'],
    [
      'a trial is cut short',
      { 'train_set.txt': '2\n2\n1, a\n2, b\n1\n' },
      'trial 2 is not 1 lines "number, name"',
    ],
    [
      'a number is missing',
      { 'train_set.txt': '2\nx\n' },
      'train_set.txt line 2: expected a number, found "x"',
    ],
    ['a trial is missing', { 'test_set.txt': list([3, 4, 5, 6, 7]) }, 'has no whole trial 2'],
    ['labels', { 'labels.txt': '1\n2\n' }, '10 images have 2 labels'],
    [
      'past the end',
      { 'train_set.txt': list([1, 11], [9]) },
      'the train set of trial 1 names an image past the last',
    ],
    ['0', { 'train_set.txt': list([1, 0], [9]) }, 'the train set of trial 1 names an image past the last'],
    ['twice', { 'train_set.txt': list([1, 1], [9]) }, 'the train set of trial 1 names an image twice'],
    [
      'a known person',
      { 'train_set.txt': list([1, 8], [9]) },
      'trial 1 tests a person who is in its training set',
    ],
    ['gallery and probe', { 'probe_set.txt': list([3, 6, 7], [1, 4]) }, 'do not make up its test set'],
    ['no probes', { 'probe_set.txt': list([], [1, 4]) }, 'trial 1 has an empty probes set'],
    [
      'two gallery images of one person',
      { 'gallery_set.txt': list([3, 4, 5], [3]), 'probe_set.txt': list([6, 7], [1, 4]) },
      'the gallery of trial 1 has several images of a person',
    ],
  ])('%s', async (name, changed, message) => {
    const files = Object.fromEntries(
      Object.entries({ ...lists, ...changed }).filter(([, text]) => text !== undefined),
    );
    const broken = writeTree(join(root, `broken ${name}`), files as Record<string, string>);
    expect((await errorOf(readBlufrSplits(broken))).message).toContain(message);
  });

  test('no such file, and another file', async () => {
    expect((await errorOf(readBlufrSplits(join(root, 'none.mat')))).message).toContain(
      'there is no such file',
    );
    writeTree(root, { 'text.mat': 'text' });
    expect((await errorOf(readBlufrSplits(join(root, 'text.mat')))).message).toContain(
      'is not a MATLAB file',
    );
  });
});

describe('images of a data set', () => {
  const dataset = generatedDataset({ identities: 5, samples: 2 });

  test('are found by name, whatever their ending, in the order of the members', async () => {
    const splits = await readBlufrSplits(folder);
    const indices = blufrSamples(dataset, splits, Uint32Array.of(9, 0, 3));
    expect(Array.from(indices, (index) => dataset.samples[index]!.key)).toEqual([
      'person_0005/person_0005_0002',
      'person_0001/person_0001_0001',
      'person_0002/person_0002_0002',
    ]);
    const training = blufrTrainingSubset(dataset, splits, 1);
    expect(training.identities).toEqual(['person_0001']);
    expect(training.samples.map(({ key }) => key)).toEqual([
      'person_0001/person_0001_0001',
      'person_0001/person_0001_0002',
    ]);
    expect(blufrTrainingSubset(dataset, splits, 2).samples).toHaveLength(1);
  });

  test('missing images and trials', async () => {
    const splits = await readBlufrSplits(folder);
    const few = generatedDataset({ identities: 4, samples: 1 });
    expect(() => blufrSamples(few, splits, Uint32Array.of(0, 1, 9))).toThrow(
      'lacks 2 of the 3 images that lists asks for, such as person_0001_0002.jpg',
    );
    for (const number of [0, 3]) {
      expect(() => blufrTrial(splits, number)).toThrow(`trials 1 to 2, there is no trial ${number}`);
    }
  });

  test('two images of one name', async () => {
    const splits = await readBlufrSplits(folder);
    const [sample] = dataset.samples;
    const twice = {
      ...dataset,
      samples: [...dataset.samples, { ...sample!, key: 'other/person_0001_0001.png' }],
    };
    expect(() => blufrSamples(twice, splits, Uint32Array.of(0))).toThrow(
      'several images of the name person_0001_0001',
    );
  });
});

describe('the divisions of LFW', () => {
  const file = realData('lfw/blufr/blufr_lfw_config.mat');
  const lists = realData('lfw/blufr/lists.tar.gz');
  const images = realData('lfw/lfw-112x96.tar');

  /** docs/reference.md#blufr: training images, test images, genuine test pairs, genuine probes, impostor probes. */
  const published = [
    [2952, 10281, 231834, 4832, 4449],
    [3428, 9805, 218833, 3943, 4862],
    [3845, 9388, 59104, 4105, 4283],
    [3786, 9447, 88376, 4244, 4203],
    [3763, 9470, 185721, 4417, 4053],
    [3375, 9858, 215510, 4826, 4032],
    [3281, 9952, 223523, 4396, 4556],
    [3722, 9511, 65141, 4249, 4262],
    [3781, 9452, 78488, 3907, 4545],
    [3314, 9919, 202624, 4587, 4332],
  ];

  test.skipIf(!file)('every trial has the published numbers', async () => {
    const { labels, trials, images: names } = await readBlufrSplits(file!);
    expect(names).toHaveLength(13233);
    expect(names[0]).toBe('Aaron_Eckhart_0001.jpg');
    const numbers = trials.map(({ train, test: tested, gallery, probes }) => {
      const people = new Map<number, number>();
      for (const member of tested) people.set(labels[member]!, (people.get(labels[member]!) ?? 0) + 1);
      const pairs = [...people.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
      const enrolled = new Set(Array.from(gallery, (member) => labels[member]));
      const genuine = probes.filter((member) => enrolled.has(labels[member])).length;
      expect([gallery.length, people.size, new Set(Array.from(train, (m) => labels[m])).size]).toEqual([
        1000, 4249, 1500,
      ]);
      return [train.length, tested.length, pairs, genuine, probes.length - genuine];
    });
    expect(numbers).toEqual(published);
  });

  test.skipIf(!file || !lists)('the lists of text say the same', async () => {
    const [matlab, text] = await Promise.all([readBlufrSplits(file!), readBlufrSplits(lists!)]);
    expect({ ...text, name: '' }).toEqual({ ...matlab, name: '' });
  });

  test.skipIf(!file)('a damaged copy', async () => {
    const bytes = readFileSync(file!);
    writeTree(root, { 'short.mat': bytes.subarray(0, 300000) });
    expect((await errorOf(readBlufrSplits(join(root, 'short.mat')))).message).toContain(
      'short.mat is damaged',
    );
  });

  test.skipIf(!file || !images)(
    'the aligned images hold all of them, and their people are those of the folders',
    async () => {
      const [splits, dataset] = await Promise.all([readBlufrSplits(file!), openDataset(images!)]);
      const all = Uint32Array.from(splits.images.keys());
      const indices = blufrSamples(dataset, splits, all);
      const personOf = new Map<number, number>();
      indices.forEach((index, member) => {
        const { identity } = dataset.samples[index]!;
        const label = splits.labels[member]!;
        expect(personOf.get(label) ?? identity).toBe(identity);
        personOf.set(label, identity);
      });
      expect(new Set(personOf.values()).size).toBe(5749);
      const training = blufrTrainingSubset(dataset, splits, 3);
      expect([training.samples.length, training.identities.length]).toEqual([3845, 1500]);
    },
  );
});

test('a check on its own', () => {
  expect(() => checkBlufrSplits({ name: 'x', images: [], labels: new Uint32Array(), trials: [] })).toThrow(
    'x is no list of BLUFR divisions: it has no images or no trials',
  );
});
