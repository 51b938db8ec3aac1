import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { evaluationSetOf } from '../../../src/normface/embedding/evaluation-set.node.ts';
import { facesOf, findDataSources } from '../../../src/normface/paper/data-sources.node.ts';
import { parseConfig } from '../../../src/normface/training/config/config.ts';
import { openTrainingData } from '../../../src/normface/training/training-data.node.ts';
import { temporaryFolder, writeTree } from '../data/fixtures.ts';

afterEach(() => vi.unstubAllEnvs());

test('data sets are found below the folder of the flag, else of the environment', () => {
  const folder = writeTree(temporaryFolder(), {
    'lfw/lfw-112x96.tar': '',
    'lfw/pairs.txt': '',
    'mnist/t10k-labels-idx1-ubyte.gz': '',
  });
  const found = {
    folder,
    lfw: join(folder, 'lfw/lfw-112x96.tar'),
    pairs: join(folder, 'lfw/pairs.txt'),
    mnist: join(folder, 'mnist'),
  };
  expect(findDataSources(folder)).toEqual(found);
  vi.stubEnv('NORMFACE_DATA', folder);
  expect(findDataSources()).toEqual(found);
  const empty = temporaryFolder();
  expect(findDataSources(empty)).toEqual({ folder: empty });
});

test('a folder that was named and is not there is refused', () => {
  expect(() => findDataSources('/nowhere/at/all')).toThrow('there is no data folder /nowhere/at/all');
});

test('faces are those of LFW with two folds held out', () => {
  const { data, evaluation, generated } = facesOf(
    { folder: '/d', lfw: '/d/lfw.tar', pairs: '/d/pairs.txt' },
    [56, 48],
  );
  expect(generated).toBe(false);
  expect(parseConfig({ data, evaluation }).data).toMatchObject({ path: '/d/lfw.tar', excludeFolds: [9, 10] });
});

test('without LFW faces are generated, nobody is in both training and test, and the text says so', async () => {
  const faces = facesOf({ folder: '/d' }, [56, 48]);
  expect(faces.description).toMatch(/generated .* LFW was not found/);
  const config = parseConfig({ data: faces.data, evaluation: faces.evaluation });
  const training = await openTrainingData(config);
  const test = await evaluationSetOf(config);
  expect(training.dataset.identities).toHaveLength(160);
  const trained = new Set(training.dataset.identities);
  expect(test!.dataset.identities.filter((name) => trained.has(name))).toEqual([]);
});
