import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { DecodePool } from '../../../src/normface/data/images/worker-pool.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { differenceHash, hashedSize, hashWords } from '../../../src/normface/data/overlap/difference-hash.ts';
import {
  differenceHashes,
  fileHashes,
  sameFiles,
} from '../../../src/normface/data/overlap/image-overlap.node.ts';
import { foldedName, sharedNames } from '../../../src/normface/data/overlap/names.ts';
import { eachNear, type HashPair, mostDistance } from '../../../src/normface/data/overlap/near-hashes.ts';
import { nearImages } from '../../../src/normface/data/overlap/near-images.ts';
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
      const found: HashPair[] = [];
      eachNear(a, b, distance, (pair) => found.push(pair));
      expect(found.map((pair) => `${pair.a} ${pair.b} ${pair.distance}`).sort()).toEqual(expected.sort());
      if (distance === mostDistance) expect(expected.length).toBeGreaterThan(20);
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
      expect(files).toEqual({ inA: 1, inB: 1, files: 1, pairs: [{ a: 0, b: 2 }] });
      const left = await differenceHashes(a, pool);
      const right = await differenceHashes(b, pool, { onCorrupt: (name) => corrupt.push(name) });
      expect([...right.indices]).toEqual([0, 1, 2]);
      const [none, other] = [[], []];
      const near = nearImages([left, none], [right, other], 5).map((pair) => [pair.a, pair.b]);
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

describe('images that both data sets have many times', () => {
  test('are counted as images and files, not as pairs', () => {
    const nine = Array.from({ length: 9 }, () => 'x');
    const found = sameFiles([...nine, 'y', undefined, 'w'], [undefined, 'y', 'z', ...nine, 'y']);
    expect([found.inA, found.inB, found.files, found.pairs.length]).toEqual([10, 11, 2, 10]);
    expect(found.pairs.at(-1)).toEqual({ a: 9, b: 1 });
  });

  test('take no memory for their pairs', () => {
    // As pairs of objects these would be 400 million.
    const count = 20_000;
    const many = Array.from({ length: count }, () => 'x');
    const looks = { words: new Uint32Array(hashWords * count), indices: Uint32Array.from(many.keys()) };
    expect(sameFiles(many, many)).toMatchObject({ inA: count, inB: count, files: 1 });
    expect(nearImages([looks, many], [looks, many], 5)).toEqual([]);
    const others = many.map((_, i) => String(i));
    const found = nearImages([looks, others], [looks, others], 5);
    expect(found.slice(0, 3)).toEqual([
      { a: 0, b: 1, distance: 0 },
      { a: 1, b: 0, distance: 0 },
      { a: 2, b: 0, distance: 0 },
    ]);
    expect(found.length).toBe(count);
  });

  test('the nearest other file is that of comparing each with each', () => {
    const count = 120;
    const side = (seed: number) => ({
      looks: {
        words: Uint32Array.from({ length: hashWords * count }, (_, i) =>
          i % hashWords === 0 ? hash32(seed, i) % 64 : 7,
        ),
        indices: Uint32Array.from({ length: count }, (_, i) => i),
      },
      files: Array.from({ length: count }, (_, i) => {
        const file = hash32(seed, i, 5) % 9;
        return file === 0 ? undefined : String(file);
      }),
    });
    const [a, b] = [side(1), side(2)];
    const bits = (value: number): number => value.toString(2).replaceAll('0', '').length;
    const expected = a.files.flatMap((file, i) => {
      const all = b.files
        .map((other, j) => ({
          a: i,
          b: j,
          distance: bits(a.looks.words[hashWords * i]! ^ b.looks.words[hashWords * j]!),
          isSame: file !== undefined && file === other,
        }))
        .filter(({ isSame, distance }) => !isSame && distance <= 1)
        .sort((x, y) => x.distance - y.distance || x.b - y.b);
      return all.slice(0, 1).map(({ a, b, distance }) => ({ a, b, distance }));
    });
    const found = nearImages([a.looks, a.files], [b.looks, b.files], 1);
    expect(found.toSorted((x, y) => x.a - y.a)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(50);
  });
});
