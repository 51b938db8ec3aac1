/** `normface align` with points that are given, so that no detector's weights are needed. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { sheetCounts } from '../../src/cli/align-sheet.node.ts';
import { templates } from '../../src/normface/alignment/template.ts';
import { captionLines } from '../../src/normface/data/images/contact-sheet.node.ts';
import { readImage } from '../../src/normface/data/images/read-image.node.ts';
import { renderFace } from '../../src/normface/faces/render.ts';
import { realData, tarOf, writeTree } from '../normface/data/fixtures.ts';
import { untrained } from './checkpoint.ts';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const at = (...names: string[]) => path.join(root, ...names);

/** A face as a crop shows it, and photographs of 200 × 180 pixels in which it lies at (50, 40). */
const face = renderFace(1, 2, 0, { width: 96, height: 112 });
const raw = { raw: { width: 96, height: 112, channels: 3 } } as const;
const background = { width: 200, height: 180, channels: 3, background: '#204060' } as const;
const photograph = (...places: [left: number, top: number][]) =>
  sharp({ create: background }).composite(
    places.map(([left, top]) => ({ input: Buffer.from(face.pixels), ...raw, left, top })),
  );
const png = await photograph([50, 40]).png().toBuffer();
const two = await photograph([0, 0], [104, 60]).png().toBuffer();

/** Line of a list: a face whose crop lies at a place of its photograph. Pixels counted from 1. */
const line = (name: string, left: number, top: number, scale = 1) =>
  [
    name,
    ...templates['112x96'].points.flatMap(({ x, y }) => [scale * x + left + 1, scale * y + top + 1]),
  ].join('\t');

const points = at('points.txt');
fs.writeFileSync(
  points,
  [
    line('a/1.png', 50, 40),
    line('a/2.png', 50, 40),
    line('two.png', 0, 0, 0.9),
    line('two.png', 104, 60),
    line('turned.jpg', 50, 40),
    line('not/there.png', 0, 0),
    ['one-place.png', ...Array.from({ length: 10 }, () => 7)].join('\t'),
  ].join('\n'),
);
const given = ['--landmarks', points, '--count-from', '1'];

const photographs = writeTree(at('photographs'), {
  'a/1.png': png,
  'a/2.png': png,
  'a/nobody.png': png,
  'one-place.png': png,
  'two.png': two,
  'broken.png': png.subarray(0, 300),
  // Stored a quarter turn to the left, shown upright.
  'turned.jpg': await sharp(await sharp(png).rotate(270).png().toBuffer())
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer(),
});

const out = at('aligned');
const first = await normface('--json', 'align', photographs, '--out', out, ...given, '--format', 'png');
const landmarks = () => JSON.parse(fs.readFileSync(path.join(out, 'landmarks.json'), 'utf8'));

describe('align', () => {
  test('writes the faces in the same tree, upright', async () => {
    expect(first).toMatchObject({ exitCode: 0 });
    expect(fs.readdirSync(out).sort()).toEqual([
      'a',
      'landmarks.json',
      'no-face.txt',
      'turned.png',
      'two.png',
    ]);
    expect(fs.readdirSync(path.join(out, 'a')).sort()).toEqual(['1.png', '2.png']);
    expect(await readImage(path.join(out, 'a/1.png'))).toEqual(face);
    // The larger one.
    expect(await readImage(path.join(out, 'two.png'))).toEqual(face);
    const turned = await readImage(path.join(out, 'turned.png'));
    const difference = turned.pixels.reduce((sum, level, i) => sum + Math.abs(level - face.pixels[i]!), 0);
    expect(difference / turned.pixels.length).toBeLessThan(1);
  });

  test('says what has no face, and why', () => {
    const list = fs.readFileSync(path.join(out, 'no-face.txt'), 'utf8').trim().split('\n');
    expect(list.map((text) => text.split('\t')[0])).toEqual(['a/nobody.png', 'broken.png', 'one-place.png']);
    expect(list[0]).toBe('a/nobody.png\tpoints.txt has no points of it');
    expect(list[1]).toMatch(/^broken\.png\tit cannot be read: /);
    expect(list[2]).toBe(
      'one-place.png\tpoints.txt line 7: its five points lie on one another or in one line, as those of no face',
    );
    expect(first.stderr).toContain('warning: no face in 3 of 7 photographs: ');
    expect(first.stderr).toContain('points.txt names 1 photograph that is not among these');
    expect(JSON.parse(first.stdout)).toMatchObject({
      photographs: 7,
      faces: 4,
      alignedBefore: 0,
      medianError: 0,
    });
  });

  test('landmarks.json has points of the upright photograph, counted from 0', () => {
    const { template, fit, landmarks: source, photographs: records } = landmarks();
    expect([template.size, fit, source.countFrom]).toEqual(['112x96', 'image', 1]);
    const record = (name: string) =>
      records.find(({ photograph: key }: { photograph: string }) => key === name);
    expect(record('turned.jpg')).toMatchObject({ width: 200, height: 180 });
    expect(record('a/1.png').faces).toMatchObject([{ crop: 'a/1.png', error: 0, box: null, score: null }]);
    expect(record('a/1.png').faces[0].points[0]).toEqual([79.295, 90.696]);
  });

  test('the contact sheet lies beside the folder, not among the crops, which are a data set', async () => {
    const { width, height } = await sharp(`${out}.png`).metadata();
    expect(width).toBeGreaterThan(600);
    expect(height).toBeGreaterThan(200);
  });

  test('the contact sheet says how many faces it shows, and names files as they are', () => {
    expect(sheetCounts(40, 60, 61)).toBe('40 of 60 faces of 61 photographs');
    expect(sheetCounts(1, 1, 2)).toBe('1 face of 2 photographs');
    const name = 'lfw/Hugo_Chavez/Hugo_Chavez_0002.jpg';
    expect(captionLines(name, 500, true)).toEqual([name]);
    expect(captionLines(name, 160, true)).toEqual(['lfw/Hugo_Chavez/Hugo_', 'Chavez_0002.jpg']);
  });

  test('a file that is not its contact sheet is not replaced', async () => {
    const own = at('own-picture.png');
    fs.writeFileSync(own, 'mine');
    const call = (...words: string[]) => normface('align', photographs, ...words, ...given);
    // Beside the folder, and where --sheet names it.
    for (const words of [
      ['--out', at('own-picture')],
      ['--out', at('sheeted'), '--sheet', own],
    ]) {
      const refused = await call(...words);
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toMatch(
        /the contact sheet .*own-picture\.png would replace a file that was not made with the crops in/,
      );
      expect(fs.readFileSync(own, 'utf8')).toBe('mine');
      expect(fs.existsSync(words[1]!)).toBe(false);
    }
    expect((await call('--out', at('sheeted'), '--sheet', own, '--force')).exitCode).toBe(0);
    expect(await sharp(own).metadata()).toMatchObject({ format: 'png' });
    // Its own now; that of another folder is not.
    expect((await call('--out', at('sheeted'), '--sheet', own)).exitCode).toBe(0);
    expect((await call('--out', at('sheeted'), '--sheet', `${out}.png`)).exitCode).toBe(2);
  });

  test('goes on in a folder of a version that noted no contact sheets', async () => {
    const folder = at('older');
    await normface('align', photographs, '--out', folder, ...given);
    const file = path.join(folder, 'landmarks.json');
    const { sheets, ...older } = JSON.parse(fs.readFileSync(file, 'utf8'));
    expect(sheets).toEqual(['../older.png']);
    fs.writeFileSync(file, JSON.stringify(older));
    fs.writeFileSync(at('other.png'), 'mine');
    const again = await normface('--json', 'align', photographs, '--out', folder, ...given);
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ alignedBefore: 6 });
    fs.writeFileSync(file, JSON.stringify(older));
    const other = ['--sheet', at('other.png')];
    expect((await normface('align', photographs, '--out', folder, ...given, ...other)).exitCode).toBe(2);
  });

  test('called again it looks only at what is new or changed', async () => {
    const when = (name: string) => fs.statSync(path.join(out, name)).mtimeMs;
    const before = when('a/1.png');
    writeTree(photographs, { 'a/2.png': two });
    fs.rmSync(path.join(out, 'two.png'));
    const again = await normface('--json', 'align', photographs, '--out', out, ...given, '--format', 'png');
    // Those that were aligned before are among them too.
    expect(again.stderr).toContain('points.txt names 1 photograph that is not among these');
    // Of seven, a changed one, one whose crop was removed, and one that could not be read.
    expect(JSON.parse(again.stdout)).toMatchObject({ alignedBefore: 4, faces: 4 });
    expect(when('a/1.png')).toBe(before);
    expect(fs.existsSync(path.join(out, 'two.png'))).toBe(true);
    expect(await readImage(path.join(out, 'a/2.png'))).not.toEqual(face);
    writeTree(photographs, { 'a/2.png': png });
  });

  test('an end in the middle loses nothing that was done', async () => {
    const folder = at('interrupted');
    await normface('align', photographs, '--out', folder, ...given, '--format', 'png');
    const text = fs.readFileSync(path.join(folder, 'landmarks.json'), 'utf8');
    const { photographs: records, template, kind: _, coordinates: __, ...settings } = JSON.parse(text);
    fs.rmSync(path.join(folder, 'landmarks.json'));
    // What is there after an end: settings, two photographs, and the beginning of a third.
    const lines = [{ size: template.size, ...settings }, records[0], records[1]].map((value) =>
      JSON.stringify(value),
    );
    fs.writeFileSync(path.join(folder, '.landmarks.partial'), [...lines, '{"photograph": "a/nob'].join('\n'));
    const again = await normface(
      '--json',
      'align',
      photographs,
      '--out',
      folder,
      ...given,
      '--format',
      'png',
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ alignedBefore: 2, faces: 4 });
    expect(fs.existsSync(path.join(folder, '.landmarks.partial'))).toBe(false);
    // What the decoder says of a damaged file depends on what else is decoded at that moment.
    const plain = (json: string) => json.replace(/it cannot be read: [^"]*/, '');
    expect(plain(fs.readFileSync(path.join(folder, 'landmarks.json'), 'utf8'))).toBe(plain(text));
  });

  test('points outside of the photograph make no crop', async () => {
    const folder = writeTree(at('outside'), { 'far.png': png, 'both.png': png, 'edge.png': png });
    fs.writeFileSync(
      at('outside.txt'),
      [
        line('far.png', 1000, 1000),
        // The larger face, which would be chosen, is the one that is not there.
        line('both.png', -900, 0, 1.1),
        line('both.png', 50, 40),
        // One eye is in the photograph, their centre is not.
        line('edge.png', 160, 40),
      ].join('\n'),
    );
    const words = ['--out', at('inside'), '--landmarks', at('outside.txt'), '--count-from', '1'];
    const { stdout, stderr, exitCode } = await normface(
      '--json',
      'align',
      folder,
      ...words,
      '--format',
      'png',
    );
    expect(exitCode).toBe(0);
    expect(fs.readdirSync(at('inside')).sort()).toEqual(['both.png', 'landmarks.json', 'no-face.txt']);
    expect(await readImage(at('inside/both.png'))).toEqual(face);
    const reason = 'the points lie outside the photograph';
    expect(fs.readFileSync(at('inside/no-face.txt'), 'utf8')).toBe(
      `edge.png\t${reason}\nfar.png\t${reason}\n`,
    );
    expect(JSON.parse(stdout)).toMatchObject({ faces: 1, facesOutside: 3 });
    expect(stderr).toContain(`warning: 3 faces left out, as ${reason} (both.png, edge.png, far.png)`);
  });

  test('points in one line make no crop, beside others of the photograph neither', async () => {
    const folder = writeTree(at('lined'), { 'two.png': two });
    const inLine = ['two.png', ...[10, 20, 30, 40, 50].flatMap((x) => [x, 2 * x])].join('\t');
    fs.writeFileSync(at('lined.txt'), [line('two.png', 104, 60), inLine].join('\n'));
    const words = ['--out', at('unlined'), '--landmarks', at('lined.txt'), '--all'];
    const { stdout, stderr, exitCode } = await normface('--json', 'align', folder, ...words);
    const reason = 'lined.txt line 2: its five points lie on one another or in one line, as those of no face';
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ faces: 1, facesRefused: [reason], noFace: [] });
    expect(stderr).toContain(`warning: 1 face left out (${reason})`);
  });

  test('every face, or the one in the middle; other sizes and formats; several inputs', async () => {
    const archive = at('two.tar');
    fs.writeFileSync(archive, await tarOf({ 'two.png': two }));
    const options = [...given, '--quality', '80', '--size', '112x112'];
    const all = await normface(
      '--json',
      'align',
      archive,
      at('photographs/a'),
      '--out',
      at('all'),
      '--all',
      ...options,
    );
    expect(all).toMatchObject({ exitCode: 0 });
    expect(fs.readdirSync(at('all/two.tar'))).toEqual(['two.face1.jpg', 'two.face2.jpg']);
    expect(await sharp(at('all/two.tar/two.face1.jpg')).metadata()).toMatchObject({
      width: 112,
      height: 112,
      format: 'jpeg',
      chromaSubsampling: '4:2:0',
    });
    expect(fs.readdirSync(at('all/a')).sort()).toEqual(['1.jpg', '2.jpg']);
    await normface('align', archive, '--out', at('centre'), '--centre', ...given, '--format', 'png');
    const chosen = JSON.parse(fs.readFileSync(at('centre/landmarks.json'), 'utf8'));
    // The smaller face, which is nearer to the middle.
    expect(chosen.photographs[0].faces[0].points[0][0]).toBeCloseTo(0.9 * 29.2946, 2);
  });

  test('two photographs that differ in their endings only keep them', async () => {
    const folder = writeTree(at('endings'), {
      'a/1.png': png,
      'a/1.PNG.gif': png,
      'b/1.png': png,
      'b/1.jpg': png,
    });
    fs.writeFileSync(
      at('endings.txt'),
      ['a/1.png', 'b/1.png', 'b/1.jpg'].map((name) => line(name, 50, 40)).join('\n'),
    );
    await normface('align', folder, '--out', at('kept'), '--landmarks', at('endings.txt'));
    expect(fs.readdirSync(at('kept/a'))).toEqual(['1.jpg']);
    expect(fs.readdirSync(at('kept/b')).sort()).toEqual(['1.jpg.jpg', '1.png.jpg']);
  });

  test('points of landmarks.json give the same crops', async () => {
    const result = await normface(
      'align',
      photographs,
      '--out',
      at('own'),
      '--landmarks',
      path.join(out, 'landmarks.json'),
      '--format',
      'png',
    );
    expect(result.exitCode).toBe(0);
    expect(fs.readFileSync(at('own/a/1.png'))).toEqual(fs.readFileSync(path.join(out, 'a/1.png')));
  });

  test('no face in any photograph is exit status 1', async () => {
    const folder = writeTree(at('nobody'), { 'x.png': png, 'y\n1\t2.png': png });
    const result = await normface('align', folder, '--out', at('none'), ...given);
    expect(result.exitCode).toBe(1);
    expect(fs.readFileSync(at('none/no-face.txt'), 'utf8')).toBe(
      // A name with the end of a line or a tab in it stays one field.
      ['x.png', String.raw`y\n1\t2.png`].map((name) => `${name}\tpoints.txt has no points of it\n`).join(''),
    );
    expect(fs.existsSync(at('none.png'))).toBe(false);
  });

  test('--force begins again, and leaves no crops of before', async () => {
    const folder = at('forced');
    await normface('align', photographs, '--out', folder, ...given, '--format', 'png');
    const refused = await normface('align', photographs, '--out', folder, ...given);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('were made with format "png"; give another folder, or --force');
    expect((await normface('align', photographs, '--out', folder, ...given, '--force')).exitCode).toBe(0);
    expect(fs.readdirSync(path.join(folder, 'a')).sort()).toEqual(['1.jpg', '2.jpg']);
  });

  test('a detector that there is not is a wrong argument, told before a GPU is looked for', async () => {
    const words = ['--adapter', 'none such', 'align', photographs, '--out', at('x'), '--detector', 'nosuch'];
    const { exitCode, stderr } = await normface(...words);
    expect(stderr).toMatch(/there is no detector nosuch; known: mtcnn, face-api/);
    expect(exitCode).toBe(2);
  });

  test.each([
    [['--out', at('photographs/inside')], /would lie among the photographs/],
    [['--out', root], /the photograph .* lies in this folder/],
    [['--out', at('full')], /holds other files and no landmarks\.json/],
    [['--out', at('x'), '--all', '--centre'], /cannot be used with/],
    [['--out', at('x'), '--quality', '101'], /JPEG's quality is 1 to 100/],
    [['--out', at('x'), '--sheet', 'a.jpg'], /must end in \.png/],
    [['--out', at('x'), '--count-from', '2'], /Allowed choices are 0, 1/],
    [
      ['--out', at('x'), '--landmarks', at('missing.txt')],
      /cannot read the list of points .*missing\.txt: there is no such file/,
    ],
  ])('refuses %j', async (words, message) => {
    fs.mkdirSync(at('full'), { recursive: true });
    fs.writeFileSync(at('full/notes.txt'), 'x');
    const base = words.includes('--landmarks') ? [] : given;
    const result = await normface('align', photographs, ...words, ...base);
    expect(result.exitCode).toBeGreaterThan(0);
    expect(result.stderr).toMatch(message);
    expect(fs.existsSync(at('x'))).toBe(false);
  });
});

describe('what looks unaligned', () => {
  test('verify names --align', async () => {
    const checkpoint = untrained(at('run'));
    const { stderr, exitCode } = await normface(
      'verify',
      at('photographs/a/1.png'),
      at('photographs/two.png'),
      '--checkpoint',
      checkpoint,
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain('--align looks for faces and aligns them');
  });

  test('data check counts sizes that no crop has, and points far from the template', async () => {
    writeTree(at('people'), { 'P/1.png': png, 'P/2.png': two });
    const loose = await normface('data', 'check', at('people'));
    expect(loose.stdout).toContain(
      'alignment: 100.0 % of the 2 images looked at have no size of aligned crops (96 × 112, 112 × 112 and multiples; width × height), such as 200 × 180;',
    );
    fs.writeFileSync(
      at('sides.txt'),
      [
        line('P/1.png', 50, 40),
        ['P/2.png', ...Array.from({ length: 10 }, (_, i) => (i * 37) % 90)].join('\t'),
      ].join('\n'),
    );
    await normface('align', at('people'), '--out', at('people-aligned'), '--landmarks', at('sides.txt'));
    const { stdout } = await normface('data', 'check', at('people-aligned'));
    expect(stdout).not.toContain('no size of aligned crops');
    expect(stdout).toMatch(
      /points lie [\d.]+ pixels from the template in the median, and more than 8 in 1 crop \(P\/2\.jpg\)/,
    );
    const json = JSON.parse((await normface('--json', 'data', 'check', at('people-aligned'))).stdout);
    expect(json.images).toBe(2);
    expect(json.alignment).toMatchObject({ looked: 2, otherSizes: 0, far: ['P/2.jpg'] });
  });
});

/** The first three of LFW's first fold. */
const lfwNames = [
  'Abdel_Madi_Shabneh/Abdel_Madi_Shabneh_0001.jpg',
  'Abel_Pacheco/Abel_Pacheco_0001.jpg',
  'Abdul_Rahman/Abdul_Rahman_0001.jpg',
];

test('LFW: the crops are those of the aligned set', async (context) => {
  const [photos, landmarksFile, reference] = [
    'lfw/raw/lfw.tar',
    'lfw/raw/landmarks.txt',
    'lfw/lfw-112x96.tar',
  ].map(realData);
  if (!photos || !landmarksFile || !reference) return context.skip();
  const unpack = (archive: string, folder: string, top: string) => {
    fs.mkdirSync(at(folder));
    execFileSync('tar', ['-xf', archive, '-C', at(folder), ...lfwNames.map((name) => `${top}/${name}`)]);
  };
  unpack(photos, 'lfw-raw', 'lfw');
  unpack(reference, 'lfw-reference', 'lfw-112x96');
  const options = ['--landmarks', landmarksFile, '--count-from', '1', '--quality', '75'];
  expect((await normface('align', at('lfw-raw'), '--out', at('lfw-aligned'), ...options)).exitCode).toBe(0);
  for (const name of lfwNames) {
    const ours = await readImage(at('lfw-aligned/lfw', name));
    const theirs = await readImage(at('lfw-reference/lfw-112x96', name));
    const difference =
      ours.pixels.reduce((sum, level, i) => sum + Math.abs(level - theirs.pixels[i]!), 0) /
      ours.pixels.length;
    expect(difference, name).toBeLessThan(0.1);
  }
});

test('embed and verify align photographs by themselves', async (context) => {
  const [photos, mtcnn] = ['lfw/raw/lfw.tar', 'interop/caffe'].map(realData);
  if (!photos || !mtcnn) return context.skip();
  const names = lfwNames.slice(0, 2).map((name) => path.join(at('people-photographed/lfw'), name));
  fs.mkdirSync(at('people-photographed'));
  execFileSync('tar', [
    '-xf',
    photos,
    '-C',
    at('people-photographed'),
    ...lfwNames.map((name) => `lfw/${name}`),
  ]);
  const nobody = await sharp({ create: background }).png().toBuffer();
  fs.writeFileSync(at('empty.png'), nobody);
  const words = ['--checkpoint', untrained(at('run-align')), '--detector', `mtcnn:${mtcnn}`];
  const verified = await normface('--json', 'verify', ...names, ...words);
  expect(verified).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(verified.stdout)).toMatchObject({ alignment: 'to 112x96 by mtcnn', warnings: [] });
  const out = at('features.csv');
  const embedded = await normface('--json', 'embed', at('empty.png'), ...names, '--out', out, ...words);
  expect(JSON.parse(embedded.stdout)).toMatchObject({ images: 2, noFace: [{ file: at('empty.png') }] });
  expect(embedded.stderr).toContain('warning: no face in 1 image');
  const features = (file: string) =>
    fs
      .readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(',').slice(1).map(Number));
  // The same as of crops that `align` makes.
  await normface(
    'align',
    at('people-photographed'),
    '--out',
    at('crops'),
    '--format',
    'png',
    ...words.slice(2),
  );
  const crops = lfwNames.slice(0, 2).map((name) => at('crops/lfw', name.replace('.jpg', '.png')));
  const plain = ['--checkpoint', words[1]!, '--out'];
  await normface('embed', ...crops, ...plain, at('of-crops.csv'));
  expect(features(out)).toEqual(features(at('of-crops.csv')));
});
