import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UsageError, UserError } from '../../../src/common/errors.ts';
import { rangeOf } from '../../../src/engine/distributed/range.ts';
import { balancedOrder } from '../../../src/normface/data/batches/balanced-order.ts';
import {
  BatchLoader,
  type BatchLoaderOptions,
  loadImages,
  type Sampling,
  type TrainingBatch,
} from '../../../src/normface/data/batches/loader.node.ts';
import { type Cursor, epochOrder } from '../../../src/normface/data/batches/order.ts';
import { type Dataset, samplesByIdentity } from '../../../src/normface/data/dataset.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { ImageStore } from '../../../src/normface/data/images/image-store.node.ts';
import { DecodePool } from '../../../src/normface/data/images/worker-pool.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { encode, errorOf, tarOf, temporaryFolder, writeTree } from './fixtures.ts';

const folder = temporaryFolder();
const size = { width: 12, height: 14 };
const pool = new DecodePool(2);
afterAll(() => pool.close());

/** 11 images of 4 people in a tar archive; with `damaged`, three of them are a cut-off, an empty and a foreign file. */
async function archive(name: string, damaged: boolean): Promise<Dataset> {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 11; i++) files[`p${i % 4}/${i}.jpg`] = await encode('jpeg', 24, 28, i);
  if (damaged) {
    files['p1/5.jpg'] = files['p1/5.jpg']!.subarray(0, 300);
    files['p2/2.jpg'] = new Uint8Array();
    files['p3/7.jpg'] = Buffer.from('hello');
  }
  writeFileSync(join(folder, name), await tarOf(files));
  return openDataset(join(folder, name));
}

const sound = await archive('sound.tar', false);
const damaged = await archive('damaged.tar', true);
const badKeys = ['p1/5.jpg', 'p2/2.jpg', 'p3/7.jpg'];

async function take(
  dataset: Dataset,
  count: number,
  options: Partial<BatchLoaderOptions> = {},
): Promise<TrainingBatch[]> {
  const loader = new BatchLoader(dataset, { ...size, batchSize: 4, seed: 5, pool, ...options });
  try {
    const batches: TrainingBatch[] = [];
    while (batches.length < count) batches.push(await loader.next());
    return batches;
  } finally {
    await loader.close();
  }
}

/** Whether the pixels are those of the samples that the batches name. */
async function expectDecoded(dataset: Dataset, batches: readonly TrainingBatch[]): Promise<void> {
  for (const { pixels, labels, indices } of batches) {
    expect(pixels.length).toBe(indices.length * 12 * 14 * 4);
    for (let i = 0; i < indices.length; i++) {
      const sample = dataset.samples[indices[i]!]!;
      expect(labels[i]).toBe(sample.identity);
      const image = await decodeSource(sample.source, size);
      const rgba = pixels.subarray(i * 12 * 14 * 4, (i + 1) * 12 * 14 * 4);
      expect(rgba.filter((_, k) => k % 4 !== 3)).toEqual(image.pixels);
      expect(rgba.every((value, k) => k % 4 !== 3 || value === 255)).toBe(true);
    }
  }
}

const samplings: Sampling[] = [{ kind: 'shuffled' }, { kind: 'balanced', people: 2, images: 2 }];

describe('the order of samples', () => {
  test('every epoch is another permutation that follows from seed and epoch', () => {
    const orders = [epochOrder(1, 0, 100), epochOrder(1, 1, 100), epochOrder(2, 0, 100)];
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
    expect(orders[0]).not.toEqual(orders[1]);
    expect(orders[0]).not.toEqual(orders[2]);
    expect(epochOrder(1, 1, 100)).toEqual(orders[1]);
  });

  test('every place is equally likely for every sample', () => {
    const counts = new Float64Array(25);
    for (let epoch = 0; epoch < 5000; epoch++) {
      epochOrder(3, epoch, 5).forEach((sample, place) => {
        counts[5 * sample + place]!++;
      });
    }
    // Binomial with n = 5000, p = 1/5: standard deviation 28.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('batches', () => {
  test('hold the decoded images with their labels, reach over epochs and say where they end', async () => {
    const batches = await take(sound, 6);
    const indices = batches.flatMap((batch) => [...batch.indices]);
    expect(indices).toEqual(
      [...epochOrder(5, 0, 11), ...epochOrder(5, 1, 11), ...epochOrder(5, 2, 11)].slice(0, 24),
    );
    expect(batches.map(({ cursor }) => cursor)).toEqual([
      { epoch: 0, position: 4 },
      { epoch: 0, position: 8 },
      { epoch: 1, position: 1 },
      { epoch: 1, position: 5 },
      { epoch: 1, position: 9 },
      { epoch: 2, position: 2 },
    ]);
    await expectDecoded(sound, batches);
  });

  test.each(samplings)('do not depend on threads, cache or depth: $kind', async (sampling) => {
    const expected = await take(sound, 7, { sampling });
    const single = new DecodePool(1);
    expect(await take(sound, 7, { sampling, pool: single, depth: 1, cacheBytes: 0 })).toEqual(expected);
    expect(await take(sound, 7, { sampling, depth: 9, cacheBytes: 3 * 12 * 14 * 4 })).toEqual(expected);
    await single.close();
  });

  test.each(
    samplings.flatMap((sampling) => [
      [sampling.kind, 'sound', sound, sampling] as const,
      [sampling.kind, 'damaged', damaged, sampling] as const,
    ]),
  )(
    'whose rows several have, each its own, are those of one: %s, %s',
    async (_kind, _state, dataset, sampling) => {
      // Seven rows, or eight in draws of two: parts of different sizes, and draws of which two have a part.
      const batchSize = sampling.kind === 'balanced' ? 8 : 7;
      const options = {
        batchSize,
        sampling: sampling.kind === 'balanced' ? { ...sampling, people: 4 } : sampling,
      };
      // More than three epochs.
      const whole = await take(dataset, 7, options);
      for (const size of [1, 2, 3, 4]) {
        const parts = await Promise.all(
          Array.from({ length: size }, (_, rank) =>
            take(dataset, 7, { ...options, rows: rangeOf(batchSize, size, rank) }),
          ),
        );
        whole.forEach((batch, k) => {
          const those = parts.map((batches) => batches[k]!);
          expect(those.flatMap(({ indices }) => [...indices])).toEqual([...batch.indices]);
          expect(those.flatMap(({ labels }) => [...labels])).toEqual([...batch.labels]);
          expect(Buffer.concat(those.map(({ pixels }) => pixels)).equals(batch.pixels)).toBe(true);
          for (const { cursor } of those) expect(cursor).toEqual(batch.cursor);
        });
      }
    },
  );

  test('of which only some rows are wanted need no other images', async () => {
    const asked: number[] = [];
    const spied: Dataset = {
      ...sound,
      samples: sound.samples.map((sample, index) => ({
        identity: sample.identity,
        key: sample.key,
        get source() {
          asked.push(index);
          return sample.source;
        },
      })),
    };
    const batches = await take(spied, 2, { rows: { first: 1, count: 2 }, depth: 1 });
    const order = [...epochOrder(5, 0, 11), ...epochOrder(5, 1, 11)];
    expect(asked).toEqual([1, 2, 5, 6, 9, 10].map((place) => order[place]));
    expect(batches.map(({ indices }) => [...indices])).toEqual([order.slice(1, 3), order.slice(5, 7)]);
  });

  test('another number of those who share them, at any moment, repeats and omits nobody', async () => {
    const whole = await take(sound, 9);
    const seen: number[][] = [];
    let cursor: Cursor = { epoch: 0, position: 0 };
    for (const size of [3, 1, 4]) {
      const parts = await Promise.all(
        Array.from({ length: size }, (_, rank) => take(sound, 3, { cursor, rows: rangeOf(4, size, rank) })),
      );
      for (const k of [0, 1, 2]) seen.push(parts.flatMap((batches) => [...batches[k]!.indices]));
      cursor = parts[0]![2]!.cursor;
    }
    expect(seen).toEqual(whole.map(({ indices }) => [...indices]));
    for (const epoch of [0, 1, 2])
      expect(new Set(seen.flat().slice(11 * epoch, 11 * epoch + 11)).size).toBe(11);
  });

  test('can be larger than the data set', async () => {
    const [batch] = await take(sound, 1, { batchSize: 30 });
    expect(batch!.cursor).toEqual({ epoch: 2, position: 8 });
    expect(new Set(batch!.indices).size).toBe(11);
  });

  test.each(
    samplings.flatMap(
      (sampling) =>
        [
          [sampling.kind, 'sound', sound, sampling],
          [sampling.kind, 'damaged', damaged, sampling],
        ] as const,
    ),
  )(
    'a %s loader that starts at a cursor of a %s data set gives the same batches as the first',
    async (_kind, _state, dataset, sampling) => {
      const all = await take(dataset, 12, { sampling });
      for (const done of [1, 2, 3, 5, 8]) {
        const resumed = await take(dataset, 12 - done, { sampling, cursor: all[done - 1]!.cursor });
        expect(resumed).toEqual(all.slice(done));
      }
    },
  );

  test('a cursor that does not fit is refused', () => {
    const start = (cursor: Cursor) => take(sound, 1, { cursor });
    return Promise.all(
      [
        { epoch: 0, position: 11 },
        { epoch: -1, position: 0 },
        { epoch: 0.5, position: 0 },
      ].map((cursor) => expect(start(cursor)).rejects.toThrow(/does not fit a data set of 11 images/)),
    );
  });

  test('a batch size or image size that makes no sense is refused', async () => {
    await expect(take(sound, 1, { batchSize: 0 })).rejects.toThrow(
      'batch size must be a whole number of at least 1, got 0',
    );
    await expect(take(sound, 1, { rows: { first: 3, count: 2 } })).rejects.toThrow(
      'a batch of 4 has no rows 3 to 5',
    );
    await expect(take(sound, 1, { width: 0 })).rejects.toThrow(
      'image size must be whole numbers of at least 1, got 0 × 14',
    );
    await expect(take({ name: 'none', identities: [], samples: [] }, 1)).rejects.toThrow(
      'none holds no images',
    );
  });

  test('images in memory are not read again; with a full memory they are', async () => {
    const path = writeTree(join(folder, 'vanishing'), {
      'a/1.png': await encode('png', 12, 14, 1),
      'b/1.png': await encode('png', 12, 14, 2),
    });
    const dataset = await openDataset(path);
    const reported: string[] = [];
    const options = {
      ...size,
      batchSize: 2,
      seed: 1,
      pool,
      depth: 1,
      onCorrupt: (name: string) => reported.push(name),
    };
    const remembering = new BatchLoader(dataset, options);
    const reading = new BatchLoader(dataset, { ...options, cacheBytes: 12 * 14 * 4 });
    const first = await remembering.next();
    await Promise.all([reading.next(), reading.next()]);
    rmSync(join(path, 'b/1.png'));
    rmSync(join(path, 'a/1.png'));
    for (let i = 0; i < 3; i++) expect([...(await remembering.next()).indices].sort()).toEqual([0, 1]);
    expect((await remembering.next()).pixels.length).toBe(first.pixels.length);
    expect(reported).toEqual([]);
    for (let i = 0; i < 3; i++) await reading.next();
    expect(reported.length).toBe(1);
  });
});

describe('balanced batches', () => {
  const threeByThree: Partial<BatchLoaderOptions> = {
    batchSize: 9,
    sampling: { kind: 'balanced', people: 3, images: 3 },
  };

  test('hold so many different people with as many images each, next to each other', async () => {
    const batches = await take(sound, 12, threeByThree);
    for (const { labels, indices } of batches) {
      const people = [labels[0], labels[3], labels[6]];
      expect([...labels]).toEqual(people.flatMap((person) => [person, person, person]));
      expect(new Set(people).size).toBe(3);
      people.forEach((person, place) => {
        const [a, b, c] = indices.slice(3 * place, 3 * place + 3);
        expect(a).not.toBe(b);
        // The last person has two images, and the first of them comes again.
        if (person === 3) expect(c).toBe(a);
        else expect([a, b]).not.toContain(c);
      });
    }
    await expectDecoded(sound, batches);
  });

  test('leave out another person in every epoch, and say where they end', async () => {
    const batches = await take(sound, 40, threeByThree);
    expect(batches.slice(0, 2).map(({ cursor }) => cursor)).toEqual([
      { epoch: 1, position: 0 },
      { epoch: 2, position: 0 },
    ]);
    const times = [0, 1, 2, 3].map(
      (person) => batches.filter(({ labels }) => labels.includes(person)).length,
    );
    // Binomial with n = 40, p = 3/4: standard deviation 2.7.
    for (const count of times) expect(Math.abs(count - 30)).toBeLessThan(10);
  });

  test('take every image of a person about as often, in other company each time', () => {
    const faces: Dataset = {
      name: 'faces',
      identities: ['a', 'b', 'c', 'd'],
      samples: Array.from({ length: 20 }, (_, i) => ({ ...sound.samples[0]!, identity: Math.floor(i / 5) })),
    };
    const order = balancedOrder(faces, { people: 2, images: 3 }, 9, { epoch: 0, position: 0 });
    const counts = new Float64Array(20);
    const companies = new Set<string>();
    for (let draw = 0; draw < 4000; draw++) {
      const { indices } = order.next().value;
      for (const index of indices) counts[index]!++;
      companies.add([...indices].sort().join());
    }
    // 1000 epochs; a person's image is in a draw with probability 3/5: standard deviation 15.5.
    for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(80);
    expect(companies.size).toBe(4 * 10);
  });

  test('follow from the seed', async () => {
    const [one, other] = await Promise.all([
      take(sound, 4, threeByThree),
      take(sound, 4, { ...threeByThree, seed: 6 }),
    ]);
    expect(one.map(({ indices }) => indices)).not.toEqual(other.map(({ indices }) => indices));
  });

  test('repeat the readable images of a person in the places of the others', async () => {
    const reports: string[] = [];
    const options = { ...threeByThree, onCorrupt: (name: string) => reports.push(name) };
    const [batches, whole] = [await take(damaged, 12, options), await take(sound, 12, threeByThree)];
    expect(reports.sort()).toEqual(badKeys);
    expect(batches.map(({ labels }) => labels)).toEqual(whole.map(({ labels }) => labels));
    expect(batches.map(({ cursor }) => cursor)).toEqual(whole.map(({ cursor }) => cursor));
    batches.forEach(({ indices }, k) => {
      for (let place = 0; place < 9; place += 3) {
        const wanted = [...whole[k]!.indices.slice(place, place + 3)];
        const left = wanted.filter((index) => !badKeys.includes(damaged.samples[index]!.key));
        expect([...indices.slice(place, place + 3)]).toEqual([0, 1, 2].map((i) => left[i % left.length]));
      }
    });
    await expectDecoded(damaged, batches.slice(0, 3));
  });

  test('pass over a person without a readable image', async () => {
    const files: Record<string, Uint8Array | string> = {};
    for (const person of ['a', 'b', 'c', 'd'])
      for (const image of [1, 2])
        files[`${person}/${image}.png`] = person === 'b' ? 'nothing' : await encode('png', 12, 14, image);
    const dataset = await openDataset(writeTree(join(folder, 'faceless'), files));
    const sampling: Sampling = { kind: 'balanced', people: 2, images: 2 };
    const batches = await take(dataset, 9, { sampling });
    const seen = batches.flatMap(({ labels }) => [...labels]);
    expect(new Set(seen)).toEqual(new Set([0, 2, 3]));
    expect(samplesByIdentity(dataset)[1]!.length).toBe(2);
    for (const { labels } of batches) expect([labels[1], labels[3]]).toEqual([labels[0], labels[2]]);
    // In the place of the missing one comes whoever has the same place in the other batch of the epoch.
    const order = balancedOrder(dataset, sampling, 5, { epoch: 0, position: 0 });
    const drawn = Array.from({ length: 20 }, () => dataset.samples[order.next().value.indices[0]!]!.identity);
    expect(seen.filter((_, i) => i % 2 === 0)).toEqual(
      drawn.map((person, i) => (person === 1 ? drawn[i % 4 < 2 ? i + 2 : i - 2] : person)).slice(0, 18),
    );
    for (const { labels } of batches) expect(labels[0]).not.toBe(labels[2]);
  });

  test('that do not add up, lack people or start elsewhere are refused', async () => {
    const refused = (options: Partial<BatchLoaderOptions>) => errorOf(take(sound, 1, options));
    const sizes = await refused({ batchSize: 8, sampling: { kind: 'balanced', people: 3, images: 3 } });
    expect(sizes).toBeInstanceOf(UsageError);
    expect(sizes.message).toBe(
      'balanced sampling of 3 people with 3 images each does not make a batch of 8 images',
    );
    const people = await refused({ batchSize: 10, sampling: { kind: 'balanced', people: 5, images: 2 } });
    expect(people).toBeInstanceOf(UserError);
    expect(people.message).toBe(
      'sound.tar holds 4 people, but balanced sampling takes 5 different ones for a batch',
    );
    const cursor = await refused({ ...threeByThree, cursor: { epoch: 0, position: 3 } });
    expect(cursor.message).toMatch(/position 3\) does not fit a data set of 3 people/);
  });
});

describe('images that cannot be read', () => {
  test('are reported once by name, and those at the same place of the next batches take theirs', async () => {
    const reports: [string, string][] = [];
    const batches = await take(damaged, 12, { onCorrupt: (name, reason) => reports.push([name, reason]) });
    expect(reports.sort()).toEqual([
      // Depends on what other threads of libvips do at that moment.
      ['p1/5.jpg', expect.stringMatching(/^(premature end of JPEG image|the image is damaged)$/)],
      ['p2/2.jpg', 'the file is empty'],
      ['p3/7.jpg', 'not an image of a known format'],
    ]);
    const isSound = (index: number) => !badKeys.includes(damaged.samples[index]!.key);
    const expected = [0, 1, 2, 3, 4].flatMap((epoch) => {
      const order = [...epochOrder(5, epoch, 11)];
      return order.map((_, place) => [0, 4, 8, 1, 5].map((on) => order[(place + on) % 11]!).find(isSound));
    });
    expect(batches.flatMap((batch) => [...batch.indices])).toEqual(expected.slice(0, 48));
    expect(batches.map(({ cursor }) => cursor)).toEqual((await take(sound, 12)).map(({ cursor }) => cursor));
  });

  test('stop a strict loader with their name', async () => {
    const error = await errorOf(take(damaged, 12, { strict: true }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^damaged\.tar: cannot read the image (p1\/5|p2\/2|p3\/7)\.jpg: /);
  });

  test('end the run when there are no others', async () => {
    const path = writeTree(join(folder, 'hopeless'), { 'a/1.jpg': '', 'a/2.jpg': 'x', 'b/1.jpg': '' });
    const dataset = await openDataset(path);
    const reported: string[] = [];
    const error = await errorOf(take(dataset, 1, { onCorrupt: (name) => reported.push(name) }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^hopeless: none of its 3 images can be read \([ab]\/[12]\.jpg: /);
    expect(reported.sort()).toEqual(['a/1.jpg', 'a/2.jpg', 'b/1.jpg']);
  });

  test('are replaced by the only one there is, wherever it is in the epoch', async () => {
    const files = { 'a/1.png': '', 'a/2.png': '', 'a/3.png': 'x', 'b/1.png': await encode('png', 12, 14, 1) };
    const dataset = await openDataset(writeTree(join(folder, 'lonely'), files));
    for (const batchSize of [1, 2, 3, 4])
      for (const { indices } of await take(dataset, 4, { batchSize }))
        expect([...indices]).toEqual(Array(batchSize).fill(3));
  });

  test('another size stops the loader when resizing is switched off', async () => {
    const error = await errorOf(take(sound, 1, { resize: false }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(
      /^sound\.tar: image p\d\/\d+\.jpg is 24 × 28 pixels, not 12 × 14, and resizing is switched off$/,
    );
    const batches = await take(sound, 3, { resize: false, width: 24, height: 28 });
    expect(batches.length).toBe(3);
  });
});

describe('images in a given order', () => {
  async function collect(dataset: Dataset, indices: number[], batchSize: number, reports: string[] = []) {
    const store = new ImageStore(dataset, { ...size, pool, onCorrupt: (name) => reports.push(name) });
    const batches = [];
    for await (const batch of loadImages(store, indices, batchSize)) batches.push(batch);
    return batches;
  }

  test('come in that order, the last batch smaller', async () => {
    const wanted = [3, 0, 10, 3, 7];
    const batches = await collect(sound, wanted, 2);
    expect(batches.map(({ indices }) => [...indices])).toEqual([[3, 0], [10, 3], [7]]);
    expect(batches[2]!.pixels.length).toBe(12 * 14 * 4);
    expect([...batches[0]!.labels]).toEqual([sound.samples[3]!.identity, sound.samples[0]!.identity]);
    expect(batches[1]!.pixels.subarray(12 * 14 * 4)).toEqual(batches[0]!.pixels.subarray(0, 12 * 14 * 4));
    expect(await collect(sound, [], 2)).toEqual([]);
    expect((await collect(sound, [...sound.samples.keys()], 11)).length).toBe(1);
  });

  test('those that cannot be read are reported and missing', async () => {
    const reports: string[] = [];
    const batches = await collect(damaged, [...damaged.samples.keys()], 4, reports);
    expect(batches.map(({ indices }) => indices.length)).toEqual([4, 4]);
    expect(
      batches.flatMap(({ indices }) => [...indices]).map((index) => damaged.samples[index]!.key),
    ).toEqual(damaged.samples.map(({ key }) => key).filter((key) => !badKeys.includes(key)));
    expect(reports.sort()).toEqual(badKeys);
  });

  test('can be generated faces', async () => {
    const faces = await openDataset('generated:identities=2,samples=2,seed=3');
    const [batch] = await collect(faces, [0, 3], 2);
    const image = await decodeSource(faces.samples[3]!.source, size);
    expect(batch!.pixels.subarray(12 * 14 * 4).filter((_, k) => k % 4 !== 3)).toEqual(image.pixels);
    expect([...batch!.labels]).toEqual([0, 1]);
  });
});

describe('threads', () => {
  test('a closed pool rejects what is under way and what comes later, and closes twice', async () => {
    const closing = new DecodePool(1);
    const running = closing.decode([sound.samples[0]!.source], size, true);
    const failure = errorOf(running);
    await closing.close();
    expect((await failure).message).toBe('the image decoder is closed');
    await expect(closing.decode([], size, true)).rejects.toThrow('the image decoder is closed');
    await closing.close();
  });

  test('a thread that dies rejects its jobs instead of leaving them waiting', async () => {
    const dying = new DecodePool(1);
    await expect(dying.decode([sound.samples[0]!.source], { width: -1, height: 1 }, true)).rejects.toThrow(
      /^an image decoder thread failed: /,
    );
    await expect(dying.decode([], size, true)).rejects.toThrow('an image decoder thread failed');
  });

  test('a loader that is closed while a batch is awaited fails instead of hanging', async () => {
    const loader = new BatchLoader(sound, { ...size, batchSize: 4, seed: 1 });
    const failure = errorOf(loader.next());
    await loader.close();
    expect((await failure).message).toBe('the image decoder is closed');
  });
});
