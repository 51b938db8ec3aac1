import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { decodeNetpbm } from '../../../src/normface/data/images/netpbm.ts';
import { readImage } from '../../../src/normface/data/images/read-image.node.ts';
import { encode, errorOf, picture, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();

function write(name: string, content: Uint8Array | string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function mean(pixels: Uint8Array): number {
  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
}

describe('decoding', () => {
  test('an image of the wanted size keeps its values; a lossless one those it was made from', async () => {
    const path = write('exact.png', await encode('png', 12, 14, 3));
    expect(await readImage(path, { width: 12, height: 14 })).toEqual(picture(12, 14, 3));
    const jpeg = write('exact.jpg', await encode('jpeg', 12, 14, 3));
    expect(await readImage(jpeg, { width: 12, height: 14 })).toEqual(await readImage(jpeg));
  });

  test('grey, transparent, 16-bit and EXIF-turned images become upright 8-bit RGB', async () => {
    const grey = write(
      'grey.png',
      await sharp(picture(8, 8, 1).pixels, { raw: { width: 8, height: 8, channels: 3 } })
        .grayscale()
        .png()
        .toBuffer(),
    );
    const { pixels } = await readImage(grey);
    expect(pixels.length).toBe(8 * 8 * 3);
    expect(pixels[0]).toBe(pixels[1]);

    const red = { width: 4, height: 4, channels: 4 as const, background: { r: 255, g: 0, b: 0, alpha: 0.5 } };
    const transparent = write('alpha.png', await sharp({ create: red }).png().toBuffer());
    expect([...(await readImage(transparent)).pixels.subarray(0, 3)]).toEqual([128, 0, 0]);

    const deep = write(
      'deep.png',
      await sharp({ create: { ...red, background: '#804020' } })
        .removeAlpha()
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
    );
    expect([...(await readImage(deep)).pixels.subarray(0, 3)]).toEqual([0x80, 0x40, 0x20]);

    const turned = write(
      'turned.jpg',
      await sharp(await encode('jpeg', 20, 10, 2))
        .withMetadata({ orientation: 6 })
        .toBuffer(),
    );
    expect(await readImage(turned)).toMatchObject({ width: 10, height: 20 });
  });

  test('another size is covered and cropped at the centre, not stretched', async () => {
    // Left and right thirds are black, the middle is white: a centre crop to a square shows white only.
    const pixels = Uint8Array.from({ length: 90 * 30 * 3 }, (_, i) => {
      const x = Math.floor(i / 3) % 90;
      return x >= 30 && x < 60 ? 255 : 0;
    });
    const path = write(
      'wide.png',
      await sharp(pixels, { raw: { width: 90, height: 30, channels: 3 } })
        .png()
        .toBuffer(),
    );
    expect(mean((await readImage(path, { width: 30, height: 30 })).pixels)).toBe(255);
    const whole = await readImage(path, { width: 45, height: 15 });
    expect(mean(whole.pixels)).toBeCloseTo(85, -1);
  });

  test('without resizing another size is an error that gives both sizes', async () => {
    const path = write('other.png', await encode('png', 25, 25, 1));
    const error = await errorOf(readImage(path, { width: 12, height: 14 }, false));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/other\.png is 25 × 25 pixels, not 12 × 14, and resizing is switched off$/);
    expect(await readImage(path, { width: 25, height: 25 }, false)).toEqual(picture(25, 25, 1));
  });

  test.each([
    ['jpeg', 'premature end of JPEG image'],
    ['png', ''],
    ['webp', ''],
  ] as const)('a truncated %s is an error, wherever it is cut', async (format, reason) => {
    const bytes = await encode(format, 96, 112, 5);
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const path = write(`cut.${format}`, bytes.subarray(0, Math.floor(bytes.length * share)));
      const error = await errorOf(readImage(path));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toMatch(/^cannot read the image .*: ./);
      expect(error.message).not.toContain('\n');
      if (share > 0.5) expect(error.message).toContain(reason);
    }
  });

  test('empty, missing and foreign files are named with the reason', async () => {
    const messages: [string, RegExp][] = [
      [write('zero.jpg', ''), /zero\.jpg: the file is empty$/],
      [write('text.jpg', 'not an image at all'), /text\.jpg: not an image of a known format$/],
      [join(folder, 'missing.jpg'), /missing\.jpg: there is no such file$/],
      [folder, /: it is a folder$/],
    ];
    for (const [path, message] of messages) {
      const error = await errorOf(readImage(path));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toMatch(message);
    }
  });

  test('a range beyond the end of an archive is an error', async () => {
    const path = write('archive.tar', new Uint8Array(100));
    await expect(decodeSource({ kind: 'range', path, offset: 50, length: 60 })).rejects.toThrow(
      'the archive ends inside it',
    );
  });

  test('a generated face has the wanted size and is the same every time', async () => {
    const source = { kind: 'generated', seed: 1, identity: 2, sample: 3 } as const;
    const face = await decodeSource(source, { width: 24, height: 28 });
    expect([face.width, face.height, face.pixels.length]).toEqual([24, 28, 24 * 28 * 3]);
    expect(await decodeSource(source, { width: 24, height: 28 })).toEqual(face);
    expect(await decodeSource({ ...source, sample: 4 }, { width: 24, height: 28 })).not.toEqual(face);
  });
});

describe('netpbm', () => {
  const bytes = (text: string, ...values: number[]) =>
    Uint8Array.from([...Buffer.from(text, 'latin1'), ...values]);

  test('grey and colour, text and binary, comments, and maxima other than 255', () => {
    expect([...decodeNetpbm(bytes('P5\n# made by hand\n2 1 255\n', 7, 200)).pixels]).toEqual([
      7, 7, 7, 200, 200, 200,
    ]);
    expect([...decodeNetpbm(bytes('P2 2 1\n15\n0 # dark\n15\n')).pixels]).toEqual([0, 0, 0, 255, 255, 255]);
    expect([...decodeNetpbm(bytes('P6 1 1 255 ', 1, 2, 3)).pixels]).toEqual([1, 2, 3]);
    expect([...decodeNetpbm(bytes('P3 1 1 255 1 2 3')).pixels]).toEqual([1, 2, 3]);
    expect([...decodeNetpbm(bytes('P5 1 1 65535\n', 0x80, 0x80)).pixels]).toEqual([0x80, 0x80, 0x80]);
    // The first value byte may look like white space.
    expect([...decodeNetpbm(bytes('P5 1 1 255\n', 10)).pixels]).toEqual([10, 10, 10]);
  });

  test.each([
    ['P5', 'cut short'],
    ['P5 2 2 255', 'cut short'],
    ['P5 2 2 255\nabc', 'cut short'],
    ['P2 2 1 255 17', 'cut short'],
    ['P5 x', 'bad width'],
    ['P5 0 4 255\n', 'bad size of 0 × 4'],
    ['P5 99999 99999 255\n', 'bad size'],
    ['P5 1 1 0\n', 'bad maximum of 0'],
    ['P2 1 1 100 101', 'the value 101 above its maximum 100'],
  ])('%j is refused: %s', (text, reason) => {
    expect(() => decodeNetpbm(bytes(text))).toThrow(reason);
  });
});
