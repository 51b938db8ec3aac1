import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readOnnx } from '../../src/normface/models/formats/onnx.ts';
import { netOfGraph } from '../../src/normface/models/graph-net.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/normface/training/checkpoint/safetensors.ts';
import { untrained } from './checkpoint.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const at = (name: string) => path.join(root, name);
let checkpoint = '';

beforeAll(() => {
  checkpoint = untrained(at('run'));
  const stored = {
    format: 1,
    threshold: 0.25,
    merge: 'sum',
    rule: 'best-threshold',
    data: 'faces',
    pairs: 'pairs.txt',
    accuracy: 0.9,
    falseAcceptRate: 0.1,
    trueAcceptRate: 0.9,
  };
  fs.writeFileSync(path.join(checkpoint, 'threshold.json'), JSON.stringify(stored));
});

test('a run becomes an ONNX model that says what it takes, and reads back as the same weights', async () => {
  const file = at('model.onnx');
  const { stdout, stderr, exitCode } = await normface('export', at('run'), '--to', file);
  expect([stderr, exitCode]).toEqual(['', 0]);
  expect(stdout).toMatch(
    /model\.onnx: tiny as an ONNX model \(opset 17\), [\d.]+ [KM]iB; images float32 \[batch, 3, 56, 48\], features \[batch, 64\]/,
  );
  expect(stdout).toContain('pixels    RGB, (byte − 127.5) · 0.0078125; faces aligned as in training, 56×48');
  const { graph, tensors, metadata } = readOnnx(fs.readFileSync(file), file);
  expect(metadata).toMatchObject({
    net: 'tiny',
    imageSize: '56x48',
    threshold: '0.25',
    mirrorMerge: 'sum',
    pixels: '(byte - pixelMean) * pixelScale',
    pixelMean: '127.5',
    unitLength: 'false',
  });
  expect(graph!.inputs).toEqual([{ name: 'images', shape: [3, 56, 48] }]);
  const { values } = netOfGraph(graph!, tensors, { name: 'tiny', source: file });
  const weights = fs.readFileSync(path.join(checkpoint, 'weights.safetensors'));
  const stored = decodeSafetensors(weights, 'weights').tensors;
  expect([...values.keys()].sort()).toEqual([...stored.keys()].sort());
  for (const [name, { data }] of stored) expect(values.get(name)).toEqual(data);
  const again = await normface('export', at('run'), '--to', file);
  expect([again.exitCode, again.stderr]).toEqual([
    1,
    `normface: ${file} exists already; --force replaces it\n`,
  ]);
  expect((await normface('export', at('run'), '--to', file, '--force')).exitCode).toBe(0);
});

test('with --json the settings and what the file says are told', async () => {
  const file = at('whole.onnx');
  const words = ['--include-preprocessing', '--include-normalise', '--fold-batch-norm', '--json'];
  const { stdout } = await normface('export', checkpoint, '--to', file, ...words);
  expect(JSON.parse(stdout)).toMatchObject({
    file,
    format: 'onnx',
    net: 'tiny',
    input: [56, 48, 3],
    features: 64,
    opset: 17,
    bytes: fs.statSync(file).size,
    metadata: { pixels: '0 to 255', unitLength: 'true', batchNormFolded: 'true' },
  });
});

test('weights become a state dictionary', async () => {
  const file = at('weights.safetensors');
  const { stdout } = await normface('export', path.join(checkpoint, 'weights.safetensors'), '--to', file);
  expect(stdout).toContain("names     the layers' own: no PyTorch net is known with these layers");
  const { tensors, metadata } = decodeSafetensors(fs.readFileSync(file), file);
  expect(tensors.get('conv1.weight')!.shape).toEqual([16, 3, 3, 3]);
  expect(metadata).toMatchObject({ layout: 'pytorch', net: 'tiny' });
});

test('weights that are not finite are refused, and nothing is written', async () => {
  const folder = untrained(at('diverged'));
  const weights = path.join(folder, 'weights.safetensors');
  const { tensors, metadata } = decodeSafetensors(fs.readFileSync(weights), weights);
  new DataView(tensors.get('conv1.weight')!.data.buffer).setUint32(
    tensors.get('conv1.weight')!.data.byteOffset,
    0x7fc00000,
    true,
  );
  const broken = at('broken.safetensors');
  fs.writeFileSync(broken, encodeSafetensors(tensors, metadata));
  for (const to of [at('broken.onnx'), at('broken-out.safetensors')]) {
    const { exitCode, stderr } = await normface('export', broken, '--to', to);
    expect(stderr).toMatch(
      /broken\.safetensors has numbers that are infinite or not a number: conv1\.weight\n$/,
    );
    expect([exitCode, fs.existsSync(to)]).toEqual([1, false]);
  }
});

test.each([
  [
    'an ending that is none',
    2,
    ['--to', 'model.pth'],
    /--to model\.pth: the name must end in \.onnx or \.safetensors/,
  ],
  [
    'preprocessing in weights',
    2,
    ['--to', 'w.safetensors', '--include-preprocessing'],
    /are for ONNX: a safetensors file holds weights alone/,
  ],
  [
    'a file inside the run',
    2,
    ['--to', 'CHECKPOINT/model.onnx'],
    /--to .*: .* is the folder of a run or checkpoint; write outside of it/,
  ],
])('%s is refused, and nothing is written', async (_, status, words, sentence) => {
  const before = listing(root);
  const { exitCode, stderr } = await normface(
    'export',
    at('run'),
    ...words.map((word) => word.replace('CHECKPOINT', checkpoint)),
  );
  expect(stderr).toMatch(sentence);
  expect(exitCode).toBe(status);
  expect(listing(root)).toEqual(before);
});
