/** Archives of images, recognised by their bytes whatever their names end in. */

import { basename, resolve } from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { imageFormat } from '../images/image-format.ts';
import { readHead } from '../source.node.ts';
import { unpackGzip } from './gzip.node.ts';
import { readTar } from './tar.node.ts';
import type { OnFiles, Tree } from './walk.ts';
import { readZip } from './zip.node.ts';

/** First bytes of archives as Latin-1 text: those that are read by one word, the others by what is to be said of them. */
const starts: readonly [start: string, kind: string][] = [
  ['PK\x03\x04', 'zip'],
  ['PK\x05\x06', 'zip'],
  ['\x1f\x8b', 'gzip'],
  ['BZh', 'compressed by bzip2'],
  ['\xfd7zXZ\0', 'compressed by xz'],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd'],
  ["7z\xbc\xaf'\x1c", 'a 7z archive'],
  ['Rar!\x1a\x07', 'a RAR archive'],
];

/** The block before a tar's first member holds "ustar" at 257 in all but its oldest format (POSIX.1-1988, ustar). */
const tarHead = 262;

/** Whether a file is an archive: by its bytes, or as a `.tar` by its name, of whose oldest format the bytes say nothing. */
export async function isArchive(path: string): Promise<boolean> {
  return archiveKind(await headOf(path)) !== undefined || /\.tar$/i.test(path);
}

/**
 * The files of a tar archive, plain or compressed by gzip, or of a zip archive.
 * @throws UserError when it is neither or damaged
 */
export async function readArchive(path: string, onFiles?: OnFiles): Promise<Tree> {
  const archive = resolve(path);
  const name = basename(archive);
  const head = await headOf(archive);
  const kind = archiveKind(head);
  if (kind === 'zip') return readZip(archive, name, onFiles);
  if (kind === 'gzip') {
    const { file, remove } = await unpackGzip(archive, name);
    return readTar(file, name, onFiles).catch((error) => {
      remove();
      throw error;
    });
  }
  const image = imageFormat(head);
  if (image)
    throw new UserError(`${name} is one ${image.name} image, not a folder or an archive of identity/image`);
  if (kind === 'tar' || kind === undefined) return readTar(archive, name, onFiles);
  throw new UserError(`${name} is ${kind}: unpack it, or make a .tar or .zip of it`);
}

function headOf(path: string): Promise<Uint8Array> {
  return readHead({ kind: 'file', path }, tarHead).catch((error: Error) => {
    throw new UserError(`cannot read ${path}: ${error.message}`);
  });
}

/** What bytes begin like: `zip`, `gzip`, `tar`, or what is to be said of another archive; undefined for none. */
export function archiveKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.subarray(0, tarHead)).toString('latin1');
  if (text.startsWith('ustar', 257)) return 'tar';
  return starts.find(([start]) => text.startsWith(start))?.[1];
}
