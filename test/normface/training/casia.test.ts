import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { casiaOverlap } from '../../../src/normface/data/protocols/casia-overlap.ts';
import { parseConfig } from '../../../src/normface/training/config/config.ts';
import { scheduleOf } from '../../../src/normface/training/config/schedule.ts';
import { openTrainingData } from '../../../src/normface/training/training-data.node.ts';
import { encode, errorOf, temporaryFolder, writeTree } from '../data/fixtures.ts';

const folder = temporaryFolder();

test('the lists of docs/reference.md#casia-webface-without-lfw have the sizes that are in their names', () => {
  for (const [name, identities] of Object.entries(casiaOverlap)) {
    expect(new Set(identities).size).toBe(identities.length);
    expect(identities).toHaveLength(Number(name.split('-')[1]));
    expect(identities.every((id) => /^\d{7}$/.test(id))).toBe(true);
    expect(casiaOverlap['overlap-19']).toEqual(expect.arrayContaining([...identities]));
  }
  expect(casiaOverlap['overlap-16']).not.toContain('0430107');
  expect(casiaOverlap['overlap-17']).not.toContain('0454042');
});

const image = await encode('jpeg', 12, 14, 1);
const casia = writeTree(join(folder, 'casia'), {
  '0000045/001.jpg': image,
  '0000099/001.jpg': image,
  '0000513/001.jpg': image,
  '0166921/001.jpg': image,
  '0166921/002.jpg': image,
});

const open = (removeIdentities: unknown) =>
  openTrainingData(parseConfig({ data: { path: casia, minimumImages: 1, removeIdentities } }));

test('the folders of CASIA-WebFace are its identities, and a list removes some', async () => {
  const whole = await open(undefined);
  expect(whole.dataset.identities).toEqual(['0000045', '0000099', '0000513', '0166921']);
  const paper = await open('normface-3');
  expect(paper.dataset.identities).toEqual(['0000045', '0000099', '0000513']);
  expect(paper).toMatchObject({ excluded: 1, warnings: [] });
  expect(paper.classesHash).not.toBe(whole.classesHash);
  const later = await open('overlap-17');
  expect(later.dataset.samples.map(({ key }) => key)).toEqual(['0000045/001.jpg', '0000099/001.jpg']);
  const own = await open(['0000045', 'nobody']);
  expect(own.dataset.identities).toEqual(['0000099', '0000513', '0166921']);
});

test('a list of people who are not there is answered with a warning, one of everybody with an error', async () => {
  expect(await open(['anna', 'berta'])).toMatchObject({
    excluded: 0,
    warnings: ['none of the 2 people of data.removeIdentities is in casia; are its folders named otherwise?'],
  });
  const error = await errorOf(open(['0000045', '0000099', '0000513', '0166921']));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toBe('casia: nobody is left to train on once data.removeIdentities are removed');
  expect(() => parseConfig({ data: { removeIdentities: 'overlap-18' } }, 'x.json')).toThrow(
    /^x\.json: data\.removeIdentities is "overlap-18": expected one of normface-3, overlap-17, overlap-16, overlap-19, or a list of names$/,
  );
});

const read = (name: string) =>
  parseConfig(
    JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../configs', `${name}.json`), 'utf8')),
    name,
  );

test('the full-size configurations follow docs/reference.md: people left out, crops, schedules', () => {
  const rates = (name: string, steps: readonly number[]) => {
    const { schedule, optimiser, steps: total } = read(name);
    return steps.map(scheduleOf(schedule, optimiser.learningRate, total!));
  };
  const sgd = { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 };
  const snapshots = { everySteps: 1000, keep: 5 };
  const resnet = { net: 'center-face-resnet', batchSize: 256, optimiser: sgd, checkpoint: snapshots };
  expect(read('casia-resnet')).toMatchObject({
    ...resnet,
    steps: 28_000,
    loss: { name: 'softmax', bias: true },
    auxiliaryLoss: { name: 'center', weight: 0.008, alpha: 0.5, normalise: false },
    data: { removeIdentities: 'normface-3', imageSize: [112, 96] },
  });
  const wen = rates('casia-resnet', [0, 15_999, 16_000, 23_999, 24_000, 27_999]);
  [0.1, 0.1, 0.01, 0.01, 0.001, 0.001].forEach((rate, i) => {
    expect(wen[i]).toBeCloseTo(rate, 9);
  });
  expect(read('casia-resnet-normface')).toMatchObject({
    ...resnet,
    steps: 10_000,
    initialise: { from: 'runs/casia-resnet-001', head: 'new' },
    loss: { name: 'normface', scale: { initial: 10, learn: true } },
  });
  expect(rates('casia-resnet-normface', [0, 9_999])).toEqual([1e-3, 1e-3]);

  const lightCnn = { net: 'light-cnn-b', optimiser: sgd };
  const crops = { imageSize: [144, 144], cropSize: [128, 128] };
  expect(read('casia-light-cnn-b')).toMatchObject({
    ...lightCnn,
    data: crops,
    augmentation: { mirror: true, randomCrop: true },
    loss: { name: 'softmax', bias: true, dropout: 0.75 },
    batchSize: 32,
    steps: 2_000_000,
  });
  expect(rates('casia-light-cnn-b', [0, 1_999_999])[1]).toBeCloseTo(1e-3 * 0.5493 ** 4, 9);
  expect(read('casia-light-cnn-b-normface')).toMatchObject({
    ...lightCnn,
    data: crops,
    steps: 10_000,
    checkpoint: snapshots,
  });
  expect(rates('casia-light-cnn-b-normface', [0])).toEqual([1e-4]);
});
