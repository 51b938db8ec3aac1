/** `normface data convert`, `data overlap` and `ijb`. */

import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { convertDataset } from '../../src/normface/data/convert/convert.node.ts';
import { openDataset } from '../../src/normface/data/open.node.ts';
import { encode, writeTree } from '../normface/data/fixtures.ts';
import { untrained } from './checkpoint.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const run = path.join(root, 'run-001');
/** One shape of batch for all, so that kernels are compiled once. */
const small = ['--batch', '12', '--merge', 'front'];
const faces = path.join(root, 'faces');

let checkpoint = '';

beforeAll(async () => {
  checkpoint = untrained(run);
  const drawn = await openDataset('generated:identities=6,samples=2,seed=4');
  await convertDataset(drawn, faces);
});

test('convert: a folder to records and back; refused are files that exist', async () => {
  const rec = path.join(root, 'out/train.rec');
  const { exitCode, stdout, stderr } = await normface('--json', 'data', 'convert', faces, rec);
  expect([exitCode, stderr]).toEqual([
    0,
    `${rec}: 12 images of 6 people of faces\nbeside it: ${['train.idx', 'train.lst', 'property'].map((name) => path.join(root, 'out', name)).join(', ')}\n`,
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ data: 'faces', images: 12, identities: 6, pairs: null });
  expect((await normface('data', 'info', rec)).stdout).toMatch(/^train.rec: 12 images of 6 people\n/);
  const beside = await normface('data', 'convert', faces, path.join(root, 'out/val.rec'));
  expect(beside.stderr).toContain('no file property is written, since train.rec lies in the same folder');
  const before = listing(root);
  const again = await normface('data', 'convert', faces, rec);
  expect([again.exitCode, again.stderr]).toEqual([
    1,
    expect.stringContaining('exists already; --force replaces it'),
  ]);
  for (const more of [[], ['--force']]) {
    const itself = await normface('data', 'convert', rec, rec, ...more);
    expect([itself.exitCode, itself.stderr]).toEqual([
      2,
      expect.stringContaining(`${rec} is what is read; name another target`),
    ]);
    expect(itself.stderr).not.toContain('--');
  }
  const inside = await normface('data', 'convert', faces, path.join(checkpoint, 'train.rec'));
  expect([inside.exitCode, inside.stderr]).toEqual([
    2,
    expect.stringContaining('is the folder of a run or checkpoint'),
  ]);
  expect(inside.stderr).not.toContain('--out');
  expect(listing(root)).toEqual(before);
  const folder = await normface('data', 'convert', rec, path.join(root, 'out/back'));
  expect([folder.exitCode, folder.stderr]).toEqual([
    0,
    expect.stringContaining('warning: the images are called by the numbers of their records'),
  ]);
});

test('convert writes nothing into the folder that it reads', async () => {
  const before = listing(faces);
  const link = path.join(root, 'link');
  fs.symlinkSync(faces, link);
  for (const target of [
    path.join(faces, 'sub'),
    path.join(link, 'all.tar'),
    path.join(faces, 'x.rec'),
    link,
  ]) {
    const { exitCode, stderr } = await normface('data', 'convert', faces, target, '--force');
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/the folder that is read|is what is read/)]);
  }
  fs.rmSync(link);
  expect(listing(faces)).toEqual(before);
});

test('convert --pairs writes the pairs of a list', async () => {
  const list = path.join(root, 'pairs.txt');
  fs.writeFileSync(list, '1\nperson_0001\t1\t2\nperson_0001\t1\tperson_0002\t2\n');
  const out = path.join(root, 'lfw.bin');
  const { exitCode, stdout } = await normface('data', 'convert', faces, out, '--pairs', list);
  expect([exitCode, stdout]).toEqual([0, `${out}: 4 images in 2 pairs of faces\n`]);
  // Pairs tell nobody's name.
  const about = await normface('data', 'info', out);
  expect(about.stdout).toMatch(
    /^LFW \(lfw.bin\): 4 images in 2 pairs, 1 of the same person, in 1 fold; it does not tell who is on them\n(?!images a person)/,
  );
  const folder = await normface('data', 'convert', out, path.join(root, 'of-pairs'));
  expect(folder.stdout).toMatch(/of-pairs: 4 images of LFW \(lfw.bin\)\n$/);
  expect(folder.stderr).toContain('LFW (lfw.bin) does not tell who is on its images');
  const itself = JSON.parse((await normface('--json', 'data', 'overlap', out, out)).stdout);
  expect(itself).toMatchObject({ names: [], a: { identities: null, images: 4 } });
  const missing = await normface('data', 'convert', faces, path.join(root, 'x.bin'));
  expect([missing.exitCode, missing.stderr]).toEqual([
    2,
    expect.stringContaining('name a list of them with --pairs'),
  ]);
});

test('ijb: images by name, and the settings that were used', async () => {
  const crops = path.join(root, 'crops/loose');
  fs.mkdirSync(crops, { recursive: true });
  const people = fs.readdirSync(faces).slice(0, 6);
  const lines: string[] = [];
  // Both templates of a person hold one picture, so that their cosine is 1.
  for (const [i, person] of people.entries())
    for (const j of [0, 1]) {
      const [file] = fs.readdirSync(path.join(faces, person));
      fs.copyFileSync(path.join(faces, person, file!), path.join(crops, `${2 * i + j}.png`));
      lines.push(`${2 * i + j}.png ${10 * i + j} ${i}`);
    }
  const templates = path.join(root, 'tid_mid.txt');
  const pairs = path.join(root, 'pair_label.txt');
  fs.writeFileSync(templates, lines.join('\n'));
  fs.writeFileSync(
    pairs,
    people.flatMap((_, i) => people.map((_, j) => `${10 * i} ${10 * j + 1} ${Number(i === j)}`)).join('\n'),
  );
  const gallery = path.join(root, 'gallery.csv');
  const probes = path.join(root, 'probes.csv');
  const table = (ids: readonly number[]) =>
    ['TEMPLATE_ID,SUBJECT_ID,FILENAME', ...ids.map((id) => `${id},${Math.floor(id / 10)},x.png`)].join('\n');
  fs.writeFileSync(gallery, table([0, 10, 20, 30]));
  fs.writeFileSync(probes, table([1, 11, 21, 31, 41, 51]));
  const words = ['--json', 'ijb', run, '--data', path.dirname(crops), '--templates', templates, ...small];
  const all = ['--pairs', pairs, '--gallery', gallery, '--probes', probes, '--no-norm-weighting'];
  const { exitCode, stdout, stderr } = await normface(...words, ...all, '--out', path.join(root, 'ijb'));
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/^FAR +TAR +cosine$/m);
  expect(stderr).toMatch(/^gallery +rank 1 +rank 5 +rank 10 +TPIR@FPIR 0.001 /m);
  // 36 pairs, and six probes with each of four templates.
  expect(stderr).toMatch(
    /^IJB \(front, normalised features pooled\); 60 pairs of pair_label\.txt, gallery\.csv, tid_mid\.txt \(sha256 [0-9a-f]{12}\); /m,
  );
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ images: 12, templates: 12, merge: 'front', normWeighting: false });
  expect(result.verification).toMatchObject({ genuine: 6, impostor: 30 });
  expect(result.verification.tarAtFar.at(-1)).toMatchObject({ far: 0.1, tar: 1 });
  expect(result.identification).toMatchObject([
    { gallery: 'gallery.csv', subjects: 4, mated: 4, unmated: 2 },
  ]);
  expect(result.identification[0].ranks[0]).toEqual({ rank: 1, rate: 1 });
  expect(fs.readFileSync(result.report, 'utf8')).toContain('Templates by run-001');
  for (const [more, sentence] of [
    [['--gallery', gallery], '--gallery and --probes belong together'],
    [[], 'name what is to be judged: --pairs, or --gallery and --probes'],
  ] as const) {
    const wrong = await normface(...words, ...more);
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining(sentence)]);
  }
  fs.writeFileSync(templates, `${lines.join('\n')}\nother.png 99 9\n`);
  expect((await normface(...words, '--pairs', pairs)).stderr).toMatch(
    /crops lacks 1 of the 13 images that tid_mid.txt names, .* such as other.png/,
  );
});

describe('overlap', () => {
  let other = '';
  beforeAll(async () => {
    const [first] = fs.readdirSync(faces);
    const file = fs.readdirSync(path.join(faces, first!))[0]!;
    other = writeTree(path.join(root, 'other'), {
      'PERSON-0001/copy.png': fs.readFileSync(path.join(faces, first!, file)),
      'somebody/1.png': await encode('png', 48, 56, 9),
    });
  });

  test('names, files and looks, with examples for people and all of it as JSON', async () => {
    const { exitCode, stdout } = await normface('data', 'overlap', faces, other);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('people of the same name: 1\n  person_0001 = PERSON-0001\n');
    expect(stdout).toContain(
      'identical files: 1 of faces is also in other\n  person_0001/person_0001_0001.png = PERSON-0001/copy.png\n',
    );
    expect(stdout).toMatch(
      /images that look like another file of other \(difference hash, at most 5 of 128 bits differ\): 0\n/,
    );
  });

  test('features of a net, whose cosines are those of the images', async () => {
    const { exitCode, stdout, stderr } = await normface(
      '--json',
      'data',
      'overlap',
      faces,
      other,
      '-c',
      run,
      ...small,
      '--threshold',
      '0.999',
    );
    expect(exitCode, stderr).toBe(0);
    const { features, identical, identicalFiles } = JSON.parse(stdout);
    expect(identicalFiles).toEqual({ a: 1, b: 1, different: 1 });
    expect(identical).toEqual([{ a: 'person_0001/person_0001_0001.png', b: 'PERSON-0001/copy.png' }]);
    expect(features.threshold).toBe(0.999);
    expect(features.count).toBe(features.pairs.length);
    expect(features.pairs[0]).toMatchObject(identical[0]);
    expect(features.pairs[0].cosine).toBeCloseTo(1, 5);
    for (const { cosine } of features.pairs) expect(cosine).toBeGreaterThan(0.999);
    const wrong = await normface('data', 'overlap', faces, other, '--threshold', '0.5');
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('name a net with --checkpoint'),
    ]);
    expect((await normface('data', 'overlap', faces, other, '--distance', '8')).exitCode).toBe(2);
  });
});
