/** JPEGs whose scans are damaged, by encoders of which none is ours; and what is done with those that can still be decoded. */

import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, test } from 'vitest';
import { damageOf } from '../../../src/normface/data/images/damaged-image.node.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { ImageStore } from '../../../src/normface/data/images/image-store.node.ts';
import { jpegDamage } from '../../../src/normface/data/images/jpeg-damage.ts';
import { picture } from './fixtures.ts';

const [width, height] = [203, 150];
const encode = (options: JpegOptions, grey = false) => {
  const image = sharp(picture(width, height, 3).pixels, { raw: { width, height, channels: 3 } });
  return (grey ? image.greyscale() : image).jpeg({ quality: 90, ...options }).toBuffer();
};

/** Position in the first scan, or at a fraction of what is behind its beginning. */
const within = (jpeg: Buffer, share: number) => {
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  return scan + 20 + Math.floor(share * (jpeg.length - scan - 20));
};

const kinds: readonly [string, JpegOptions, boolean][] = [
  ['sequential, halved chroma', {}, false],
  ['sequential, full chroma', { chromaSubsampling: '4:4:4' }, false],
  ['sequential, grey', {}, true],
  ['progressive', { progressive: true }, false],
  [
    'progressive, full chroma, of the best quality',
    { progressive: true, chromaSubsampling: '4:4:4', quality: 100 },
    false,
  ],
  ['progressive, optimised by mozjpeg', { mozjpeg: true }, false],
];

describe.each(kinds)('%s', (_, options, grey) => {
  test('a sound one is sound, also with bytes behind it, and zeros before its end', async () => {
    const jpeg = await encode(options, grey);
    expect(jpegDamage(jpeg)).toBeUndefined();
    expect(jpegDamage(Buffer.concat([jpeg, Buffer.alloc(99, 7)]))).toBeUndefined();
    expect(
      jpegDamage(Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(8), jpeg.subarray(-2)])),
    ).toBeUndefined();
  });

  test.each([
    ['cut off, and ended', (jpeg: Buffer, at: number) => [jpeg.subarray(0, at), Buffer.from([0xff, 0xd9])]],
    ['without some bytes', (jpeg: Buffer, at: number) => [jpeg.subarray(0, at), jpeg.subarray(at + 90)]],
    [
      'overwritten by zeros',
      (jpeg: Buffer, at: number) => [jpeg.subarray(0, at), Buffer.alloc(300), jpeg.subarray(at + 300)],
    ],
    [
      'with foreign bytes in it',
      (jpeg: Buffer, at: number) => [jpeg.subarray(0, at), jpeg.subarray(at - 200, at), jpeg.subarray(at)],
    ],
  ])('%s', async (_, damage) => {
    const jpeg = await encode(options, grey);
    const places = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
    const noticed = places.map(async (share) => {
      const damaged = Buffer.concat(damage(jpeg, within(jpeg, share)));
      // It decodes nevertheless: nobody would notice.
      const source = { kind: 'bytes', bytes: damaged } as const;
      expect(await decodeSource(source)).toMatchObject({ width, height });
      return /^its data (are damaged|end)/.test((await damageOf(source)) ?? '');
    });
    // By chance the codes may come out even.
    expect((await Promise.all(noticed)).filter(Boolean).length).toBeGreaterThanOrEqual(5);
  });
});

test('restart markers are counted', async () => {
  // No encoder at hand writes them: a grey picture of two MCUs, alike, has one between them (ITU-T T.81, section F.1.2.3).
  const segment = (marker: number, ...bytes: number[]) => [0xff, marker, 0, bytes.length + 2, ...bytes];
  const head = [
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...Array.from({ length: 64 }, () => 1)),
    ...segment(0xc0, 8, 0, 8, 0, 16, 1, 1, 0x11, 0),
    // One code of one bit each: a difference of no bits, the end of the block.
    ...segment(0xc4, 0x00, 1, ...Array.from({ length: 15 }, () => 0), 0),
    ...segment(0xc4, 0x10, 1, ...Array.from({ length: 15 }, () => 0), 0),
    ...segment(0xdd, 0, 1),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
  ];
  // Two bits of a block, the others of the byte are ones.
  const block = 0b00111111;
  const sound = Uint8Array.of(...head, block, 0xff, 0xd0, block, 0xff, 0xd9);
  expect(await decodeSource({ kind: 'bytes', bytes: sound })).toMatchObject({ width: 16, height: 8 });
  expect(jpegDamage(sound)).toBeUndefined();
  expect(jpegDamage(Uint8Array.of(...head, block, 0xff, 0xd1, block, 0xff, 0xd9))).toBe(
    'its data end after 50 % of the picture',
  );
  expect(jpegDamage(Uint8Array.of(...head, block, 0xff, 0xd9))).toBe(
    'its data end after 50 % of the picture',
  );
  expect(jpegDamage(Uint8Array.of(...head, block, 0xff, 0xd0, block, 1, 2, 0xff, 0xd9))).toBe(
    'its data are damaged: 2 bytes are left when the picture is complete',
  );
});

test('any bytes have an answer', async () => {
  const jpeg = await encode({ progressive: true });
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  for (let k = 0; k < 300; k++) {
    const bytes = Buffer.from(jpeg.subarray(0, random(2) ? jpeg.length : random(jpeg.length)));
    for (let changes = random(6); changes >= 0; changes--)
      bytes[random(Math.max(1, bytes.length))] = random(256);
    const said = jpegDamage(bytes);
    if (said !== undefined) expect(said).toMatch(/^its data (are damaged|end)/);
  }
});

test('a store gives the pixels of a damaged image and reports it once', async () => {
  const jpeg = await encode({});
  const at = within(jpeg, 0.5);
  const bytes = Buffer.concat([jpeg.subarray(0, at), Buffer.from([0xff, 0xd9])]);
  const sources = [bytes, jpeg].map((content) => ({ kind: 'bytes', bytes: content }) as const);
  const samples = sources.map((source, i) => ({ identity: 0, key: `a/${i}.jpg`, source }));
  const dataset = { name: 'set', identities: ['a'], samples };
  const told: string[] = [];
  const onDamaged = (name: string, reason: string) => told.push(`${name}: ${reason}`);
  const store = new ImageStore(dataset, { width: 16, height: 16, strict: true, cacheBytes: 0, onDamaged });
  try {
    for (let round = 0; round < 2; round++) {
      const [first, second] = await Promise.all(store.fetch([0, 1]));
      expect(store.accept(0, first!)!.length).toBe(16 * 16 * 4);
      expect(store.accept(1, second!)!.length).toBe(16 * 16 * 4);
    }
    expect(told).toEqual([expect.stringMatching(/^a\/0\.jpg: its data end after \d\d % of the picture$/)]);
  } finally {
    await store.close();
  }
});
