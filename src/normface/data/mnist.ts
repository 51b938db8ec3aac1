/** What idx files hold, the format of MNIST and its like (http://yann.lecun.com/exdb/mnist): arrays of unsigned bytes. */

import { UserError } from '../../common/errors.ts';

/** What a file begins with: two zeros, 8 for unsigned bytes, the number of dimensions; big-endian. */
const magicNumbers = { images: 0x803, labels: 0x801 } as const;

export type IdxContent = keyof typeof magicNumbers;

/** An array of bytes as an idx file holds it. */
export interface Idx {
  readonly name: string;
  readonly extents: readonly number[];
  readonly values: Uint8Array;
}

/** Whether a file is compressed by gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What an uncompressed idx file holds, as far as its first bytes tell. */
export function idxContentOf(bytes: Uint8Array): IdxContent | undefined {
  if (bytes.length < 4) return undefined;
  const magic = bigEndian(bytes)(0);
  return (Object.keys(magicNumbers) as IdxContent[]).find((content) => magicNumbers[content] === magic);
}

/**
 * Reads an uncompressed idx file; the values are a view of it.
 * @param name what messages call the file
 * @throws UserError when it is cut short, too long, empty or of another type
 */
export function parseIdx(bytes: Uint8Array, name: string, content: IdxContent): Idx {
  const refuse = (reason: string): never => {
    throw new UserError(`${name} ${reason}`);
  };
  const word = bigEndian(bytes);
  const magic = magicNumbers[content];
  if (bytes.length >= 4 && word(0) !== magic)
    refuse(`is no idx file of ${content}: it begins with ${word(0)}, not ${magic}`);
  const dimensions = magic & 0xff;
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) refuse(`is cut short: it ends inside its header`);
  const extents = Array.from({ length: dimensions }, (_, i) => word(4 + 4 * i));
  const expected = extents.reduce((product, extent) => product * extent, 1);
  const found = bytes.length - header;
  if (found < expected) refuse(`is cut short: it holds ${found} of ${expected} bytes`);
  if (found > expected) refuse(`holds ${found - expected} bytes more than its header says`);
  if (expected === 0) refuse(`holds no ${content}`);
  return { name, extents, values: bytes.subarray(header) };
}

/** @throws UserError unless there is a label for every image */
export function checkBelongTogether(images: Idx, labels: Idx): void {
  if (labels.extents[0] === images.extents[0]) return;
  throw new UserError(
    `${images.name} holds ${images.extents[0]} images but ${labels.name} ${labels.extents[0]} labels: they do not belong together`,
  );
}

function bigEndian(bytes: Uint8Array): (offset: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (offset) => view.getUint32(offset);
}
