import fs from 'node:fs';
import { expect, test } from 'vitest';
import { embedderOf } from '../../src/normface/embedding/open-embedder.ts';
import { parseThreshold } from '../../src/normface/embedding/stored-threshold.ts';
import { renderFace } from '../../src/normface/faces/render.ts';
import { decodeSafetensors } from '../../src/normface/training/checkpoint/safetensors.ts';
import { cosineMatrix } from '../../src/web/verify/comparison.ts';
import { isDrawn } from '../../src/web/verify/likeness.ts';
import { testDevice } from '../engine/open.ts';

const folder = new URL('../../src/web/sample/', import.meta.url);
const read = (name: string) => fs.readFileSync(new URL(name, folder));

test('the net that comes with the page is small, says what it has seen, and tells unseen people apart', async () => {
  const bytes = read('weights.safetensors');
  expect(bytes.length).toBeLessThan(600_000);
  const file = decodeSafetensors(bytes, 'weights.safetensors');
  expect(isDrawn(file.metadata.trainedOn)).toBe(true);
  const stored = parseThreshold(JSON.parse(read('threshold.json').toString()), 'threshold.json');
  expect(stored.accuracy).toBeGreaterThan(0.9);
  expect(stored.cosines).toBeDefined();

  // Beyond the people that it was trained and evaluated on.
  const [people, each] = [8, 2];
  const embedder = await embedderOf(await testDevice(), file, 'weights.safetensors', people * each);
  const { width, height, dimension } = embedder;
  const pixels = new Uint8Array(people * each * width * height * 4).fill(255);
  for (let i = 0; i < people * each; i++) {
    const image = renderFace(1, 600 + Math.floor(i / each), i % each, { width, height });
    for (let k = 0; k < width * height; k++)
      pixels.set(image.pixels.subarray(3 * k, 3 * k + 3), 4 * (i * width * height + k));
  }
  const values = await embedder.embed(pixels);
  const cosines = cosineMatrix({ values, dimension });
  let right = 0;
  let all = 0;
  for (let a = 0; a < people * each; a++)
    for (let b = 0; b < a; b++) {
      const isSame = Math.floor(a / each) === Math.floor(b / each);
      all++;
      if (cosines[a * people * each + b]! > stored.threshold === isSame) right++;
    }
  expect(right / all).toBeGreaterThan(0.8);
  embedder.dispose();
});
