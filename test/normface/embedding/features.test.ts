import { afterAll, expect, test } from 'vitest';
import { ImageStore } from '../../../src/normface/data/images/image-store.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { extractFeatures } from '../../../src/normface/embedding/features.node.ts';
import type { Embedder } from '../../../src/normface/embedding/features.ts';

const [width, height] = [9, 8];
const store = new ImageStore(await openDataset('generated:identities=2,samples=4'), { width, height });
afterAll(() => store.close());
const order = Uint32Array.of(5, 0, 3, 7, 2);

/**
 * Gives the sum of the bytes of an image, and its negative for the mirror image; tells what it did and when. A batch takes until the
 * next one has begun, or `patience` milliseconds where another can follow.
 */
function summing(
  diary: string[],
  { failing, patience = 0 }: { failing?: number; patience?: number } = {},
): Embedder {
  let begun = 0;
  let nextHasBegun = () => {};
  const sums = (pixels: Uint8Array) =>
    Float32Array.from({ length: pixels.length / (4 * width * height) }, (_, i) =>
      pixels
        .subarray(i * 4 * width * height, (i + 1) * 4 * width * height)
        .reduce((sum, byte) => sum + byte, 0),
    );
  const work = async (pixels: Uint8Array) => {
    const number = begun++;
    diary.push(`begin ${number}`);
    nextHasBegun();
    await new Promise<void>((done) => {
      nextHasBegun = done;
      setTimeout(done, pixels.length < 2 * 4 * width * height ? 0 : patience);
    });
    if (number === failing) throw new Error(`batch ${number} failed`);
    diary.push(`end ${number}`);
    return sums(pixels);
  };
  return {
    dimension: 1,
    batchSize: 2,
    width,
    height,
    embed: work,
    embedMirrored: async (pixels) => {
      const front = await work(pixels);
      return { front, mirrored: front.map((sum) => -sum) };
    },
  };
}

test('features come in the order of the images, and the next batch is under way while one is waited for', async () => {
  const diary: string[] = [];
  const done: number[] = [];
  const { front, mirrored } = await extractFeatures(summing(diary, { patience: 2000 }), store, order, {
    mirror: true,
    onProgress: (count) => done.push(count),
  });
  const single = await Promise.all(
    Array.from(
      order,
      async (index) =>
        (await extractFeatures(summing([]), store, Uint32Array.of(index), { mirror: false })).front
          .values[0]!,
    ),
  );
  expect(Array.from(front.values)).toEqual(single);
  expect(Array.from(mirrored!.values)).toEqual(single.map((sum) => -sum));
  expect(new Set(single).size).toBe(order.length);
  expect(diary.slice(0, 3)).toEqual(['begin 0', 'begin 1', 'end 0']);
  expect(diary.indexOf('begin 2')).toBeGreaterThan(diary.indexOf('end 0'));
  expect(done).toEqual([2, 4, 5]);
});

test.each([0, 1, 2])('when batch %d fails, nothing is under way any more', async (failing) => {
  const diary: string[] = [];
  await expect(extractFeatures(summing(diary, { failing }), store, order, { mirror: false })).rejects.toThrow(
    `batch ${failing} failed`,
  );
  const begun = diary.filter((entry) => entry.startsWith('begin')).length;
  expect(diary.filter((entry) => entry.startsWith('end'))).toHaveLength(begun - 1);
});
