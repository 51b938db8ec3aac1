/** Every reader on 20,000 damaged files each, by a fixed seed: what comes of each is a value or a sentence, never a fault of the program. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { imageFormat } from '../../../src/normface/data/images/image-format.ts';
import { decodeNetpbm } from '../../../src/normface/data/images/netpbm.ts';
import { isBareYCbCr } from '../../../src/normface/data/images/tiff.ts';
import { parseIdx } from '../../../src/normface/data/mnist.ts';
import { parseMatlab } from '../../../src/normface/data/protocols/matlab.node.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
} from '../../../src/normface/training/checkpoint/safetensors.ts';
import { parseConfig } from '../../../src/normface/training/config/config.ts';
import { applyOverrides } from '../../../src/normface/training/config/overrides.ts';
import { parseLog } from '../../../src/normface/training/run/log.ts';
import { damaged, inputs, isSentence } from './damage.ts';
import { encode, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const read = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const safetensors = encodeSafetensors(
  new Map([
    [
      'a.weight',
      float32Tensor(
        Float32Array.from({ length: 12 }, (_, i) => i),
        [3, 4],
      ),
    ],
    ['b', float32Tensor(new Float32Array(5), [5])],
  ]),
  { net: 'tiny', imageSize: '56x48' },
);
const idx = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, ...Array(18).fill(7)]);
const word = (...values: number[]): number[] => [...new Uint8Array(Uint32Array.from(values).buffer)];
const matrix = (kind: number, name: number[], content: number[]): number[] => {
  const body = [...word(6, 8, kind, 0), ...word(5, 8, 1, 1), ...name, ...content];
  return [...word(14, body.length), ...body];
};
const number = matrix(6, word(1, 0), [...word(9, 8), ...new Uint8Array(Float64Array.of(7).buffer)]);
const matlab = Uint8Array.from([
  ...Array(124).fill(0x20),
  ...[0, 1, 0x49, 0x4d],
  ...matrix(1, word(1 + (1 << 16), 0x61), number),
]);
const config = JSON.stringify({
  net: 'tiny',
  data: { path: 'generated', imageSize: [56, 48] },
  loss: { name: 'normface', scale: { initial: 16 } },
  optimiser: { name: 'sgd', learningRate: 0.05 },
  schedule: { kind: 'multistep', milestones: [10, 20] },
  steps: 30,
});
const log =
  '{"event":"step","step":1,"epoch":0,"loss":2.5,"learningRate":0.1}\n{"event":"resume","step":1}\n{"event":"done","step":2}\n';

/** A wrong key is compared with all known ones, which takes a millisecond. */
const isSlow = (name: string): boolean => name === 'configuration' || name === '--set';

describe('a damaged file is a value or a sentence', () => {
  const readers: [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
    ['safetensors', safetensors, (bytes) => decodeSafetensors(bytes, 'a.safetensors')],
    ['MATLAB', matlab, (bytes) => parseMatlab(bytes, 'a.mat')],
    ['idx images', idx, (bytes) => parseIdx(bytes, 'images', 'images')],
    ['netpbm, binary', text('P5 3 3 255 abcdefghi'), (bytes) => decodeNetpbm(bytes, 1e6)],
    ['netpbm, text', text('P3 2 1 255 1 2 3 4 5 6 '), (bytes) => decodeNetpbm(bytes, 1e6)],
    [
      'TIFF header',
      Uint8Array.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 6, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]),
      isBareYCbCr,
    ],
    ['image format', text('\0\0\0\x1cftypavif\0\0\0\0mif1miaf'), imageFormat],
    [
      'configuration',
      text(config),
      (bytes) => parseConfig(applyOverrides({}, [`all=${read(bytes)}`]).all ?? null, 'a.json'),
    ],
    [
      '--set',
      text('optimiser.learningRate=0.01'),
      (bytes) => parseConfig(applyOverrides({}, [read(bytes)]), '--set'),
    ],
    ['log', text(log), (bytes) => parseLog(read(bytes))],
  ];
  test.each(readers)('%s', (name, bytes, reader) => {
    expect(() => reader(bytes)).not.toThrow();
    for (let seed = 0; seed < inputs / (isSlow(name) ? 10 : 1); seed++) {
      const input = damaged(bytes, seed);
      try {
        reader(input);
      } catch (error) {
        if (!isSentence(error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
  });

  test.each(['jpeg', 'png', 'webp'] as const)('%s', async (format) => {
    const bytes = new Uint8Array(await encode(format, 24, 20, 5));
    for (let seed = 0; seed < 150; seed++) {
      const path = join(folder, `${format}-${seed}`);
      writeFileSync(path, damaged(bytes, seed));
      await decodeSource({ kind: 'file', path }, { width: 12, height: 14 }).then(
        ({ width, height }) => expect([width, height]).toEqual([12, 14]),
        (error: unknown) => expect(isSentence(error), `seed ${seed}: ${String(error)}`).toBe(true),
      );
    }
  });
});
