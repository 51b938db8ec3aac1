import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { hash32 } from '../../src/engine/core/random.ts';
import { readDecisions, readScoreIndex } from '../../src/normface/overview/score-file.node.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/normface/training/checkpoint/safetensors.ts';
import { untrained } from './checkpoint.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const run = path.join(root, 'run-001');
const faces = path.join(root, 'faces');
let checkpoint: string;

/** Pictures of 20 people, three each: a person is a pattern, an image of theirs that pattern with noise. */
beforeAll(async () => {
  checkpoint = untrained(run);
  for (let person = 0; person < 20; person++) {
    fs.mkdirSync(path.join(faces, `person_${person}`), { recursive: true });
    for (let image = 1; image <= 3; image++) {
      const pixels = Uint8Array.from({ length: 48 * 56 * 3 }, (_, i) => {
        const pattern = Math.sin((i % 144) / (5 + person)) + Math.cos(i / 144 / (3 + (person % 7)));
        return 128 + 40 * pattern + (hash32(person, image, i) % 30);
      });
      const file = path.join(faces, `person_${person}`, `${image}.png`);
      await sharp(pixels, { raw: { width: 48, height: 56, channels: 3 } })
        .png()
        .toFile(file);
    }
  }
});

function features(file: string) {
  const { tensors, metadata } = decodeSafetensors(fs.readFileSync(file), file);
  const { data, shape } = tensors.get('features')!;
  return { data: data as Float32Array, shape, images: JSON.parse(metadata.images!) as string[] };
}

test('embed writes the same features whatever the batch, in the order of the images', async () => {
  const outcomes = await Promise.all(
    [1, 64].map(async (batch) => {
      const out = path.join(root, `features-${batch}.safetensors`);
      const words = ['--batch', String(batch), '--merge', 'front', '--json'];
      const { exitCode, stdout } = await normface('embed', faces, '-c', run, '-o', out, ...words);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ file: out, images: 60, dimension: 64, merge: 'front' });
      return features(out);
    }),
  );
  const [one, many] = outcomes;
  expect(one!.shape).toEqual([60, 64]);
  expect(one!.images[0]).toBe('faces/person_0/1.png');
  expect(new Set(one!.data).size).toBeGreaterThan(1000);
  one!.data.forEach((value, i) => {
    expect(Math.abs(value - many!.data[i]!)).toBeLessThan(1e-5);
  });
});

test('embed says how features go with the quality of generated images, and keeps it beside them', async () => {
  const data = 'generated:identities=2,samples=3,blur=0..100,detail=24';
  const [table, tensors] = ['quality.csv', 'quality.safetensors'].map((name) => path.join(root, name));
  const { stdout } = await normface('embed', data, '-c', run, '-o', table!, '--merge', 'front');
  expect(stdout).toMatch(
    /length of features against blur: rank correlation [+−][01]\.\d\d \(p = \S+, 6 images\)\n/,
  );
  expect(stdout).not.toContain('against detail');
  const [header, first] = fs.readFileSync(table!, 'utf8').split('\n');
  expect(header).toMatch(/^image,blur,detail,1,2,/);
  expect(first).toMatch(/person_0001_0001,\d+,24,/);
  const words = ['embed', data, '-c', run, '-o', tensors!, '--merge', 'front', '--json'];
  expect(JSON.parse((await normface(...words)).stdout)).toMatchObject({ quality: { detail: null } });
  const { data: numbers, shape } = decodeSafetensors(fs.readFileSync(tensors!), tensors!).tensors.get(
    'blur',
  )!;
  expect(shape).toEqual([6]);
  expect(String(numbers[0])).toBe(first!.split(',')[1]);
});

test('embed with f16 operands writes nearly the same features', async () => {
  const [exact, rounded] = await Promise.all(
    ['f32', 'f16'].map(async (operands) => {
      const out = path.join(root, `features-${operands}.safetensors`);
      const words = ['embed', faces, '-c', run, '-o', out, '--operands', operands];
      expect((await normface(...words)).exitCode).toBe(0);
      return features(out).data;
    }),
  );
  const length = Math.hypot(...exact!);
  const difference = Math.hypot(...exact!.map((value, i) => value - rounded![i]!));
  expect(difference).toBeGreaterThan(1e-6 * length);
  expect(difference).toBeLessThan(3e-3 * length);
  const { exitCode, stderr } = await normface('--operands', 'f8', 'nets');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/--operands .*f32, f16/);
});

test('eval prints named protocols and writes a report, and nothing into the run', async () => {
  const before = listing(run);
  const out = path.join(root, 'evaluation');
  const words = ['--data', faces, '--pairs-per-fold', '5', '--worst', '2', '--out', out, '--json'];
  const { exitCode, stdout, stderr } = await normface('eval', run, ...words);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^adapter /m);
  expect(stderr).toContain('lfw-10fold-cos (front)');
  expect(stderr).toMatch(/^threshold -?0\.\d{4} for run-001: best-threshold on /m);
  const result = JSON.parse(stdout);
  expect(stderr).toMatch(
    /^run-001: normface-pca \(sum\); 100 pairs of generated pairs of faces \(sha256 [0-9a-f]{12}\); pixels \(byte − 127\.5\)\/128, RGB; images 48 × 56, alignment not recorded; checkpoint run-001 \(sha256 [0-9a-f]{12}\)$/m,
  );
  expect(result.runs[0].provenance).toMatchObject({ pairs: { count: 100 }, images: { stored: [48, 56] } });
  expect(result.runs[0].errorReject).toMatchObject({
    rule: 'eer',
    rejected: expect.arrayContaining([0, 0.5]),
  });
  expect(result.runs[0].protocols.map((p: { protocol: string }) => p.protocol)).toContain('lfw-10fold-l2');
  expect(result.runs[0]).toMatchObject({ name: 'run-001', genuine: 50, impostor: 50, merge: 'sum' });
  const names = fs.readdirSync(out);
  for (const name of [
    'result.json',
    'roc.svg',
    'roc.png',
    'histogram.svg',
    'error-reject.svg',
    'examples.png',
    'report.html',
  ])
    expect(names).toContain(name);
  // The scores, by which the run is found again, and its decisions by the rule to read first.
  const index = readScoreIndex(out)!;
  expect(index).toMatchObject({ count: 100, runs: [{ name: 'run-001', rule: 'normface-pca (sum)' }] });
  expect(index.runs[0]!.weights).toContain(run);
  const decisions = readDecisions(out, index, 0);
  expect(decisions.reduce((sum, right) => sum + right, 0) / 100).toBeCloseTo(index.runs[0]!.accuracy!, 12);
  const html = fs.readFileSync(path.join(out, 'report.html'), 'utf8');
  // Eight pairs of either kind, each with the cosine that the caption promises.
  const shown = html.match(/<figcaption>[^<]* \/ [^<]*<br>-?\d\.\d{3}, (accepted|rejected)<\/figcaption>/g);
  expect(shown).toHaveLength(16);
  expect(html).toMatch(/<tr class="first"><th scope="row">normface-pca \(sum\)/);
  expect(html).toContain('What the rows are');
  expect(html).toContain('Error versus reject');
  expect(html).toContain('checkpoint run-001 (sha256 ');
  expect(result.thresholds).toEqual([]);
  expect(listing(run)).toEqual(before);
});

test('eval --store-threshold keeps the threshold beside the checkpoint, where verify finds it', async () => {
  const image = path.join(faces, 'person_4', '1.png');
  const without = await normface('verify', image, image, '-c', run);
  expect(without.stdout).toContain(
    `no threshold is kept beside the checkpoint; \`normface eval ${run} --store-threshold\``,
  );
  const out = path.join(root, 'stored');
  const words = ['--data', faces, '--pairs-per-fold', '5', '--worst', '1', '--out', out, '--json'];
  const { exitCode, stdout } = await normface('eval', run, ...words, '--store-threshold');
  expect(exitCode).toBe(0);
  const result = JSON.parse(stdout);
  const file = path.join(checkpoint, 'threshold.json');
  expect(result.thresholds).toEqual([file]);
  const threshold = JSON.parse(fs.readFileSync(file, 'utf8'));
  expect(threshold).toMatchObject({ format: 1, merge: 'sum', rule: 'best-threshold' });
  expect(result.runs[0].threshold).toEqual(threshold);
  const verdict = JSON.parse((await normface('verify', image, image, '-c', run, '--json')).stdout);
  expect(verdict).toMatchObject({ threshold: threshold.threshold, same: true });
});

test('calibrate keeps thresholds and a probability beside the checkpoint, and verify says what a cosine means', async () => {
  const own = path.join(root, 'calibrated-001');
  const folder = untrained(own, 'tiny', 6);
  const image = path.join(faces, 'person_4', '1.png');
  const verify = (...words: string[]) => normface('verify', image, image, '-c', own, ...words);
  const early = await verify('--far', '0.1');
  expect([early.exitCode, early.stderr]).toEqual([
    2,
    'normface: --far needs the thresholds that `normface calibrate` keeps beside the checkpoint\n',
  ]);
  const words = ['--data', faces, '--pairs-per-fold', '5', '--far', '0.2,1e-1,1e-2', '--json'];
  const { exitCode, stdout, stderr } = await normface('calibrate', own, ...words);
  expect(exitCode).toBe(0);
  const result = JSON.parse(stdout);
  const file = path.join(folder, 'calibration.json');
  expect(result).toMatchObject({ file, merge: 'sum', genuine: 50, impostor: 50, impossible: [0.01] });
  const { provenance, file: _, ...kept } = result;
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual(kept);
  expect(provenance.pairs).toMatchObject({ count: 100, sha256: kept.pairsSha256.slice(0, 12) });
  expect(stderr).toMatch(/^0\.2 +-?0\.\d{4} +\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\).* enough$/m);
  expect(stderr).toMatch(/^1e-1 .* too few$/m);
  expect(stderr).toContain('allow no threshold at a false accept rate of 1e-2');
  expect(stderr).toContain('too few to support a false accept rate of 1e-1 (which needs 100)');
  expect(stderr).toContain('on held-out folds log loss');

  const usual = await verify();
  expect(usual.stdout).toMatch(
    /^cosine {4}1\.0000 \(sum\), accept at FAR 1e-1 \(of too few pairs to be sure of it\), (over )?\d+\.\d % same person on the calibration set$/m,
  );
  expect(usual.stdout).toMatch(
    /^calibration set: 100 pairs, 50\.0 % of the same person \(.*, sha256 [0-9a-f]{12}\)$/m,
  );
  expect(usual.stdout).toContain('threshold FAR 0.2 of the calibration');
  const strict = JSON.parse((await verify('--far', '0.1', '--json')).stdout);
  expect(strict).toMatchObject({
    same: true,
    threshold: kept.thresholds[1].threshold,
    calibrated: { strictestFar: 0.1, prior: 0.5, calibrationSet: { count: 100 } },
  });
  expect((await verify('--far', '1e-2')).stderr).toContain('none for 1e-2');
  const impossible = await normface('calibrate', own, ...words.slice(0, 4), '--far', '1e-9');
  expect(impossible.exitCode).toBe(1);
  expect(impossible.stderr).toContain('allow no threshold at a false accept rate of 1e-9');
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual(kept);
  expect((await verify('--far', '2')).stderr).toContain('A false accept rate lies between 0 and 1');
  // One of other weights is no calibration of these.
  fs.writeFileSync(file, JSON.stringify({ ...kept, weightsSha256: '0123456789abcdef' }));
  const other = await verify();
  expect(other.stderr).toContain('calibration.json is of other weights and is left out');
  expect(other.stdout).toContain('no decision');
  fs.writeFileSync(file, '{"format": 1}');
  const damaged = await verify();
  expect([damaged.exitCode, damaged.stderr]).toEqual([
    1,
    expect.stringMatching(
      /calibration\.json is not a calibration file; `normface calibrate` writes a new one\n$/,
    ),
  ]);
});

test('norms: the lengths of features by blur and resolution', async () => {
  const own = path.join(root, 'lengths-001');
  untrained(own, 'tiny', 6);
  const words = ['norms', own, '--people', '2', '--samples', '1'];
  const { exitCode, stdout, stderr } = await normface(...words, '--json');
  expect(exitCode).toBe(0);
  const { blur, detail, people } = JSON.parse(stdout);
  expect(people).toBe(2);
  expect(blur.levels).toEqual([0, 10, 20, 40, 60, 100]);
  expect(detail.levels).toEqual([48, 36, 24, 18, 12, 8]);
  // Sharp pictures of the net's own width are the best of either.
  expect(detail.means[0]).toBeCloseTo(blur.means[0], 12);
  expect(new Set([...blur.means, ...detail.means]).size).toBe(11);
  expect(stderr).toMatch(/correlation with quality within a picture [+−]\d\.\d{3} \(.*\): /);
  expect((await normface(...words, '--samples', '99999')).stderr).toContain(
    '--people 2 of --samples 99999 pictures are more than 100,000 pictures',
  );
});

test('what eval and blufr cannot store is said after what they computed, with exit status 1', async () => {
  const other = untrained(path.join(root, 'full-001'), 'tiny', 3);
  // A folder where the file belongs, and a file where the folder belongs: neither can be written, no matter who runs the test.
  fs.mkdirSync(path.join(other, 'threshold.json', 'in-the-way'), { recursive: true });
  fs.writeFileSync(path.join(root, 'a-file'), '');
  const out = path.join(root, 'a-file', 'below');
  const words = ['--data', faces, '--pairs-per-fold', '5', '--worst', '1', '--out', out, '--store-threshold'];
  const { exitCode, stdout, stderr } = await normface('eval', other, ...words, '--json');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('lfw-10fold-cos (front)');
  expect(stderr).toMatch(/^warning: not stored: cannot write into .*below: /m);
  expect(stderr).toMatch(/^warning: not stored: cannot write .*threshold\.json: /m);
  expect(stderr).not.toMatch(/internal error/);
  expect(JSON.parse(stdout)).toMatchObject({ report: null, thresholds: [], runs: [{ genuine: 50 }] });
});

test('eval --mirror-table: with and without PCA for every merge, in the terminal, as JSON, CSV and in the report', async () => {
  const out = path.join(root, 'mirror');
  const words = [
    'eval',
    run,
    '--data',
    faces,
    '--pairs-per-fold',
    '5',
    '--out',
    out,
    '--mirror-table',
    '--json',
  ];
  const { exitCode, stdout, stderr } = await normface(
    ...words,
    '--protocol',
    'normface-pca-svm',
    '--merge',
    'front',
    '--explain',
    '40',
  );
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^run +PCA +front +concat +sum +max$/m);
  const [{ mirrorTable, protocols, explained }] = JSON.parse(stdout).runs;
  expect(explained).toMatchObject({ pairs: 40, rule: 'normface-pca-svm (front)' });
  expect(stderr).toMatch(/^reason +alternative +accuracy, % +change, points /m);
  expect(stderr).toMatch(/^channel order +BGR +\d+\.\d\d /m);
  expect(mirrorTable.map((row: { pca: boolean }) => row.pca)).toEqual([false, true]);
  expect(mirrorTable[1].results.front.accuracy).toBe(protocols[0].accuracy);
  expect(fs.readFileSync(path.join(out, 'mirror-table.csv'), 'utf8').split('\n')).toHaveLength(10);
  const html = fs.readFileSync(path.join(out, 'report.html'), 'utf8');
  expect(html).toContain('Mirror image and PCA');
  expect(html).toContain('What would change the number of run-001');
  const heldOut = ['--threshold-fold', '1', '--test-fold', '2'];
  const held = await normface(...words, ...heldOut);
  expect(held.stderr).toContain('fold 2 by PCA and threshold of the threshold fold');
});

test('--out never names what is read, nor a file of a run', async () => {
  const image = path.join(faces, 'person_5', '1.png');
  const lone = path.join(root, 'lone.safetensors');
  fs.copyFileSync(path.join(checkpoint, 'weights.safetensors'), lone);
  const renamed = path.join(root, 'image.csv');
  fs.copyFileSync(image, renamed);
  const link = path.join(root, 'link.safetensors');
  fs.symlinkSync(lone, link);
  const before = listing(root);
  const inside = path.join(checkpoint, 'features.csv');
  for (const [words, reason] of [
    [['embed', image, '-c', lone, '-o', lone], /this file is read/],
    [['embed', image, '-c', lone, '-o', link], /this file is read/],
    [['embed', image, renamed, '-c', run, '-o', renamed], /this file is read/],
    [['embed', image, '-c', run, '-o', path.join(checkpoint, 'weights.safetensors')], /--out .*: /],
    [['embed', image, '-c', lone, '-o', inside], /is the folder of a run or checkpoint/],
    [['kernels', 'show', 'gemm', '--out', inside], /is the folder of a run or checkpoint/],
    [['graph', '--out', path.join(checkpoint, 'graph.svg')], /is the folder of a run or checkpoint/],
    [['profile', 'embed', '--out', path.join(checkpoint, 'new')], /is the folder of a run or checkpoint/],
    [['data', 'preview', faces, '--out', image], /this file is read/],
  ] as const) {
    const { exitCode, stderr } = await normface(...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^normface: --out .*\n$/)]);
    expect(stderr).toMatch(reason);
  }
  expect(listing(root)).toEqual(before);
});

/** A weights file whose values and metadata are changed. */
function changed(name: string, metadata: Record<string, string>, scale = 1): string {
  const weights = path.join(checkpoint, 'weights.safetensors');
  const file = decodeSafetensors(fs.readFileSync(weights), weights);
  for (const { data } of file.tensors.values())
    data.set((data as Float32Array).map((x) => x * scale) as never);
  fs.writeFileSync(path.join(root, name), encodeSafetensors(file.tensors, { ...file.metadata, ...metadata }));
  return path.join(root, name);
}

test('weights files of zeros, with impossible sizes or with lines of their own', async () => {
  const image = path.join(faces, 'person_5', '1.png');
  const verify = (file: string) => normface('verify', image, image, '-c', file);
  const zeros = changed('zeros.safetensors', {}, 0);
  for (const { exitCode, stderr } of [
    await verify(zeros),
    await normface('embed', image, '-c', zeros, '-o', path.join(root, 'zeros.csv')),
  ])
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/of \d features have length zero/)]);
  expect(fs.existsSync(path.join(root, 'zeros.csv'))).toBe(false);
  const none = await verify(changed('none.safetensors', { imageSize: '0x0' }));
  expect(none.stderr).toMatch(/is for images of 0x0; height and width must be 1 to 1024\n$/);
  for (const cropSize of ['48', '0x0', '57x48'])
    expect((await verify(changed('crop.safetensors', { cropSize }))).stderr).toMatch(
      new RegExp(`is damaged: its crop "${cropSize}" is no height and width within 56x48`),
    );
  const forged = await verify(changed('forged.safetensors', { trainedOn: 'generated\ncosine    1.0000' }));
  expect(forged.exitCode).toBe(0);
  expect(forged.stdout).toContain('trained on generated\\ncosine    1.0000');
  expect(`${forged.stdout}${forged.stderr}`.match(/^cosine/gm)).toHaveLength(1);
});

test('one fold for both, and one checkpoint named twice, are refused before anything is embedded', async () => {
  const words = ['--data', faces, '--pairs-per-fold', '5', '--out', path.join(root, 'refused')];
  const folds = await normface('eval', run, ...words, '--threshold-fold', '1', '--test-fold', '1');
  expect([folds.exitCode, folds.stderr]).toEqual([
    2,
    'normface: fold 1 cannot both set the threshold and be the test\n',
  ]);
  const twice = await normface('eval', run, checkpoint, ...words);
  expect([twice.exitCode, twice.stderr]).toEqual([
    2,
    expect.stringMatching(/^normface: the checkpoint .* is named twice\n$/),
  ]);
  expect(fs.existsSync(path.join(root, 'refused'))).toBe(false);
});

test('a threshold at a false accept rate, and several checkpoints in one table', async () => {
  const other = untrained(path.join(root, 'other-001'), 'tiny', 2);
  const words = [
    '--data',
    faces,
    '--pairs-per-fold',
    '5',
    '--threshold-at',
    'far=0.1',
    '--out',
    path.join(root, 'both'),
    '--store-threshold',
  ];
  const { exitCode, stdout } = await normface('eval', run, other, ...words);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^% +run-001 +other-001$/m);
  const threshold = JSON.parse(fs.readFileSync(path.join(other, 'threshold.json'), 'utf8'));
  expect(threshold.rule).toBe('far=0.1');
  expect(threshold.falseAcceptRate).toBeLessThanOrEqual(0.1);
});

test('verify finds an image equal to itself and decides at the kept threshold', async () => {
  const image = path.join(root, 'sheet.png');
  expect(
    (await normface('data', 'preview', faces, '--rows', '1', '--columns', '1', '-o', image)).exitCode,
  ).toBe(0);
  const { exitCode, stdout } = await normface('verify', image, image, '-c', run, '--json');
  expect(exitCode).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.cosine).toBeCloseTo(1, 6);
  expect(result.same).toBe(true);
  const strict = await normface('verify', image, image, '-c', run, '--threshold', '1');
  expect(strict.stdout).toContain(' at the threshold 1.0000');
});

/** An image of another size than the net's. */
async function photograph(name: string): Promise<string> {
  const file = path.join(root, name);
  await sharp({ create: { width: 250, height: 240, channels: 3, background: '#a08060' } })
    .jpeg()
    .toFile(file);
  return file;
}

test('verify and embed say that no face was looked for, how images were scaled, and what the net was trained on', async () => {
  const large = await photograph('large.jpg');
  const fitting = path.join(faces, 'person_4', '1.png');
  const drawn = untrained(path.join(root, 'drawn-001'), 'tiny', 4);
  const own = path.join(drawn, 'weights.safetensors');
  const { tensors, metadata } = decodeSafetensors(fs.readFileSync(own), own);
  // Elsewhere: in its checkpoint a changed file is a damaged one.
  const weights = path.join(root, 'drawn.safetensors');
  fs.writeFileSync(
    weights,
    encodeSafetensors(tensors, { ...metadata, trainedOn: 'generated faces of seed 1' }),
  );
  const { exitCode, stdout, stderr } = await normface(
    'verify',
    large,
    fitting,
    '-c',
    weights,
    '--threshold',
    '0.5',
  );
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`${large}, 250 × 240 pixels`);
  expect(stdout).toContain('trained on generated faces of seed 1; alignment of the images: not checked');
  expect(stderr).toMatch(
    /warning: scaled and cropped to 48 × 56 pixels: [^,]*large\.jpg \(250 × 240\); no face is looked for/,
  );
  expect(stderr).toMatch(/warning: the net has only seen faces that this program drew/);
  const json = JSON.parse((await normface('verify', large, fitting, '-c', weights, '--json')).stdout);
  expect(json).toMatchObject({
    images: [
      { file: large, width: 250, height: 240 },
      { file: fitting, width: 48, height: 56 },
    ],
    input: { width: 48, height: 56 },
    alignment: 'not checked',
    trainedOn: 'generated faces of seed 1',
  });
  expect(json.warnings).toHaveLength(2);
  const out = path.join(root, 'large.csv');
  const embedded = await normface('embed', large, large, fitting, '-c', weights, '-o', out);
  expect(embedded.stderr.match(/^warning: /gm)).toHaveLength(2);
  expect(embedded.stdout).toContain('trained on generated faces of seed 1');
});

test('of aligned images and a net of photographs there is nothing to warn of', async () => {
  const image = path.join(faces, 'person_4', '1.png');
  const { stdout, stderr } = await normface('verify', image, image, '-c', run);
  expect(stderr).toBe('');
  expect(stdout).toContain('alignment of the images: not checked');
});

test('embed writes a table with the same numbers into a .csv file', async () => {
  const out = path.join(root, 'features.csv');
  const named = path.join(root, 'a, "b".png');
  fs.copyFileSync(path.join(faces, 'person_4', '1.png'), named);
  expect((await normface('embed', named, faces, '-c', run, '-o', out)).exitCode).toBe(0);
  const exact = path.join(root, 'features.safetensors');
  expect((await normface('embed', named, faces, '-c', run, '-o', exact, '--force')).exitCode).toBe(0);
  const { data, shape, images } = features(exact);
  const [header, ...rows] = fs.readFileSync(out, 'utf8').trimEnd().split('\n');
  expect(header!.split(',').slice(0, 3)).toEqual(['image', '1', '2']);
  expect(rows).toHaveLength(61);
  expect(rows[0]!.startsWith(`"${named.replaceAll('"', '""')}",`)).toBe(true);
  expect(rows[1]!.split(',')[0]).toBe(images[1]);
  const numbers = rows.flatMap((row) => row.split(',').slice(-shape[1]!).map(Number));
  expect(Float32Array.from(numbers)).toEqual(data);
  const refused = await normface('embed', named, '-c', run, '-o', out);
  expect(refused.stderr).toContain('--force');
  const one = await normface('embed', named, '-c', run, '-o', out, '--force');
  expect(one.stdout).toContain('features of 1 image,');
});

test('verify without a threshold gives no verdict', async () => {
  const folder = untrained(path.join(root, 'bare-001'));
  const weights = path.join(root, 'alone.safetensors');
  fs.copyFileSync(path.join(folder, 'weights.safetensors'), weights);
  const image = path.join(faces, 'person_4', '1.png');
  const { stdout } = await normface('verify', image, image, '-c', weights);
  expect(stdout).toContain('no decision');
});

test('a checkpoint of another net is refused by name of the difference', async () => {
  const folder = untrained(path.join(root, 'small-001'), 'small');
  const file = path.join(root, 'renamed.safetensors');
  const bytes = fs.readFileSync(path.join(folder, 'weights.safetensors'));
  // The same file elsewhere, but claiming to be of another net with a name of the same length.
  const text = bytes.toString('latin1').replace('"net":"small"', '"net":"tiny" ');
  fs.writeFileSync(file, Buffer.from(text, 'latin1'));
  const { exitCode, stderr } = await normface('embed', faces, '-c', file, '-o', path.join(root, 'x.csv'));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /does not fit the net "tiny": its "conv1.weight" is \[3,3,3,32\], the net's is \[3,3,3,16\]/,
  );
  expect(fs.existsSync(path.join(root, 'x.csv'))).toBe(false);
});
