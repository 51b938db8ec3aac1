import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readPairs } from '../../../src/normface/data/protocols/pairs.node.ts';
import { pairsOfFolds } from '../../../src/normface/data/protocols/pairs.ts';
import { evaluationSetOf } from '../../../src/normface/embedding/evaluation-set.node.ts';
import { parseConfig } from '../../../src/normface/training/config/config.ts';
import { openTrainingData, stepCount } from '../../../src/normface/training/training-data.node.ts';

const repository = resolve(import.meta.dirname, '../../..');
const shared = process.env.NORMFACE_DATA ?? resolve(repository, '../shared/data');
const lfw = (name: string) => resolve(shared, 'lfw', name);

for (const name of ['lfw-small', 'lfw-small-normface', 'lfw-small-control']) {
  test(`the configuration ${name} trains on nobody whom folds 9 and 10 name`, async ({ skip }) => {
    if (!existsSync(lfw('pairs.txt')))
      skip('LFW is not there: put it into ../shared/data or name NORMFACE_DATA');
    const written = JSON.parse(readFileSync(resolve(repository, 'configs', `${name}.json`), 'utf8'));
    written.data.path = lfw('lfw-112x96.tar');
    written.data.pairs = lfw('pairs.txt');
    const config = parseConfig(written);
    const { dataset } = await openTrainingData(config);
    const pairs = await readPairs(config.data.pairs!);
    const tested = new Set(
      pairsOfFolds(pairs, [9, 10]).flatMap(({ first, second }) => [first.identity, second.identity]),
    );
    expect(dataset.identities.filter((identity) => tested.has(identity))).toEqual([]);
    expect(dataset.samples.filter(({ key }) => tested.has(key.split('/')[0]!))).toEqual([]);
    expect([dataset.identities.length, dataset.samples.length]).toEqual([1334, 7037]);
    expect(stepCount(config, dataset.samples.length)).toBe(name === 'lfw-small' ? 1100 : 550);
    expect(config.evaluation).toMatchObject({ thresholdFold: 9, testFold: 10 });
    const set = await evaluationSetOf(config);
    expect(set?.pairs.a).toHaveLength(6000);
  });
}
