import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/random.ts';
import { decodeSafetensors } from '../../../src/normface/training/safetensors.ts';
import { untrained } from './checkpoint.ts';
import { normface, temporaryFolder } from './run.ts';

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
  return { data: data as Float32Array, shape, images: JSON.parse(metadata.images) as string[] };
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
  expect(one.shape).toEqual([60, 64]);
  expect(one.images[0]).toBe('faces/person_0/1.png');
  expect(new Set(one.data).size).toBeGreaterThan(1000);
  one.data.forEach((value, i) => {
    expect(Math.abs(value - many.data[i])).toBeLessThan(1e-5);
  });
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
  const length = Math.hypot(...exact);
  const difference = Math.hypot(...exact.map((value, i) => value - rounded[i]));
  expect(difference).toBeGreaterThan(1e-6 * length);
  expect(difference).toBeLessThan(3e-3 * length);
  const { exitCode, stderr } = await normface('--operands', 'f8', 'nets');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/--operands .*f32, f16/);
});

test('eval prints named protocols, keeps a threshold and writes a report', async () => {
  const out = path.join(root, 'evaluation');
  const words = ['--data', faces, '--pairs-per-fold', '5', '--worst', '2', '--out', out, '--json'];
  const { exitCode, stdout, stderr } = await normface('eval', run, ...words);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^adapter /);
  expect(stderr).toContain('lfw-10fold-cos (front)');
  const result = JSON.parse(stdout);
  expect(result.runs[0].protocols.map((p: { protocol: string }) => p.protocol)).toContain('lfw-10fold-l2');
  expect(result.runs[0]).toMatchObject({ name: 'run-001', genuine: 50, impostor: 50, merge: 'sum' });
  const names = fs.readdirSync(out);
  for (const name of ['result.json', 'roc.svg', 'roc.png', 'histogram.svg', 'examples.png', 'report.html'])
    expect(names).toContain(name);
  const threshold = JSON.parse(fs.readFileSync(path.join(checkpoint, 'threshold.json'), 'utf8'));
  expect(threshold).toMatchObject({ format: 1, merge: 'sum', rule: 'best-threshold' });
  expect(result.runs[0].threshold).toEqual(threshold);
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
  );
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^run +PCA +front +concat +sum +max$/m);
  const [{ mirrorTable, protocols }] = JSON.parse(stdout).runs;
  expect(mirrorTable.map((row: { pca: boolean }) => row.pca)).toEqual([false, true]);
  expect(mirrorTable[1].results.front.accuracy).toBe(protocols[0].accuracy);
  expect(fs.readFileSync(path.join(out, 'mirror-table.csv'), 'utf8').split('\n')).toHaveLength(10);
  expect(fs.readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('Mirror image and PCA');
  const heldOut = ['--threshold-fold', '1', '--test-fold', '2'];
  const held = await normface(...words, ...heldOut);
  expect(held.stderr).toContain('fold 2 by PCA and threshold of the threshold fold');
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
  ];
  const { exitCode, stdout } = await normface('eval', run, other, ...words);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^% +run-001 +other-001$/m);
  const threshold = JSON.parse(fs.readFileSync(path.join(other, 'threshold.json'), 'utf8'));
  expect(threshold.rule).toBe('far=0.1');
  expect(threshold.falseAcceptRate).toBeLessThanOrEqual(0.1);
});

test('verify finds an image equal to itself and decides at the kept threshold', async () => {
  const image = path.join(faces, 'person_3', '1.png');
  expect(
    (await normface('data', 'preview', faces, '--rows', '1', '--columns', '1', '-o', image)).exitCode,
  ).toBe(0);
  const { exitCode, stdout } = await normface('verify', image, image, '-c', run, '--json');
  expect(exitCode).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.cosine).toBeCloseTo(1, 6);
  expect(result.same).toBe(true);
  const strict = await normface('verify', image, image, '-c', run, '--threshold', '1.5');
  expect(strict.stdout).toContain('different people at the threshold 1.5000');
});

test('verify without a threshold gives no verdict', async () => {
  const folder = untrained(path.join(root, 'bare-001'));
  const weights = path.join(root, 'alone.safetensors');
  fs.copyFileSync(path.join(folder, 'weights.safetensors'), weights);
  const image = path.join(faces, 'person_3', '1.png');
  const { stdout } = await normface('verify', image, image, '-c', weights);
  expect(stdout).toContain('no decision');
});

test('a checkpoint of another net is refused by name of the difference', async () => {
  const folder = untrained(path.join(root, 'small-001'), 'small');
  const file = path.join(folder, 'weights.safetensors');
  const bytes = fs.readFileSync(file);
  // The same file, but claiming to be of another net with a name of the same length.
  const text = bytes.toString('latin1').replace('"net":"small"', '"net":"tiny" ');
  fs.writeFileSync(file, Buffer.from(text, 'latin1'));
  const { exitCode, stderr } = await normface('embed', faces, '-c', folder, '-o', path.join(root, 'x'));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /does not fit the net "tiny": its "conv1.weight" is \[3,3,3,32\], the net's is \[3,3,3,16\]/,
  );
  expect(fs.existsSync(path.join(root, 'x'))).toBe(false);
});
