/** Text files as other people's programs leave them. */

import { UserError } from './errors.ts';
import { reasonOf } from './files.node.ts';
import { readRegularFileSync } from './regular-file.node.ts';

/**
 * Reads a file of UTF-8 text; a byte order mark, which Windows editors write, is left out.
 * @param file its path
 * @param described what the file is called in errors, such as "the pairs file list.txt"
 * @param most bytes that it may have
 * @throws UserError when it cannot be read, is larger, or its text is encoded otherwise
 */
export function readText(file: string, described = file, most?: number): string {
  let bytes: Uint8Array;
  try {
    bytes = readRegularFileSync(file, most);
  } catch (error) {
    throw new UserError(`cannot read ${described}: ${reasonOf(error)}`);
  }
  return decodeText(bytes, described);
}

/** Bytes as UTF-8 text without a byte order mark. @throws UserError when they are encoded otherwise */
export function decodeText(bytes: Uint8Array, described: string): string {
  if (isUtf16(bytes)) throw new UserError(`${described} is stored as UTF-16; save it as UTF-8`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${described} is not UTF-8 text (line ${faultyLine(bytes)}); save it as UTF-8`);
  }
}

/** Whether text begins with the byte order mark of UTF-16, or every other one of its first bytes is zero, as Latin letters make it. */
function isUtf16(bytes: Uint8Array): boolean {
  const mark = (bytes[0]! << 8) | bytes[1]!;
  if (bytes.length >= 2 && (mark === 0xfffe || mark === 0xfeff)) return true;
  const start = bytes.subarray(0, 64);
  const zeros = (parity: number) => start.filter((byte, i) => i % 2 === parity && byte === 0).length;
  const half = Math.floor(start.length / 2);
  return half > 1 && ((zeros(0) === 0 && zeros(1) === half) || (zeros(0) >= half && zeros(1) === 0));
}

/** The line, from 1, of the first bytes that are no UTF-8. */
function faultyLine(bytes: Uint8Array): number {
  // What cannot be decoded becomes U+FFFD; nothing before the first of them was one, unless the text itself holds it.
  const text = new TextDecoder().decode(bytes);
  return text.slice(0, text.indexOf('\uFFFD')).split('\n').length;
}
