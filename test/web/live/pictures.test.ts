import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { idxContentOf, isGzip, parseIdx } from '../../../src/normface/data/mnist.ts';
import { renderFace } from '../../../src/normface/faces/render.ts';
import { batchesOf } from '../../../src/web/live/batches.ts';
import { difficultyOf, drawFaces } from '../../../src/web/live/faces.ts';
import { IdxCollector } from '../../../src/web/live/idx-pictures.ts';
import { copyRgba, type Pictures, rgbaOf, split } from '../../../src/web/live/pictures.ts';

/** An idx file: its header, big-endian, and its bytes. */
function idx(magic: number, extents: readonly number[], values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * extents.length + values.length);
  const view = new DataView(bytes.buffer);
  [magic, ...extents].forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  bytes.set(Uint8Array.from(values), 4 + 4 * extents.length);
  return bytes;
}

/** Six images of 8 × 8 pixels, image n filled with 10·n, and labels that skip numbers. */
const images = idx(
  2051,
  [6, 8, 8],
  Array.from({ length: 384 }, (_, i) => 10 * Math.floor(i / 64)),
);
const labels = idx(2049, [6], [7, 2, 7, 0, 2, 0]);

const file = (name: string, bytes: Uint8Array) => ({
  name,
  arrayBuffer: async () => new Uint8Array(bytes).buffer,
});

describe('idx files', () => {
  test('are told by their first bytes', () => {
    expect([images, labels, gzipSync(images), new Uint8Array(2)].map(idxContentOf)).toEqual([
      'images',
      'labels',
      undefined,
      undefined,
    ]);
    expect([images, gzipSync(images)].map(isGzip)).toEqual([false, true]);
  });

  test('are read from the middle of a larger array too', () => {
    const padded = new Uint8Array(labels.length + 7);
    padded.set(labels, 5);
    const { extents, values } = parseIdx(padded.subarray(5, 5 + labels.length), 'x', 'labels');
    expect([extents, [...values]]).toEqual([[6], [7, 2, 7, 0, 2, 0]]);
  });

  test('become pictures, plain or compressed, in either order, together or one by one', async () => {
    const all = [file('i.gz', gzipSync(images)), file('l', labels)];
    const pictures = (await new IdxCollector().add(all)) as Pictures;
    expect(pictures).toMatchObject({
      classes: ['0', '2', '7'],
      width: 8,
      height: 8,
      channels: 1,
      mirrored: false,
    });
    expect([...pictures.labels]).toEqual([2, 1, 2, 0, 1, 0]);
    expect([...rgbaOf(pictures, [3]).subarray(0, 8)]).toEqual([30, 30, 30, 255, 30, 30, 30, 255]);

    const slowly = new IdxCollector();
    expect(await slowly.add([])).toBe('Drop an idx file of images and one of labels.');
    expect(await slowly.add([file('l', labels)])).toBe('Now drop the images.');
    expect(await slowly.add([file('i', images)])).toEqual({ ...pictures, title: '6 images of i' });
  });

  test('the labels of a pair are found among others', async () => {
    const other = idx(2049, [2], [1, 0]);
    const collector = new IdxCollector();
    expect(await collector.add([file('i', images)])).toBe('i holds 6 images. Now drop their labels.');
    const pictures = await collector.add([file('l', labels), file('other', other)]);
    expect((pictures as Pictures).labels).toHaveLength(6);
  });

  test.each([
    ['no idx file', [file('a.png', new Uint8Array(100))], /^a\.png is no idx file of images or labels/],
    ['truncated', [file('i', images.subarray(0, 100))], /^i is cut short: it holds 84 of 384 bytes$/],
    ['damaged gzip', [file('i.gz', gzipSync(images).subarray(0, 20))], /^i\.gz cannot be decompressed/],
    [
      'other counts',
      [file('i', images), file('l', idx(2049, [2], [0, 1]))],
      /^i holds 6 images but l 2 labels: they do not belong together$/,
    ],
    [
      'one class',
      [file('i', images), file('l', idx(2049, [6], [3, 3, 3, 3, 3, 3]))],
      /^l holds 1 different labels; there must be 2 to 64$/,
    ],
    [
      'small images',
      [file('i', idx(2051, [2, 4, 9], new Uint8Array(72))), file('l', idx(2049, [2], [0, 1]))],
      /^i holds images of 9 × 4 pixels; they must have at least 8 × 8$/,
    ],
  ])('%s is refused in one sentence', async (_, files, sentence) => {
    await expect(new IdxCollector().add(files)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(sentence),
    });
  });
});

describe('generated faces', () => {
  const options = { people: 2, each: 3, width: 28, height: 28 };

  test('are drawn person by person, with half the variety, and breathe', async () => {
    const progress: number[][] = [];
    const breathe = async (done: number, total: number) => {
      progress.push([done, total]);
    };
    const pictures = await drawFaces({ ...options, slice: 0, breathe });
    expect([...pictures.labels]).toEqual([0, 0, 0, 1, 1, 1]);
    const { pixels } = renderFace(1, 1, 0, options, difficultyOf(0.5));
    expect(pictures.pixels.subarray(3 * pixels.length, 4 * pixels.length)).toEqual(pixels);
    expect(progress).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
    const rgba = new Uint8Array(8 + 4 * 28 * 28);
    copyRgba(pictures, 3, rgba, 8);
    expect([...rgba.subarray(8, 16)]).toEqual([...pixels.subarray(0, 3), 255, ...pixels.subarray(3, 6), 255]);
  });

  test('with all the variety are those of the data set of generated faces', async () => {
    const { pixels } = await drawFaces({ ...options, variety: 1 });
    const expected = renderFace(1, 0, 0, options).pixels;
    expect(pixels.subarray(0, expected.length)).toEqual(expected);
    expect((await drawFaces(options)).pixels).not.toEqual(pixels);
  });

  test('stop when they are not wanted any more', async () => {
    const leaving = new AbortController();
    const breathe = async (done: number) => {
      if (done === 2) leaving.abort();
    };
    const drawing = drawFaces({ ...options, slice: 0, breathe, signal: leaving.signal });
    await expect(drawing).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the split', () => {
  const classes = ['a', 'b'];
  // Thirty of class 0 and ten of class 1, alternating at first.
  const few = Uint8Array.from({ length: 40 }, (_, i) => (i < 20 ? i % 2 : 0));

  test('holds the last of each class out, no more than are drawn, and trains on the rest', () => {
    const { training, sample, heldOut } = split({ labels: few, classes }, 8);
    const held = [...sample].filter((_, i) => heldOut[i]);
    expect(held.map((index) => few[index]).sort()).toEqual([0, 0, 1, 1]);
    expect([...training, ...held].sort((a, b) => a - b)).toEqual(Array.from(few.keys()));
    const trained = [...sample].filter((_, i) => !heldOut[i]);
    for (const index of trained) expect(training).toContain(index);
    expect(trained.map((index) => few[index]).sort()).toEqual([0, 0, 1, 1]);
  });

  test('a fifth at most', () => {
    const { heldOut, sample } = split({ labels: few, classes }, 1000);
    const held = [...sample].filter((_, i) => heldOut[i]).map((index) => few[index]);
    expect(held.filter((label) => label === 0)).toHaveLength(6);
    expect(held.filter((label) => label === 1)).toHaveLength(2);
  });
});

test('batches have every picture once an epoch, with its own label and pixels', () => {
  const pictures: Pictures = {
    title: '',
    classes: ['a', 'b', 'c'],
    width: 1,
    height: 1,
    channels: 1,
    pixels: Uint8Array.from({ length: 12 }, (_, i) => 10 * i),
    labels: Uint8Array.from({ length: 12 }, (_, i) => i % 3),
    mirrored: false,
  };
  const indices = Uint32Array.from([0, 2, 3, 5, 7, 8, 10, 11]);
  const first = batchesOf(pictures, indices, 4, 3);
  const seen: number[] = [];
  for (let k = 0; k < 2; k++) {
    const { pixels, labels } = first.next().value;
    labels.forEach((label, i) => {
      const index = pixels[4 * i]! / 10;
      expect(label).toBe(index % 3);
      seen.push(index);
    });
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([...indices]);
  const again = batchesOf(pictures, indices, 4, 3).next().value;
  expect([...again.labels].map((_, i) => again.pixels[4 * i]! / 10)).toEqual(seen.slice(0, 4));
  const other = batchesOf(pictures, indices, 8, 4).next().value;
  expect([...other.labels].map((_, i) => other.pixels[4 * i]! / 10)).not.toEqual(seen);
});
