import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { renderFace } from '../../src/normface/faces/render.ts';
import { untrained } from './checkpoint.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const run = path.join(root, 'run-001');
const videos = path.join(root, 'videos');
const splits = path.join(root, 'splits.txt');
const people = 6;

/** Generated people as "videos": a person is one identity, a frame one sample of it. */
beforeAll(async () => {
  untrained(run);
  for (let person = 0; person < people; person++) {
    for (let video = 0; video < 2; video++) {
      const folder = path.join(videos, `person_${person}`, String(video));
      fs.mkdirSync(folder, { recursive: true });
      for (let frame = 0; frame < 4; frame++) {
        const { width, height, pixels } = renderFace(7, person, 4 * video + frame, { width: 48, height: 56 });
        await sharp(pixels, { raw: { width, height, channels: 3 } })
          .png()
          .toFile(path.join(folder, `${frame}.png`));
      }
    }
  }
  const lines = Array.from({ length: people }, (_, person) => {
    const other = (person + 1) % people;
    const fold = 1 + Math.floor((2 * person) / people);
    return [
      `${fold}, ${2 * person + 1}, person_${person}/0, person_${person}/1, 1`,
      `${fold}, ${2 * person + 2}, person_${person}/0, person_${other}/1, 0`,
    ];
  });
  fs.writeFileSync(splits, ['split, pair, first, second, same', ...lines.flat()].join('\n'));
});

test('ytf judges pairs of videos by both rules and writes a report', async () => {
  const out = path.join(root, 'out');
  const words = ['ytf', run, '--data', videos, '--splits', splits, '--out', out, '--json'];
  const { exitCode, stdout, stderr } = await normface(...words);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^rule +accuracy +fold 1 +fold 2$/m);
  expect(stderr).toMatch(
    /^ytf-mean-svm \(front\); 12 pairs of splits\.txt \(sha256 [0-9a-f]{12}\); pixels .*; images 48 × 56, alignment not recorded; /m,
  );
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    checkpoint: 'run-001',
    pairs: 'splits.txt',
    videos: 12,
    frames: 48,
    merge: 'front',
  });
  expect(result.results.map(({ protocol }: { protocol: string }) => protocol)).toEqual([
    'ytf-mean-svm',
    'ytf-histogram-svm',
  ]);
  for (const { accuracy, folds } of result.results) {
    expect(accuracy).toBeCloseTo((folds[0].accuracy + folds[1].accuracy) / 2, 12);
  }
  const { report, ...written } = result;
  expect(JSON.parse(fs.readFileSync(path.join(out, 'result.json'), 'utf8'))).toEqual(written);
  expect(fs.readFileSync(report, 'utf8')).toContain('Videos by run-001');
  const few = await normface(...words, '--frames', '3', '--merge', 'sum');
  expect(JSON.parse(few.stdout)).toMatchObject({ frames: 36, merge: 'sum' });
});

test('wrong calls are one sentence and leave nothing behind', async () => {
  const other = path.join(root, 'other.txt');
  fs.writeFileSync(other, '1, 1, person_0/0, person_0/7, 1\n2, 2, person_0/0, person_1/0, 0\n');
  const single = path.join(root, 'single.txt');
  fs.writeFileSync(single, '1, 1, person_0/0, person_0/1, 1\n1, 2, person_0/0, person_1/0, 0\n');
  const before = listing(root);
  const cases: [data: string, splits: string, exitCode: number, message: RegExp][] = [
    [path.join(root, 'none'), splits, 1, /cannot open the data set .*there is no such file/],
    [run, splits, 1, /holds no images/],
    [videos, path.join(root, 'none.txt'), 1, /cannot read the pairs of videos .*there is no such file/],
    [videos, other, 1, /lacks 1 of the 3 videos that other.txt names, such as person_0\/7 of line 1/],
    [videos, single, 1, /at least two folds/],
  ];
  for (const [data, list, exitCode, message] of cases) {
    const outcome = await normface(
      'ytf',
      run,
      '--data',
      data,
      '--splits',
      list,
      '--out',
      path.join(root, 'wrong'),
    );
    expect(outcome.stderr).toMatch(message);
    expect(outcome.exitCode).toBe(exitCode);
  }
  expect((await normface('ytf', run, '--data', videos)).exitCode).toBe(2);
  expect(listing(root)).toEqual(before);
});
