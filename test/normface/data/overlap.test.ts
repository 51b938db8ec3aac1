import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { DecodePool } from '../../../src/normface/data/images/worker-pool.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { differenceHash, hashedSize, nearHashes } from '../../../src/normface/data/overlap/difference-hash.ts';
import { differenceHashes, fileHashes, sameFiles } from '../../../src/normface/data/overlap/image-overlap.node.ts';
import { foldedName, sharedNames } from '../../../src/normface/data/overlap/names.ts';
import { encode, temporaryFolder, writeTree } from './fixtures.ts';

const folder = temporaryFolder();

describe('names', () => {
  test('case, accents and what stands between words do not count', () => {
    expect(foldedName('José_María-Aznar')).toBe('jose maria aznar');
    expect(foldedName('  O\u2019Neal')).not.toBe(foldedName('ONeal'));
    expect(
      sharedNames(['Jose_Maria_Aznar', 'Ann', 'zoë kravitz'], ['JOSÉ MARÍA AZNAR', 'José.María.Aznar', 'Zoe_Kravitz', 'Bob']),
    ).toEqual([
      { a: 'Jose_Maria_Aznar', b: 'JOSÉ MARÍA AZNAR' },
      { a: 'Jose_Maria_Aznar', b: 'José.María.Aznar' },
      { a: 'zoë kravitz', b: 'Zoe_Kravitz' },
    ]);
  });
});

describe('difference hashes', () => {
  test('a ramp to the right sets all bits, one to the left none, a step one in each row', () => {
    const { width, height } = hashedSize;
    const imageOf = (grey: (x: number) => number) =>
      Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 255 : grey(Math.floor(i / 4) % width)));
    expect(differenceHash(imageOf((x) => x))).toEqual([0xffffffff, 0xffffffff]);
    expect(differenceHash(imageOf((x) => 255 - x))).toEqual([0, 0]);
    expect(differenceHash(imageOf(() => 7))).toEqual([0, 0]);
    // Brighter from the third of nine columns on: bit 1 of each eight.
    expect(differenceHash(imageOf((x) => (x < 8 ? 10 : 90)))).toEqual([0x02020202, 0x02020202]);
  });

  test('all pairs within a distance are found, as by comparing each with each', () => {
    const bits = (value: number): number => value.toString(2).replaceAll('0', '').length;
    const words = (seed: number, count: number) =>
      Uint32Array.from({ length: 2 * count }, (_, i) => {
        // Few different hashes, with up to four bits turned.
        const word = hash32(1, i % 2, hash32(seed, i >> 1) % 20);
        return (word ^ (1 << (hash32(seed, i, 1) % 32)) ^ (hash32(seed, i, 2) % 2 === 0 ? 0 : 1 << (hash32(seed, i, 3) % 32))) >>> 0;
      });
    const a = words(1, 150);
    const b = words(2, 120);
    for (const distance of [0, 1, 2, 3]) {
      const expected: string[] = [];
      for (let i = 0; i < 150; i++)
        for (let j = 0; j < 120; j++) {
          const differ = bits((a[2 * i]! ^ b[2 * j]!) >>> 0) + bits((a[2 * i + 1]! ^ b[2 * j + 1]!) >>> 0);
          if (differ <= distance) expected.push(`${i} ${j} ${differ}`);
        }
      const found = nearHashes(a, b, distance);
      expect(found.map((pair) => `${pair.a} ${pair.b} ${pair.distance}`).sort()).toEqual(expected.sort());
      if (distance === 3) expect(expected.length).toBeGreaterThan(20);
      expect(found.map((pair) => pair.distance)).toEqual(found.map((pair) => pair.distance).sort());
    }
  });

  test('the same file, and the same picture stored again, are found among others', async () => {
    const pictures = await Promise.all([3, 5, 8, 13].map((seed) => encode('png', 60, 70, seed)));
    const again = await sharp(pictures[1]!).resize(96, 112).jpeg({ quality: 60 }).toBuffer();
    const a = await openDataset(writeTree(join(folder, 'a'), { 'x/1.png': pictures[0]!, 'x/2.png': pictures[1]!, 'y/1.png': pictures[2]! }));
    const b = await openDataset(writeTree(join(folder, 'b'), { 'u/1.jpg': again, 'u/2.png': pictures[3]!, 'v/1.png': pictures[0]!, 'v/2.jpg': 'no image' }));
    const pool = new DecodePool(1);
    const corrupt: string[] = [];
    try {
      const files = sameFiles(await fileHashes(a), await fileHashes(b));
      expect(files).toEqual([{ a: 0, b: 2 }]);
      const left = await differenceHashes(a, pool);
      const right = await differenceHashes(b, pool, { onCorrupt: (name) => corrupt.push(name) });
      expect([...right.indices]).toEqual([0, 1, 2]);
      const near = nearHashes(left.words, right.words, 2).map((pair) => [pair.a, pair.b]);
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
