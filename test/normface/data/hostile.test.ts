/** Small files that would become large, programs in the place of photographs, names that a terminal obeys: each is a sentence. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { replaceFile } from '../../../src/common/files.node.ts';
import { parseJson } from '../../../src/common/json.ts';
import { printable } from '../../../src/common/printable.ts';
import { readRegularFile } from '../../../src/common/regular-file.node.ts';
import { readText } from '../../../src/common/text.node.ts';
import { writeContactSheet } from '../../../src/normface/data/images/contact-sheet.node.ts';
import { decodeSource, decodeWithin } from '../../../src/normface/data/images/decode.node.ts';
import { oneAtATime } from '../../../src/normface/data/images/large-images.node.ts';
import { setMostPixels } from '../../../src/normface/data/images/pixel-limit.node.ts';
import { readImage } from '../../../src/normface/data/images/read-image.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { writePreview } from '../../../src/normface/data/preview.node.ts';
import { readBlufrSplits } from '../../../src/normface/data/protocols/blufr.node.ts';
import { parseMatlab } from '../../../src/normface/data/protocols/matlab.node.ts';
import { decodeSafetensors } from '../../../src/normface/training/checkpoint/safetensors.ts';
import { tarWith, zipOf } from './archives.ts';
import { encode, errorOf, picture, temporaryFolder } from './fixtures.ts';

const root = temporaryFolder();
const write = (name: string, content: Uint8Array | string): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};

const messageOf = async (promise: Promise<unknown>): Promise<string> => (await errorOf(promise)).message;

/** A PNG of one colour and one bit per pixel, whose bytes say nothing of its size: about 33 kB at 16,383². */
async function pngOf(width: number, height: number): Promise<Buffer> {
  const crc = (bytes: Buffer): number => {
    let value = 0xffffffff;
    for (const byte of bytes) {
      value ^= byte;
      for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    }
    return ~value >>> 0;
  };
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const row = Math.ceil(width / 8) + 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(row * height))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('pictures', () => {
  test('a program such as SVG is no image, whatever its name ends in', async () => {
    const svg = write(
      'a.jpg',
      '<svg xmlns="http://www.w3.org/2000/svg" width="16000" height="16000"><rect/></svg>',
    );
    expect(await messageOf(readImage(svg))).toBe(
      `cannot read the image ${svg}: not an image of a known format`,
    );
    const pdf = write('b.png', '%PDF-1.7\n');
    expect(await messageOf(readImage(pdf))).toMatch(/not an image of a known format$/);
  });

  test('of more pixels than a photograph has are refused before they are decoded, unless that is allowed', async () => {
    const bomb = write('bomb.png', await pngOf(16383, 16383));
    expect(await messageOf(readImage(bomb))).toBe(
      `cannot read the image ${bomb}: it has more than 100 megapixels; --max-pixels allows more`,
    );
    try {
      setMostPixels(100);
      const small = write('small.png', await encode('png', 12, 14, 3));
      expect(await messageOf(readImage(small))).toMatch(/more than 0\.0001 megapixels/);
      const grey = write('small.pgm', `P2 12 14 1 ${'0 '.repeat(168)}`);
      expect(await messageOf(readImage(grey))).toMatch(/12 × 14, more than 100 pixels/);
      setMostPixels(168);
      expect((await readImage(small)).width).toBe(12);
    } finally {
      setMostPixels();
    }
    expect(() => setMostPixels(1.5)).toThrow('--max-pixels must be a positive whole number, not 1.5');
  });

  test('a TIFF in YCbCr, whose numbers would be taken for RGB, is refused; in RGB or as JPEG data it is read', async () => {
    const { pixels, width, height } = picture(16, 16, 1);
    const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
    const rgb = await raw.clone().tiff({ compression: 'none' }).toBuffer();
    // The field 262 (photometric interpretation) of a little-endian file is set from 2 (RGB) to 6 (YCbCr).
    const field = rgb.indexOf(Buffer.from([0x06, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00]));
    expect(field).toBeGreaterThan(0);
    const bare = Buffer.from(rgb);
    bare[field + 8] = 6;
    expect(await readImage(write('rgb.tif', rgb))).toEqual({ pixels, width, height });
    expect(await messageOf(readImage(write('bare.tif', bare)))).toMatch(
      /it is a TIFF in YCbCr colours, which are not read; save it in RGB$/,
    );
    const jpeg = await readImage(
      write('jpeg.tif', await raw.clone().tiff({ compression: 'jpeg', quality: 95 }).toBuffer()),
    );
    const difference =
      jpeg.pixels.reduce((sum, value, i) => sum + Math.abs(value - pixels[i]!), 0) / pixels.length;
    expect(difference).toBeLessThan(8);
  });

  test('large images are decoded one after the other, and all of them', async () => {
    const path = write('large.png', await pngOf(4100, 4100));
    const large = { kind: 'file', path } as const;
    const small = { kind: 'file', path: write('few.png', await encode('png', 12, 14, 1)) } as const;
    const size = { width: 12, height: 14 };
    const damaged = { kind: 'file', path: write('large.jpg', Buffer.alloc(2 ** 24 + 1)) } as const;
    const order: string[] = [];
    const decode = async (source: typeof large, name: string) => {
      const result = await decodeSource(source, size).catch((error: Error) => error.message);
      order.push(name);
      return typeof result === 'string' ? result : result.pixels.length;
    };
    const results = [
      decode(large, 'first'),
      decode(damaged, 'damaged'),
      decode(large, 'last'),
      decode(small, 'small'),
    ];
    const bytes = 3 * size.width * size.height;
    expect(await Promise.all(results)).toEqual([bytes, 'not an image of a known format', bytes, bytes]);
    expect(order.indexOf('small')).toBeLessThan(order.indexOf('last'));
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      throw new Error('a failure does not stop the next');
    };
    await Promise.allSettled(Array.from({ length: 5 }, () => oneAtATime(work)));
    expect(most).toBe(1);
  });

  test('a limit that is no whole number of MiB is told as one', async () => {
    const path = write('large.bin', '');
    truncateSync(path, 2 ** 21 + 1);
    expect(await messageOf(readRegularFile(path, 2 ** 21 - 1))).toBe('it is larger than 2 MiB');
  });

  test('files of any size are refused before they are read or unpacked', async () => {
    const refused = (source: Parameters<typeof decodeSource>[0]) => messageOf(decodeSource(source));
    const path = write('sparse.png', '');
    truncateSync(path, 2 ** 28 + 1);
    expect(await refused({ kind: 'file', path })).toBe('it is larger than 256 MiB');
    const range = { kind: 'range', path, offset: 0 } as const;
    expect(await refused({ ...range, length: 2 ** 28 + 1 })).toBe('it is larger than 256 MiB');
    expect(await refused({ ...range, length: 2 ** 21, inflated: 2 ** 28 + 1 })).toBe(
      'it is larger than 256 MiB',
    );
    const bomb = write(
      'bomb.zip',
      zipOf([{ name: 'a/1.jpg', content: Buffer.alloc(2 ** 24 + 1), method: 8 }]),
    );
    const { samples } = await openDataset(bomb);
    expect(await refused(samples[0]!.source)).toBe('unpacked it is more than 200 times as large');
    rmSync(path);
  });

  test('a strip of pixels makes no sheet of millions of pixels', async () => {
    const strip = write('strip.png', await pngOf(20000, 1));
    const thumbnail = await decodeWithin({ kind: 'file', path: strip }, { width: 384, height: 128 });
    expect(thumbnail.width).toBeLessThanOrEqual(384);
    const sheet = await writeContactSheet(
      join(root, 'sheet.png'),
      [{ images: [picture(2000, 1, 1)], caption: 'strip' }],
      { columns: 1 },
    );
    expect(sheet.width).toBeLessThan(500);
  });
});

test('control characters of names reach neither a terminal nor a picture', async () => {
  const name = 'b\u001b]0;title\u0007\u202ectl';
  expect(printable(`${name}\n\tend`)).toBe('b\\u001b]0;title\\u0007\\u202ectl\n\tend');
  const folder = join(root, 'names', name);
  mkdirSync(folder, { recursive: true });
  for (const k of [1, 2]) writeFileSync(join(folder, `x_000${k}.png`), await encode('png', 12, 14, k));
  const dataset = await openDataset(join(root, 'names'));
  await writePreview(dataset, join(root, 'names.png'));
  expect((await sharp(join(root, 'names.png')).metadata()).format).toBe('png');
});

/** A MATLAB file of level 5 with one compressed variable. */
function matlabOf(element: Buffer): Buffer {
  const head = Buffer.alloc(128, 0x20);
  head.writeUInt16LE(0x0100, 124);
  head.write('IM', 126, 'latin1');
  const packed = deflateSync(element);
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15, 0);
  tag.writeUInt32LE(packed.length, 4);
  return Buffer.concat([head, tag, packed]);
}

/** A cell array [1, count] of content that is given as it is. */
function cellsOf(count: number, content: Buffer): Buffer {
  const word = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
  const body = Buffer.concat([word(6, 8, 1, 0), word(5, 8, 1, count), word(1 + (1 << 16), 0x61), content]);
  return Buffer.concat([word(14, body.length), body]);
}

describe('files that become larger', () => {
  test('MATLAB cells without content, and cells in cells, are counted', () => {
    const empty = Buffer.from(Uint32Array.from([14, 0]).buffer);
    const many = matlabOf(cellsOf(2 ** 19, Buffer.concat(Array.from({ length: 2 ** 19 }, () => empty))));
    expect(many.length).toBeLessThan(100_000);
    expect(() => parseMatlab(many, 'many.mat')).toThrow(
      'many.mat is damaged: it holds more than 262144 arrays',
    );
    expect(() => parseMatlab(matlabOf(cellsOf(1e9, empty)), 'claims.mat')).toThrow(
      /"a" has fewer than its 1000000000 cells/,
    );
    let nested: Buffer = empty;
    for (let depth = 0; depth < 100; depth++) nested = cellsOf(1, nested);
    expect(() => parseMatlab(matlabOf(nested), 'deep.mat')).toThrow(/nested deeper than 16 levels/);
    const zeros = matlabOf(Buffer.alloc(2 ** 27));
    expect(() => parseMatlab(zeros, 'zeros.mat')).toThrow(/unpacks to more than 67108864 bytes/);
  });

  test('MATLAB texts and numbers are bounded by what they take in memory', () => {
    const word = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
    /** An array of a class [1, count] of bytes that are all 65. */
    const bytesOf = (kind: number, count: number) => {
      const name = word(1 + (1 << 16), 0x61);
      const content = Buffer.alloc(count, 0x41);
      const body = Buffer.concat([word(6, 8, kind, 0), word(5, 8, 1, count), name, word(2, count), content]);
      return matlabOf(Buffer.concat([word(14, body.length), body]));
    };
    const text = parseMatlab(bytesOf(4, 10_000), 'text.mat').get('a');
    expect(text).toEqual({ kind: 'text', dimensions: [1, 10_000], text: 'A'.repeat(10_000) });
    expect(() => parseMatlab(bytesOf(4, 2 ** 20 + 8), 'text.mat')).toThrow(
      'text.mat is damaged: "a" has more than 1048576 letters',
    );
    expect(() => parseMatlab(bytesOf(9, 2 ** 23), 'numbers.mat')).toThrow(
      'numbers.mat is damaged: it unpacks to more than 67108864 bytes',
    );
  });

  test('gzip is bounded', async () => {
    const folder = join(root, 'mnist');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'train-images-idx3-ubyte.gz'),
      gzipSync(Buffer.alloc(2 ** 29 + 1), { level: 1 }),
    );
    writeFileSync(join(folder, 'train-labels-idx1-ubyte.gz'), gzipSync(Buffer.alloc(8)));
    expect(await messageOf(openDataset(`mnist:${folder}`))).toMatch(
      /images-idx3-ubyte\.gz cannot be decompressed: it unpacks to more than 512 MiB/,
    );
  });

  test('lists of BLUFR with sizes below one, and labels that are words', async () => {
    const folder = join(root, 'lists');
    mkdirSync(folder);
    const lists = {
      'image_list.txt': 'a.jpg\nb.jpg',
      'labels.txt': '1\n2',
      'train_set.txt': '1000000000\n-1',
    };
    for (const [file, text] of Object.entries(lists)) writeFileSync(join(folder, file), text);
    for (const file of ['test', 'gallery', 'probe'])
      writeFileSync(join(folder, `${file}_set.txt`), '1\n1\n1, a');
    expect(await messageOf(readBlufrSplits(folder))).toBe(
      'lists: train_set.txt line 2: expected a number, found "-1"',
    );
    writeFileSync(join(folder, 'train_set.txt'), '1\n1\n1, a.jpg');
    writeFileSync(join(folder, 'labels.txt'), 'one\ntwo');
    expect(await messageOf(readBlufrSplits(folder))).toBe(
      'lists: labels.txt line 1: expected the number of a person, found "one"',
    );
  });

  test('an archive of BLUFR lists that unpacks to millions of lines', async () => {
    const listed = async (content: Uint8Array) =>
      gzipSync(await tarWith([[{ name: 'image_list.txt' }, content]]), { level: 1 });
    const big = write('nl.tar.gz', await listed(Buffer.alloc(2 ** 26, '\n')));
    expect(await messageOf(readBlufrSplits(big))).toBe(
      `cannot read the BLUFR divisions ${big}: it unpacks to more than 64 MiB`,
    );
    const many = write('many.tar.gz', await listed(Buffer.alloc(2 ** 20 + 1, '\n')));
    expect(await messageOf(readBlufrSplits(many))).toBe(
      'many.tar.gz: image_list.txt has more than 1048576 lines',
    );
  });

  test('idx files of millions of images, or of images that are too large', async () => {
    const idx = (...words: number[]) => {
      const header = Buffer.alloc(4 * words.length);
      words.forEach((word, i) => {
        header.writeUInt32BE(word, 4 * i);
      });
      const count = words.slice(1).reduce((product, extent) => product * extent, 1);
      return Buffer.concat([header, Buffer.alloc(count)]);
    };
    const folder = join(root, 'idx');
    mkdirSync(folder);
    const put = (images: Buffer, labels: Buffer) => {
      writeFileSync(join(folder, 't10k-images-idx3-ubyte'), images);
      writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), labels);
    };
    put(idx(0x803, 2_000_001, 1, 1), idx(0x801, 2_000_001));
    expect(await messageOf(openDataset(folder))).toMatch(
      /holds 2000001 images, more than 2000000: name a part/,
    );
    expect((await openDataset(`mnist:${folder},first=2000000,count=1`)).samples).toHaveLength(1);
    put(idx(0x803, 1, 10, 11), idx(0x801, 1));
    expect((await openDataset(folder)).samples).toHaveLength(1);
    try {
      setMostPixels(100);
      expect(await messageOf(openDataset(folder))).toMatch(/it has 11 × 10 pixels, more than 0\.0001 mega/);
    } finally {
      setMostPixels();
    }
  });

  test('JSON that is nested without end', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow('it is nested deeper than 64 levels');
    expect(() => parseJson(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)).toThrow(/nested deeper/);
    expect(parseJson(`{"brackets in text": "${'['.repeat(100)}\\"${'['.repeat(100)}"}`)).toBeTypeOf('object');
    expect(parseJson('['.repeat(64) + ']'.repeat(64))).toBeInstanceOf(Array);
    const header = Buffer.from('['.repeat(8_000_000));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    expect(() => decodeSafetensors(Buffer.concat([length, header]), 'a.safetensors')).toThrow(
      /its header is not JSON/,
    );
  });
});

test.skipIf(process.platform === 'win32')('pipes and devices are not waited for', async () => {
  const pipe = join(root, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero']) {
    expect(await messageOf(readImage(path))).toBe(`cannot read the image ${path}: it is not a regular file`);
    expect(() => readText(path, 'the pairs file')).toThrow(
      'cannot read the pairs file: it is not a regular file',
    );
    expect(await messageOf(openDataset(path))).toBe(`cannot read ${path}: it is not a regular file`);
    expect(await messageOf(readBlufrSplits(path))).toMatch(/it is not a regular file$/);
  }
});

test.skipIf(process.platform !== 'linux')('names that are not UTF-8 are passed over and named', async () => {
  const folder = join(root, 'latin');
  const image = await encode('png', 12, 14, 1);
  const faulty = [Buffer.from(`${folder}/J`), Buffer.from([0xf6]), Buffer.from('rg')];
  for (const path of [Buffer.from(`${folder}/ann\uFFFD`), Buffer.concat(faulty)]) {
    mkdirSync(path, { recursive: true });
    writeFileSync(Buffer.concat([path, Buffer.from('/1.png')]), image);
  }
  const { samples, remarks } = await openDataset(folder);
  expect(samples.map(({ key }) => key)).toEqual(['ann\uFFFD/1.png']);
  expect(remarks).toEqual([
    {
      what: 'files and folders whose names are not valid UTF-8 passed over',
      count: 1,
      examples: ['J\uFFFDrg'],
      important: true,
    },
  ]);
});

test('a link that waits under the name of a temporary file is not followed', () => {
  const folder = join(root, 'links');
  mkdirSync(folder);
  const victim = write('victim', 'untouched');
  symlinkSync(victim, join(folder, `.g.dot.${process.pid}.tmp`));
  replaceFile(join(folder, 'g.dot'), 'graph');
  expect(readFileSync(victim, 'utf8')).toBe('untouched');
  expect(readFileSync(join(folder, 'g.dot'), 'utf8')).toBe('graph');
});
