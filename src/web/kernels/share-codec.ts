/** Texts in URLs: compressed, in letters that need no escape. */

import { UserError } from '../../common/errors.ts';

/** More than any kernel has; a link cannot make the page unpack without end. */
const mostBytes = 1 << 20;

/** Packs a text: deflate, then base64 with the alphabet of URLs and without padding. */
export async function packText(text: string): Promise<string> {
  const packer = new CompressionStream('deflate-raw');
  const packed = await through(new TextEncoder().encode(text), packer);
  let letters = '';
  for (const byte of packed) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws UserError if the letters are not what {@link packText} makes */
export async function unpackText(packed: string): Promise<string> {
  try {
    const letters = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const text = await through(bytes, new DecompressionStream('deflate-raw'));
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    throw new UserError('the edited text in this link cannot be read: the link was cut off or changed');
  }
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: ReadableWritablePair<Uint8Array<ArrayBuffer>, BufferSource>,
): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    size += next.value.length;
    if (size > mostBytes) {
      await reader.cancel();
      throw new RangeError('too long');
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
