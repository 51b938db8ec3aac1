import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { provenanceOf } from '../../src/cli/provenance.node.ts';
import { openEvaluationSet } from '../../src/normface/embedding/evaluation-set.node.ts';
import { pairsSha256 } from '../../src/normface/embedding/pairs-sha256.node.ts';
import { findNet } from '../../src/normface/nets/index.ts';
import { netMetadata } from '../../src/normface/nets/stored-net.ts';
import { encodeSafetensors } from '../../src/normface/training/checkpoint/safetensors.ts';
import { temporaryFolder } from './run.ts';

const root = temporaryFolder();
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

/** Two people with two images each. */
async function faces(name: string, ending: 'png' | 'jpg', size = { width: 8, height: 9 }): Promise<string> {
  for (const person of ['Ann', 'Bo']) {
    fs.mkdirSync(path.join(root, name, person), { recursive: true });
    for (const number of [1, 2])
      await sharp({ create: { ...size, channels: 3, background: '#405060' } }).toFile(
        path.join(root, name, person, `${person}_000${number}.${ending}`),
      );
  }
  return path.join(root, name);
}

/** A weights file as far as it says what its net is given. */
function weightsFile(...parts: string[]): string {
  const file = path.join(root, ...parts);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const net = netMetadata({ ...findNet('tiny'), pixels: { mean: 0, scale: 1 / 255 } });
  fs.writeFileSync(file, encodeSafetensors(new Map(), { ...net, imageSize: '9x8', cropSize: '7x8' }));
  return file;
}

test('a list has the checksum of its pairs, whatever file it is in and however images are stored', async () => {
  const list = path.join(root, 'pairs.txt');
  fs.writeFileSync(list, '1 1\nAnn 1 2\nAnn 1 Bo 2\n');
  const open = (data: string, pairs = list) => openEvaluationSet({ data, pairs, pairsPerFold: 1 });
  const png = await open(await faces('png', 'png'));
  const expected = sha256('1\t1\tAnn/Ann_0001\tAnn/Ann_0002\n1\t0\tAnn/Ann_0001\tBo/Bo_0002\n');
  expect(pairsSha256(png)).toBe(expected);
  expect(pairsSha256(await open(await faces('jpg', 'jpg')))).toBe(expected);
  const other = path.join(root, 'other.txt');
  fs.writeFileSync(other, '1 1\r\nAnn\t2\t1\r\nAnn\t1\tBo\t2\r\n');
  expect(pairsSha256(await open(path.join(root, 'png'), other))).toBe(
    sha256('1\t1\tAnn/Ann_0002\tAnn/Ann_0001\n1\t0\tAnn/Ann_0001\tBo/Bo_0002\n'),
  );
});

test('sizes, alignment and checksums are those of the files', async () => {
  const weights = weightsFile('run-007', 'ckpt', 'step-00000003', 'weights.safetensors');
  const data = await faces('large', 'png', { width: 20, height: 20 });
  const set = await openEvaluationSet({ data, pairs: path.join(root, 'pairs.txt'), pairsPerFold: 1 });
  const pairs = { name: 'pairs.txt', count: 2, sha256: pairsSha256(set) };
  const of = () =>
    provenanceOf(weights, { protocol: 'best', pairs, dataset: set.dataset, indices: set.indices });
  expect(await of()).toEqual({
    protocol: 'best',
    pairs: { ...pairs, sha256: pairs.sha256.slice(0, 12) },
    pixels: { mean: 0, scale: 1 / 255, channels: 3 },
    images: { stored: [20, 20], scaled: [8, 9], crop: [8, 7], alignment: 'alignment not recorded' },
    checkpoint: { name: 'run-007', sha256: sha256(fs.readFileSync(weights)).slice(0, 12) },
  });
  // What `normface align` leaves beside the crops.
  const template = { size: '112x96', width: 96 };
  for (const [about, text] of [
    [{ template, detector: 'mtcnn', landmarks: null }, 'aligned to 112x96 by mtcnn'],
    [{ template, detector: null, landmarks: { file: 'points.txt' } }, 'aligned to 112x96 by points.txt'],
    [{ template: { size: '112x112' } }, 'aligned to 112x112'],
  ] as const) {
    fs.writeFileSync(path.join(data, 'landmarks.json'), JSON.stringify(about));
    expect((await of()).images.alignment).toBe(text);
  }
  for (const damaged of ['{', '[]', '{"template": 3}', '{"template": {"size": 3}}', 'null']) {
    fs.writeFileSync(path.join(data, 'landmarks.json'), damaged);
    expect((await of()).images.alignment).toBe('alignment not recorded');
  }
});

test('generated faces are drawn in place, of any size', async () => {
  const set = await openEvaluationSet({ data: 'generated:identities=20,samples=2', pairsPerFold: 1 });
  const weights = weightsFile('lone.safetensors');
  const pairs = { name: set.pairsName, count: 20, sha256: pairsSha256(set) };
  const { images, checkpoint } = await provenanceOf(weights, {
    protocol: 'best',
    pairs,
    dataset: set.dataset,
    indices: set.indices,
  });
  expect(images).toMatchObject({ stored: null, alignment: 'drawn in place' });
  expect(checkpoint.name).toBe('lone');
});
