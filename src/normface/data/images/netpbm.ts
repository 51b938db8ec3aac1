import type { Image } from './image.ts';

/** Whether the bytes begin like a grey or colour netpbm image: P2, P3 (text), P5, P6 (binary). */
export function isNetpbm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && [0x32, 0x33, 0x35, 0x36].includes(bytes[1]!);
}

/**
 * Decodes PGM and PPM (netpbm formats P2, P3, P5, P6; https://netpbm.sourceforge.net/doc/pgm.html), which sharp does not read.
 * Values are scaled from 0…maximum to 0…255; grey becomes RGB. @throws Error naming what is wrong with the bytes, or that there are more than `mostPixels` pixels.
 */
export function decodeNetpbm(bytes: Uint8Array, mostPixels = 2 ** 28): Image {
  const isBinary = bytes[1] === 0x35 || bytes[1] === 0x36;
  const channels = bytes[1] === 0x33 || bytes[1] === 0x36 ? 3 : 1;
  let position = 2;

  /** The next decimal number; white space and comments (# to the end of the line) before it are skipped. */
  function number(what: string): number {
    while (isSpace(bytes[position]!) || bytes[position] === 0x23) {
      if (bytes[position] === 0x23) while (position < bytes.length && bytes[position] !== 0x0a) position++;
      else position++;
    }
    const start = position;
    let value = 0;
    while (bytes[position]! >= 0x30 && bytes[position]! <= 0x39)
      value = value * 10 + bytes[position++]! - 0x30;
    if (position === start) {
      throw new Error(
        position < bytes.length ? `netpbm image has a bad ${what}` : 'netpbm image is cut short',
      );
    }
    return value;
  }

  const width = number('width');
  const height = number('height');
  const maximum = number('maximum');
  if (width < 1 || height < 1) throw new Error(`netpbm image has a bad size of ${width} × ${height}`);
  if (width * height > mostPixels)
    throw new Error(`netpbm image has a bad size of ${width} × ${height}, more than ${mostPixels} pixels`);
  if (maximum < 1 || maximum > 65535) throw new Error(`netpbm image has a bad maximum of ${maximum}`);
  if (!isSpace(bytes[position]!)) throw new Error('netpbm image is cut short');
  position++;

  const count = width * height * channels;
  const wide = maximum > 255;
  if (isBinary && bytes.length - position < count * (wide ? 2 : 1))
    throw new Error('netpbm image is cut short');
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < count; i++) {
    let value: number;
    if (!isBinary) value = number('value');
    else if (wide) value = (bytes[position++]! << 8) | bytes[position++]!;
    else value = bytes[position++]!;
    if (value > maximum) throw new Error(`netpbm image has the value ${value} above its maximum ${maximum}`);
    const level = Math.round((value * 255) / maximum);
    if (channels === 3) pixels[i] = level;
    else pixels.fill(level, 3 * i, 3 * i + 3);
  }
  return { width, height, pixels };
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
