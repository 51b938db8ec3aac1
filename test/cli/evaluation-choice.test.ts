import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chosenFolds, chosenSet } from '../../src/cli/evaluation-choice.node.ts';
import { parseConfig } from '../../src/normface/training/config/config.ts';
import { errorOf, temporaryFolder } from '../normface/data/fixtures.ts';

const faces = 'generated:identities=40,samples=3,seed=1';
const config = parseConfig({
  net: 'tiny',
  data: { path: 'generated:identities=4,samples=4', imageSize: [16, 16] },
  evaluation: { data: faces, pairsPerFold: 3 },
});
const list = join(temporaryFolder(), 'pairs.txt');
writeFileSync(list, '1 1\nperson_0001 1 2\nperson_0001 1 person_0002 1\n');

test('pairs are drawn as the run says, and as many as a flag says wherever they are drawn', async () => {
  const folds = async (options: Parameters<typeof chosenSet>[0], own = true) =>
    (await chosenSet(options, own ? config : undefined)).pairs.fold.length / 10;
  expect(await folds({})).toBe(2 * 3);
  expect(await folds({ pairsPerFold: 2 })).toBe(2 * 2);
  expect(await folds({ data: faces, pairsPerFold: 2 })).toBe(2 * 2);
  expect(await folds({ data: faces, pairsPerFold: 2 }, false)).toBe(2 * 2);
  // 300 of them where nothing is said, for which these people have too few images.
  expect((await errorOf(chosenSet({ data: faces }, config))).message).toContain('300 were asked for');
});

test('a list has the pairs that it has: a number of pairs to draw is refused', async () => {
  for (const options of [{ pairs: list }, { data: faces, pairs: list }]) {
    expect((await chosenSet(options, config)).pairs.same).toEqual(Uint8Array.of(1, 0));
    expect((await errorOf(chosenSet({ ...options, pairsPerFold: 5 }, config))).message).toBe(
      '--pairs-per-fold is for pairs that are drawn, and these are listed: pairs.txt',
    );
  }
  const listed = parseConfig({ ...config, evaluation: { data: faces, pairs: list } });
  expect((await errorOf(chosenSet({ pairsPerFold: 5 }, listed))).message).toContain('pairs.txt');
});

test('without images there is a sentence, and folds that one flag names belong together', async () => {
  expect((await errorOf(chosenSet({}, undefined))).message).toMatch(/^name the images to evaluate on/);
  expect(() => chosenFolds({ testFold: 1 }, config)).toThrow(
    '--threshold-fold and --test-fold belong together',
  );
});
