import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { readJson } from '../../../src/common/json-file.node.ts';
import { createDataset, type Dataset, minimumImages } from '../../../src/normface/data/dataset.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { imageNumbers } from '../../../src/normface/data/protocols/image-numbers.ts';
import { drawPairs, generatePairs } from '../../../src/normface/data/protocols/pair-generation.ts';
import { readPairs, readVideoPairs, writePairs } from '../../../src/normface/data/protocols/pairs.node.ts';
import {
  countedRemark,
  formatPairs,
  matchPairs,
  type PairList,
  pairsOfFolds,
  parsePairs,
  resolvePairs,
} from '../../../src/normface/data/protocols/pairs.ts';
import { excludeIdentitiesOf, removeIdentities } from '../../../src/normface/data/split.ts';
import { errorOf, realData, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();

/** A data set of names only. */
function named(...keys: string[]): Dataset {
  const source = { kind: 'file', path: 'unused' } as const;
  return createDataset(
    'people',
    keys.map((key) => ({ identity: key.slice(0, key.indexOf('/')), key, source })),
  );
}

const resolved = (...words: Parameters<typeof resolvePairs>) => resolvePairs(...words).pairs;

const people = named(
  'Ann/Ann_0001.jpg',
  'Ann/Ann_0003.jpg',
  'Bo/Bo_0001.jpg',
  'Bo/Bo_0002.jpg',
  'Cy/Cy_0001.jpg',
);
const text = '2 1\nAnn 1 3\nAnn 1 Bo 2\nBo 1 2\nBo 2 Cy 1\n';

describe('pair lists', () => {
  test('are parsed into folds of same and different pairs with their lines', () => {
    const list = parsePairs(text);
    expect([list.folds, list.pairsPerFold, list.pairs.length]).toEqual([2, 1, 4]);
    expect(list.pairs[0]).toEqual({
      fold: 1,
      same: true,
      first: { identity: 'Ann', number: 1 },
      second: { identity: 'Ann', number: 3 },
      line: 2,
    });
    expect(list.pairs[3]).toEqual({
      fold: 2,
      same: false,
      first: { identity: 'Bo', number: 2 },
      second: { identity: 'Cy', number: 1 },
      line: 5,
    });
    expect(parsePairs(text.replaceAll(' ', '\t').replaceAll('\n', '\r\n'))).toEqual(list);
    expect(parsePairs(`1\nAnn Lee\t1\t3\nAnn Lee\t1\tBo\t2\n\n`).pairs[1]!.first).toEqual({
      identity: 'Ann Lee',
      number: 1,
    });
  });

  test('are written in the format they are read in', () => {
    expect(formatPairs(parsePairs(text))).toBe(text.replaceAll(' ', '\t'));
  });

  test.each([
    ['', 'list.txt: the file is empty'],
    ['Ann 1 3\n', 'line 1: expected a header such as "10 300" (folds and pairs per fold), found "Ann 1 3"'],
    ['0 3\n', 'line 1: expected a header'],
    ['2 1\nAnn 1 3\n', 'the header "2 1" announces 4 pairs, but 1 lines follow it'],
    [`${text}Ann 1 3\n`, 'the header "2 1" announces 4 pairs, but 5 lines follow it'],
    [
      text.replace('Bo 1 2\n', 'Bo 1 Ann 3\n'),
      'line 4: expected a same-person pair (name, number, number), found "Bo 1 Ann 3"',
    ],
    [
      text.replace('Ann 1 Bo 2', 'Ann 1 3'),
      'line 3: expected a different-person pair (name, number, name, number), found "Ann 1 3"',
    ],
    [text.replace('Bo 2 Cy 1', ''), 'the header "2 1" announces 4 pairs, but 3 lines follow it'],
    [text.replace('Bo 1 2', ''), 'line 4: expected a same-person pair (name, number, number), found ""'],
    [text.replace('Ann 1 3', 'Ann one 3'), 'line 2: expected the number of an image, found "one"'],
    [text.replace('Ann 1 3', 'Ann 1 -3'), 'line 2: expected the number of an image, found "-3"'],
    [text.replace('Ann 1 3', 'Ann 3 3'), 'line 2: compares an image with itself'],
    [text.replace('Bo 2 Cy 1', 'Bo 2 Bo 1'), 'line 5: expected two different people, found Bo twice'],
  ])('%j is refused', (content, message) => {
    let error: unknown;
    try {
      parsePairs(content, 'list.txt');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toMatch(/^list\.txt/);
  });

  test('a missing file is named', async () => {
    const error = await errorOf(readPairs(join(folder, 'none.txt')));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^cannot read the pairs file .*none\.txt: there is no such file$/);
  });

  test('survive writing and reading', async () => {
    const list = generatePairs(people, { folds: 1, pairsPerFold: 2, seed: 1 });
    writePairs(join(folder, 'made', 'list.txt'), list);
    expect(await readPairs(join(folder, 'made', 'list.txt'))).toEqual({ ...list, name: 'list.txt' });
  });
});

describe('numbers of images', () => {
  test.each<[keys: string[], numbers: (number | undefined)[]]>([
    [
      ['Ann/Ann_0001.jpg', 'Ann/Ann_0003.jpg'],
      [1, 3],
    ],
    [
      ['s1/10.pgm', 's1/2.pgm', 's1/x.y-3.pgm'],
      [10, 2, 3],
    ],
    // Detectors append the number of the face.
    [
      ['P001/P001_0001_0.png', 'P001/P001_0004_0.png', 'P001/P001_0004_12.png'],
      [1, 4, 4],
    ],
    [
      ['n000001/0001_01.jpg', 'n000001/0012_02.jpg'],
      [1, 12],
    ],
    // The number of the person does not count.
    [
      ['person_0012/person_0012_1.jpg', 'person_0012/person_0012_2.jpg'],
      [1, 2],
    ],
    [
      ['P001/P001.jpg', 'P001/P001_2.jpg'],
      [undefined, 2],
    ],
    [
      ['1/1.jpg', '1/10.jpg', '1/1_3.jpg'],
      [undefined, 10, 3],
    ],
    // One number of several images stays theirs, and a stray file renumbers nobody.
    [
      ['a/left_1.png', 'a/right_1.png'],
      [1, 1],
    ],
    [
      ['b/7.png', 'b/x.png'],
      [7, undefined],
    ],
    [
      ['c/face.001', 'c/face.002'],
      [1, 2],
    ],
    [
      ['d/2 (1).jpg', 'd/1234567890.jpg'],
      [1, 2],
    ],
  ])('%j', (keys, numbers) => {
    expect(imageNumbers(named(...keys)).numbers).toEqual(numbers);
  });

  test('people without any number are counted in the order of names, which is said', () => {
    const dataset = named('Ann/left.png', 'Ann/right.png', 'Bo/1.png', 'Bo/x.png', 'Cy/x.png');
    const { numbers, counted } = imageNumbers(dataset);
    expect(numbers).toEqual([1, 2, 1, undefined, 1]);
    expect([...counted]).toEqual(['Ann', 'Cy']);
    const match = matchPairs(parsePairs('1\nAnn 1 2\nAnn 2 Bo 1\n'), dataset);
    expect([match.pairs.length, match.misses, match.counted]).toEqual([2, [], ['Ann']]);
    expect(countedRemark(dataset, match.counted)).toMatch(
      /counted in the order of their names for 1 .*\(Ann\)$/,
    );
    expect(countedRemark(dataset, [])).toBeUndefined();
  });
});

describe('resolving pairs', () => {
  test('finds images by the number at the end of their names', () => {
    expect(resolved(parsePairs(text), people)).toEqual([
      { fold: 1, same: true, first: 0, second: 1 },
      { fold: 1, same: false, first: 0, second: 3 },
      { fold: 2, same: true, first: 2, second: 3 },
      { fold: 2, same: false, first: 3, second: 4 },
    ]);
    expect(resolved(parsePairs(text), people, [2]).map(({ fold }) => fold)).toEqual([2, 2]);
  });

  test('names line and image when one is missing, unless its fold is not asked for', () => {
    const list = parsePairs(text.replace('Ann 1 Bo 2', 'Ann 1 Bo 9'), 'list.txt');
    expect(() => resolved(list, people)).toThrow(
      new UserError('list.txt line 3: image 9 of Bo is not in people'),
    );
    expect(resolved(list, people, [2]).length).toBe(2);
    expect(() => resolved(parsePairs(text, 'list.txt'), named('Bo/1.jpg', 'Bo/2.jpg'))).toThrow(
      new UserError(
        'list.txt line 2: Ann is not in people (and 1 more; normface data check --pairs counts them)',
      ),
    );
    for (const fold of [0, 3, 1.5]) {
      expect(() => pairsOfFolds(list, [1, fold])).toThrow(
        new UserError(`list.txt has the folds 1 to 2, there is no fold ${fold}`),
      );
    }
  });

  test('every person or image that is missing or cannot be told is told once', () => {
    const dataset = named('Ann/Ann_0001.jpg', 'Ann/Ann_0002.jpg', 'Ann/Ann_0002.png', 'Bo/Bo_0001.jpg');
    const list = parsePairs(
      '1 3\nAnn 1 2\nAnn 1 9\nBo 1 2\nAnn 1 Cy 1\nAnn 9 Bo 1\nAnn 1 Bo 1\n',
      'list.txt',
    );
    const { pairs, misses } = matchPairs(list, dataset);
    expect(pairs).toEqual([{ fold: 1, same: false, first: 0, second: 3 }]);
    expect(misses).toEqual([
      { kind: 'ambiguous', line: 2, text: 'image 2 of Ann may be Ann/Ann_0002.jpg or Ann/Ann_0002.png' },
      { kind: 'image', line: 3, text: 'image 9 of Ann is not in people' },
      { kind: 'image', line: 4, text: 'image 2 of Bo is not in people' },
      { kind: 'person', line: 5, text: 'Cy is not in people' },
    ]);
    expect(() => resolved(list, dataset)).toThrow(
      /^list.txt line 2: image 2 of Ann may be .* \(and 3 more; /,
    );
  });

  test('composed and decomposed accents are the same name', () => {
    const [composed, decomposed] = ['NFC', 'NFD'].map((form) => 'José'.normalize(form));
    const keys = (name: string) => [`${name}/${name}_0001.jpg`, `${name}/${name}_0002.jpg`, 'Bo/1.jpg'];
    const listOf = (name: string) => parsePairs(`1\n${name} 1 2\n${name} 1 Bo 1\n`);
    for (const stored of [composed, decomposed]) {
      const dataset = named(...keys(stored!));
      expect(dataset.identities).toEqual(['Bo', composed]);
      for (const written of [composed, decomposed]) {
        expect(resolved(listOf(written!), dataset).length).toBe(2);
        // Nobody who is tested on stays in the training set because of an accent.
        expect(
          excludeIdentitiesOf(named(...keys(stored!), 'Cy/1.jpg'), listOf(written!), [1]).excluded,
        ).toEqual(['Bo', composed]);
        expect(removeIdentities(dataset, [written!]).dataset.identities).toEqual(['Bo']);
      }
    }
    expect(() => named(`${composed}/1.jpg`, `${decomposed}/2.jpg`)).toThrow(
      /^people has two folders of the name José, one with composed/,
    );
  });

  test('images that are called by the numbers of their records are not those that a list counts', () => {
    const records: Dataset = { ...people, name: 'train.rec', isNumbered: true };
    const list = parsePairs('1\t1\nAnn\t1\t3\nAnn\t1\tBo\t1\n', 'pairs.txt');
    expect(resolved(list, people)).toHaveLength(2);
    expect(() => resolved(list, records)).toThrow(/^train\.rec does not keep the names of its images/);
    // Also where people were left out, whose records keep their numbers.
    expect(() => resolved(list, minimumImages(records, 2))).toThrow(UserError);
  });
});

describe('generated pair lists', () => {
  const keys: string[] = [];
  for (let person = 0; person < 60; person++) {
    for (let i = 1; i <= 1 + (person % 5); i++) keys.push(`p${person}/p${person}_${i}.jpg`);
  }
  const dataset = named(...keys);
  const options = { folds: 5, pairsPerFold: 20, seed: 3 };
  const list = generatePairs(dataset, options);

  const peopleOf = (pairs: PairList['pairs']) =>
    new Set(pairs.flatMap(({ first, second }) => [first.identity, second.identity]));

  test('are balanced, well-formed and without repetition', () => {
    expect(parsePairs(formatPairs(list), list.name)).toEqual(list);
    const found = resolved(list, dataset);
    for (const { same, first, second } of found) {
      expect(dataset.samples[first]!.identity === dataset.samples[second]!.identity).toBe(same);
      expect(first).not.toBe(second);
    }
    const unordered = found.map(
      ({ first, second }) => `${Math.min(first, second)} ${Math.max(first, second)}`,
    );
    expect(new Set(unordered).size).toBe(200);
    // Everybody takes part: 60 people in 200 pairs.
    expect(peopleOf(list.pairs).size).toBeGreaterThan(55);
  });

  test('have other people in every fold', () => {
    const folds = [1, 2, 3, 4, 5].map((fold) => peopleOf(pairsOfFolds(list, [fold])));
    expect(folds.reduce((sum, names) => sum + names.size, 0)).toBe(peopleOf(list.pairs).size);
  });

  test('follow from the seed', () => {
    expect(generatePairs(dataset, options)).toEqual(list);
    expect(generatePairs(dataset, { ...options, seed: 4 })).not.toEqual(list);
  });

  test('use every possible pair when that many are asked for, and say so when there are not enough', () => {
    const few = named('a/1.jpg', 'a/2.jpg', 'a/3.jpg', 'b/1.jpg', 'b/2.jpg');
    const all = generatePairs(few, { folds: 1, pairsPerFold: 4, seed: 1 });
    expect(resolved(all, few).filter(({ same }) => same).length).toBe(4);
    expect(() => generatePairs(few, { folds: 1, pairsPerFold: 5, seed: 1 })).toThrow(
      new UserError(
        'people: fold 1 of 1 allows only 4 same-person pairs, 5 were asked for; ask for fewer (--pairs-per-fold)',
      ),
    );
    expect(() => generatePairs(few, { folds: 2, pairsPerFold: 1, seed: 1 })).toThrow(
      /allows only 0 different-person pairs/,
    );
    expect(() => generatePairs(few, { folds: 0, pairsPerFold: 1, seed: 1 })).toThrow(/at least one of folds/);
  });

  test('need no numbers in names unless they are written down', () => {
    const unnumbered = named('a/l_1.jpg', 'a/r_1.jpg', 'b/x.jpg', 'b/2.jpg', 'c/z.jpg');
    const drawn = drawPairs(unnumbered, { folds: 1, pairsPerFold: 2, seed: 1 });
    expect(drawn.pairs.length).toBe(4);
    expect(() => generatePairs(unnumbered, { folds: 1, pairsPerFold: 2, seed: 1 })).toThrow(
      /has no number of its own by which a list could name it$/,
    );
    expect(resolved(list, dataset)).toEqual(drawPairs(dataset, options).pairs);
  });

  test('all numbers of a triangle of images occur equally often', () => {
    const counts = new Map<string, number>();
    const trio = named('a/1.jpg', 'a/2.jpg', 'a/3.jpg', 'a/4.jpg', 'b/1.jpg');
    for (let seed = 0; seed < 600; seed++) {
      const { first, second } = generatePairs(trio, { folds: 1, pairsPerFold: 1, seed }).pairs[0]!;
      const key = [first.number, second.number].sort().join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['1,2', '1,3', '1,4', '2,3', '2,4', '3,4']);
    // Binomial with n = 600, p = 1/6: standard deviation 9.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(50);
  });
});

describe('text files', () => {
  const text = '1\nJosé 1 2\nJosé 1 Bo 1\n';
  const written = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };

  test('a byte order mark of UTF-8 does no harm', async () => {
    const list = await readPairs(written('bom.txt', `\uFEFF${text}`));
    expect(list.pairs[0]!.first.identity).toBe('José');
    expect(readVideoPairs(written('bom-videos.txt', '\uFEFF1, 1, a/1, a/2, 1\n')).pairs.length).toBe(1);
  });

  test.each<[name: string, bytes: Uint8Array, reason: RegExp]>([
    ['marked.txt', Buffer.from(`\uFEFF${text}`, 'utf16le'), /stored as UTF-16; save it as UTF-8$/],
    ['little.txt', Buffer.from(text, 'utf16le'), /stored as UTF-16/],
    ['big.txt', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(), /stored as UTF-16/],
    ['latin.txt', Buffer.from(text, 'latin1'), /is not UTF-8 text \(line 2\); save it as UTF-8$/],
  ])('%s is refused by its encoding', async (name, bytes, reason) => {
    const error = await errorOf(readPairs(written(name, bytes)));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^the pairs file /);
    expect(error.message).toMatch(reason);
    expect(() => readVideoPairs(join(folder, name))).toThrow(reason);
    expect(() => readJson(join(folder, name))).toThrow(reason);
  });

  test('JSON with a byte order mark is read', () => {
    expect(readJson(written('bom.json', '\uFEFF{"net": "tiny"}'))).toEqual({ net: 'tiny' });
  });
});

describe('leaving the people of a test out of the training set', () => {
  test('removes everyone who occurs in the folds, and nobody else', () => {
    const { dataset, excluded } = excludeIdentitiesOf(people, parsePairs(text), [2]);
    expect(excluded).toEqual(['Bo', 'Cy']);
    expect(dataset.identities).toEqual(['Ann']);
    expect(dataset.samples.map(({ key, identity }) => [key, identity])).toEqual([
      ['Ann/Ann_0001.jpg', 0],
      ['Ann/Ann_0003.jpg', 0],
    ]);
    expect(() => excludeIdentitiesOf(people, parsePairs(text), [1, 2])).toThrow(
      /^people: nobody is left to train on/,
    );
    expect(() => excludeIdentitiesOf(people, parsePairs(text), [3])).toThrow(/there is no fold 3$/);
  });
});

const archive = realData('lfw/lfw-112x96.tar');
const pairsFile = realData('lfw/pairs.txt');

describe.skipIf(!archive || !pairsFile)('the official LFW pairs', () => {
  test('10 folds of 300 and 300 pairs of 7,701 images, all of them there', async () => {
    const content = readFileSync(pairsFile!, 'utf8');
    const list = await readPairs(pairsFile!);
    expect([list.folds, list.pairsPerFold, list.pairs.length]).toEqual([10, 300, 6000]);
    for (let fold = 1; fold <= 10; fold++) {
      expect(pairsOfFolds(list, [fold]).filter(({ same }) => same).length).toBe(300);
    }
    expect(formatPairs(list).trim()).toBe(content.trim());
    const found = resolved(list, await openDataset(archive!));
    expect(new Set(found.flatMap(({ first, second }) => [first, second])).size).toBe(7701);
  });

  test('without the people of folds 9 and 10, 1,334 people with two or more images remain, 7,037 images', async () => {
    const all = await openDataset(archive!);
    const list = await readPairs(pairsFile!);
    const { dataset, excluded } = excludeIdentitiesOf(all, list, [9, 10]);
    const training = minimumImages(dataset, 2);
    expect([training.identities.length, training.samples.length]).toEqual([1334, 7037]);
    expect(excluded.length + dataset.identities.length).toBe(5749);

    // The proof against the file itself: nobody who is trained on occurs in its last 1,200 lines.
    const lines = readFileSync(pairsFile!, 'utf8')
      .trim()
      .split('\n')
      .slice(1 + 8 * 600);
    expect(lines.length).toBe(1200);
    const tested = new Set(
      lines.flatMap((line) => line.split('\t').filter((field) => !/^\d+$/.test(field.trim()))),
    );
    expect(dataset.identities.filter((identity) => tested.has(identity))).toEqual([]);
    expect([...tested].sort()).toEqual([...excluded].sort());
    // The tested people are in the whole set and in it only.
    expect(resolved(list, all, [9, 10]).length).toBe(1200);
    expect(() => resolved(list, dataset, [10])).toThrow(UserError);
  });
});
