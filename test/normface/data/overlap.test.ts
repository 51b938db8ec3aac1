import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { DecodePool } from '../../../src/normface/data/images/worker-pool.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import {
  differenceHash,
  hashedSize,
  hashWords,
  mostDistance,
  nearHashes,
} from '../../../src/normface/data/overlap/difference-hash.ts';
import {
  differenceHashes,
  fileHashes,
  sameFiles,
} from '../../../src/normface/data/overlap/image-overlap.node.ts';
import { foldedName, sharedNames } from '../../../src/normface/data/overlap/names.ts';
import { temporaryFolder, writeTree } from './fixtures.ts';

const folder = temporaryFolder();

describe('names', () => {
  test('case, accents and what stands between words do not count', () => {
    expect(foldedName('José_María-Aznar')).toBe('jose maria aznar');
    expect(foldedName('  O\u2019Neal')).not.toBe(foldedName('ONeal'));
    expect(
      sharedNames(
        ['Jose_Maria_Aznar', 'Ann', 'zoë kravitz'],
        ['JOSÉ MARÍA AZNAR', 'José.María.Aznar', 'Zoe_Kravitz', 'Bob'],
      ),
    ).toEqual([
      { a: 'Jose_Maria_Aznar', b: 'JOSÉ MARÍA AZNAR' },
      { a: 'Jose_Maria_Aznar', b: 'José.María.Aznar' },
      { a: 'zoë kravitz', b: 'Zoe_Kravitz' },
    ]);
  });
});

describe('difference hashes', () => {
  test('ramps set all bits of their direction, a step one in each row', () => {
    const { width, height } = hashedSize;
    const hashOf = (grey: (x: number, y: number) => number) =>
      [
        ...differenceHash(
          Uint8Array.from({ length: 4 * width * height }, (_, i) => {
            const pixel = Math.floor(i / 4);
            return i % 4 === 3 ? 255 : grey(pixel % width, Math.floor(pixel / width));
          }),
        ),
      ].map((word) => word.toString(16));
    expect(hashOf((x) => x)).toEqual(['ffffffff', 'ffffffff', '0', '0']);
    expect(hashOf((_, y) => y)).toEqual(['0', '0', 'ffffffff', 'ffffffff']);
    expect(hashOf((x, y) => 200 - x - y)).toEqual(['0', '0', '0', '0']);
    expect(hashOf(() => 7)).toEqual(['0', '0', '0', '0']);
    // Brighter from the third of nine columns on: bit 1 of each eight; and from the third row on: the second eight.
    expect(hashOf((x) => (x < 8 ? 10 : 90))).toEqual(['2020202', '2020202', '0', '0']);
    expect(hashOf((_, y) => (y < 8 ? 10 : 90))).toEqual(['0', '0', 'ff00', '0']);
  });

  test('all pairs within a distance are found, as by comparing each with each', () => {
    const bits = (value: number): number => value.toString(2).replaceAll('0', '').length;
    // Twenty different hashes, with one or two bits of each word turned.
    const words = (seed: number, count: number) =>
      Uint32Array.from({ length: hashWords * count }, (_, i) => {
        const word = hash32(1, i % hashWords, hash32(seed, Math.floor(i / hashWords)) % 20);
        const turned = (1 << (hash32(seed, i, 1) % 6)) | (1 << (hash32(seed, i, 2) % 6));
        return (word ^ turned) >>> 0;
      });
    const [countA, countB] = [150, 120];
    const a = words(1, countA);
    const b = words(2, countB);
    for (const distance of [0, 3, mostDistance]) {
      const expected: string[] = [];
      for (let i = 0; i < countA; i++)
        for (let j = 0; j < countB; j++) {
          let differ = 0;
          for (let k = 0; k < hashWords; k++)
            differ += bits((a[hashWords * i + k]! ^ b[hashWords * j + k]!) >>> 0);
          if (differ <= distance) expected.push(`${i} ${j} ${differ}`);
        }
      const found = nearHashes(a, b, distance);
      expect(found.map((pair) => `${pair.a} ${pair.b} ${pair.distance}`).sort()).toEqual(expected.sort());
      if (distance === mostDistance) expect(expected.length).toBeGreaterThan(20);
      expect(found.map((pair) => pair.distance)).toEqual(found.map((pair) => pair.distance).sort());
    }
  });

  test('the same file, and the same picture stored again, are found among others', async () => {
    // Nine by nine random greys, enlarged.
    const pictures = await Promise.all(
      [3, 5, 8, 13].map((seed) => {
        const greys = Uint8Array.from({ length: 81 }, (_, i) => hash32(seed, i) % 256);
        const raw = { width: 9, height: 9, channels: 1 } as const;
        return sharp(greys, { raw }).resize(90, 90, { kernel: 'cubic' }).png().toBuffer();
      }),
    );
    const again = await sharp(pictures[1]!).resize(120, 120).jpeg({ quality: 60 }).toBuffer();
    const a = await openDataset(
      writeTree(join(folder, 'a'), {
        'x/1.png': pictures[0]!,
        'x/2.png': pictures[1]!,
        'y/1.png': pictures[2]!,
      }),
    );
    const b = await openDataset(
      writeTree(join(folder, 'b'), {
        'u/1.jpg': again,
        'u/2.png': pictures[3]!,
        'v/1.png': pictures[0]!,
        'v/2.jpg': 'no image',
      }),
    );
    const pool = new DecodePool(1);
    const corrupt: string[] = [];
    try {
      const files = sameFiles(await fileHashes(a), await fileHashes(b));
      expect(files).toEqual([{ a: 0, b: 2 }]);
      const left = await differenceHashes(a, pool);
      const right = await differenceHashes(b, pool, { onCorrupt: (name) => corrupt.push(name) });
      expect([...right.indices]).toEqual([0, 1, 2]);
      const near = nearHashes(left.words, right.words, 5).map((pair) => [pair.a, pair.b]);
      expect(near.sort()).toEqual([
        [0, 2],
        [1, 0],
      ]);
      expect(corrupt).toEqual(['v/2.jpg']);
    } finally {
      await pool.close();
    }
  });
});
