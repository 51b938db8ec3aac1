import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { untrained } from './checkpoint.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const run = path.join(root, 'run-001');
untrained(run);

/** Generated people 1 to 40, three images each, as BLUFR lists: two trials with 10 people to train on and 30 to test. */
const faces = 'generated:identities=40,samples=3';
const images = Array.from({ length: 120 }, (_, i) => {
  const person = `person_${String(1 + Math.floor(i / 3)).padStart(4, '0')}`;
  return `${person}_000${1 + (i % 3)}.jpg`;
});
const lists = path.join(root, 'lists');
fs.mkdirSync(lists);
const trials = [0, 1].map((shift) => {
  const numbers = images.map((_, i) => i + 1);
  const person = (number: number) => (Math.floor((number - 1) / 3) + 20 * shift) % 40;
  const test = numbers.filter((number) => person(number) >= 10);
  const gallery = test.filter((number) => person(number) < 20 && number % 3 === 1);
  return {
    train: numbers.filter((number) => person(number) < 10),
    test,
    gallery,
    probe: test.filter((number) => !gallery.includes(number)),
  };
});
for (const set of ['train', 'test', 'gallery', 'probe'] as const) {
  const lines = trials.flatMap((trial) => [
    String(trial[set].length),
    ...trial[set].map((number) => `${number}, ${images[number - 1]}`),
  ]);
  fs.writeFileSync(path.join(lists, `${set}_set.txt`), ['2', ...lines].join('\n'));
}
fs.writeFileSync(path.join(lists, 'image_list.txt'), images.join('\n'));
fs.writeFileSync(path.join(lists, 'labels.txt'), images.map((_, i) => 1 + Math.floor(i / 3)).join('\n'));

test('blufr prints every trial, mean and deviation, and writes them', async () => {
  const out = path.join(root, 'out');
  const words = ['blufr', run, '--data', faces, '--splits', lists, '--out', out, '--json'];
  const { exitCode, stdout, stderr } = await normface(...words);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^trial +VR @ FAR 0.1 % +DIR @ FAR 1 %, rank 1/m);
  expect(stderr).toContain('mean − standard deviation');
  expect(stderr).toMatch(
    /^BLUFR \(sum\); [\d,]+ pairs of 2 trials of lists \(sha256 [0-9a-f]{12}\); .* drawn in place; checkpoint run-001 /m,
  );
  const result = JSON.parse(stdout);
  expect(result.trials.map((trial: { trial: number }) => trial.trial)).toEqual([1, 2]);
  expect(result.trials[0]).toMatchObject({
    trainImages: 30,
    testImages: 90,
    genuinePairs: 90,
    impostorPairs: 90 * 44.5 - 90,
    genuineProbes: 20,
    impostorProbes: 60,
    pcaDimensions: null,
  });
  const { mean, std, meanMinusStd } = result.verificationRate;
  expect(meanMinusStd).toBeCloseTo(mean - std, 12);
  expect(result.merge).toBe('sum');
  const { report, ...written } = result;
  expect(JSON.parse(fs.readFileSync(path.join(out, 'result.json'), 'utf8'))).toEqual(written);
  expect(fs.readFileSync(report, 'utf8')).toContain('BLUFR of run-001');

  const one = await normface(...words, '--trial', '2', '--pca', '5', '--merge', 'front');
  const [trial] = JSON.parse(one.stdout).trials;
  expect([trial.trial, trial.pcaDimensions]).toEqual([2, 5]);
  expect(JSON.parse(one.stdout).verificationRate.std).toBeNull();
});

test('wrong calls are one sentence and leave nothing behind', async () => {
  const out = path.join(root, 'wrong');
  const before = listing(root);
  const cases: [words: string[], exitCode: number, message: RegExp][] = [
    [['--splits', lists], 2, /name the images of LFW: --data/],
    [['--data', faces], 2, /required option '--splits/],
    [['--data', faces, '--splits', lists, '--pca', '1.5'], 2, /--pca must be .* got "1.5"/],
    [['--data', faces, '--splits', lists, '--trial', '0'], 2, /whole number of at least 1/],
    [
      ['--data', faces, '--splits', lists, '--trial', '3'],
      1,
      /lists has the trials 1 to 2, there is no trial 3/,
    ],
    [['--data', faces, '--splits', path.join(root, 'no.mat')], 1, /there is no such file/],
    [['--data', 'generated:identities=2', '--splits', lists], 1, /lacks .* of the 120 images/],
    [
      ['--data', faces, '--splits', lists, '--trial', '1', '--pca', '99'],
      1,
      /PCA to 99 dimensions is impossible/,
    ],
  ];
  for (const [words, exitCode, message] of cases) {
    const outcome = await normface('blufr', run, ...words, '--out', out, '--merge', 'front');
    expect(outcome.stderr).toMatch(message);
    expect(
      outcome.stderr
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('normface:')),
    ).toHaveLength(1);
    expect(outcome.exitCode).toBe(exitCode);
  }
  expect(listing(root)).toEqual(before);
});
