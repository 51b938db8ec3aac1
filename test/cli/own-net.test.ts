import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { encode, writeTree } from '../normface/data/fixtures.ts';
import { normface, temporaryFolder } from './run.ts';

/** A net in a file: named wherever a net is, kept by the run, and found again when the file is gone. */

const root = temporaryFolder();
const images = path.join(root, 'images');
const file = path.join(root, 'nets', 'mine.json');
const config = path.join(root, 'nets', 'config.json');
const net = {
  name: 'mine',
  input: [16, 12, 3],
  layers: [
    { kind: 'conv', name: 'conv1', channels: 4, kernel: 3, stride: 2, padding: 1 },
    {
      kind: 'residual',
      name: 'block',
      layers: [{ kind: 'conv', name: 'conv2', channels: 8, kernel: 3, stride: 2, padding: 1 }],
      shortcut: [{ kind: 'conv', name: 'project', channels: 8, kernel: 1, stride: 2, bias: false }],
    },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc', outputs: 6 },
  ],
};
const write = (value: object, to = file) => fs.writeFileSync(to, JSON.stringify(value));
const run = path.join(root, 'own-001');

beforeAll(async () => {
  const names = ['a', 'b', 'c'].flatMap((person) => [1, 2].map((image) => `${person}/${image}.png`));
  const pictures = await Promise.all(names.map((_, i) => encode('png', 12, 16, i + 1)));
  writeTree(images, Object.fromEntries(names.map((name, i) => [name, pictures[i]!])));
  fs.mkdirSync(path.dirname(file));
  write(net);
  write({ net: 'mine.json', name: 'own', steps: 2, batchSize: 4, data: { path: images } }, config);
});

test('a net is listed and printed as the file that it is', async () => {
  const shown = await normface('nets', 'show', file);
  expect(shown.stdout).toMatch(/^mine for images 16×12×3\n/);
  expect(shown.stdout).toMatch(/project +conv +8×6×4 +4×3×8 +32 /);
  const larger = await normface('nets', 'show', file, '--size', '32x24');
  expect(larger.stdout).toMatch(/^mine for images 32×24×3\n/);
  expect(JSON.parse((await normface('nets', 'show', file, '--json')).stdout)).toEqual(net);
  const known = JSON.parse((await normface('nets', 'show', 'iresnet-18-se', '--json')).stdout);
  expect(known).toMatchObject({ name: 'iresnet-18-se', input: [112, 112, 3] });
});

test('a configuration names the file as seen from its own folder; the run keeps the net when the file is gone', async () => {
  const trained = await normface('train', config, '--output', root, '--set', 'checkpoint.everySteps=1');
  expect(trained.stderr).toBe('');
  expect(trained.stdout).toContain('net mine, ');
  const stored = JSON.parse(fs.readFileSync(path.join(run, 'config.json'), 'utf8'));
  expect([stored.net, stored.data.imageSize]).toEqual([net, [16, 12]]);

  write({ ...net, layers: [...net.layers, { kind: 'dropout', name: 'drop', rate: 0.5 }] });
  const changed = await normface('train', '--resume', run, '--net', file);
  expect(changed.exitCode).toBe(2);
  expect(changed.stderr).toMatch(
    /^normface: the net mine is not what it was when the resumed run was started \(net\.layers\); leave it out/,
  );
  fs.rmSync(file);
  const gone = await normface('train', '--resume', run, '--net', file);
  expect([gone.exitCode, gone.stderr]).toEqual([
    2,
    expect.stringMatching(/cannot read .*mine\.json: there is no such file/),
  ]);

  const resumed = await normface('train', '--resume', path.join(run, 'ckpt', 'step-00000001'));
  expect([resumed.exitCode, resumed.stdout]).toEqual([0, expect.stringContaining('step-00000002')]);
  const weights = path.join(root, 'alone.safetensors');
  fs.copyFileSync(path.join(run, 'ckpt', 'step-00000002', 'weights.safetensors'), weights);
  const pair = [path.join(images, 'a/1.png'), path.join(images, 'a/2.png')];
  const verified = await normface('verify', ...pair, '--checkpoint', weights, '--threshold', '0.5');
  expect(verified.exitCode, verified.stderr).toBe(0);
  const embedded = await normface(
    'embed',
    images,
    '--checkpoint',
    weights,
    '--out',
    path.join(root, 'features.csv'),
  );
  expect(embedded.exitCode, embedded.stderr).toBe(0);
}, 300_000);

test('what is wrong in a net of a file is one sentence with the file and the place', async () => {
  const wrong = path.join(root, 'nets', 'wrong.json');
  write(
    {
      ...net,
      layers: [{ kind: 'residual', name: 'r', layers: [], shortcut: [{ kind: 'conv3d', name: 'c' }] }],
    },
    wrong,
  );
  const sentence =
    /^normface: .*wrong\.json: layers\[0\]\.shortcut\[0\]: unknown layer kind "conv3d".*; known: conv, [^\n]*\n$/;
  for (const words of [
    ['nets', 'show', wrong],
    ['train', '--net', wrong],
    ['graph', '--net', wrong],
    ['tune', '--net', wrong],
    ['profile', 'embed', '--net', wrong],
    ['train', '--set', `net=${wrong}`],
  ]) {
    const { exitCode, stderr } = await normface(...words);
    expect([words[0], exitCode, stderr]).toEqual([words[0], 2, expect.stringMatching(sentence)]);
  }
  const inline = path.join(root, 'nets', 'inline.json');
  write({ net: { ...net, layers: 'none' } }, inline);
  const { exitCode, stderr } = await normface('train', inline, '--dry-run');
  expect([exitCode, stderr]).toEqual([
    2,
    `normface: ${inline}: net: layers is "none", expected a list of layers\n`,
  ]);
});
