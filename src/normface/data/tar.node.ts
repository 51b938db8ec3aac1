import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { UserError } from '../errors.ts';
import { reasonOf } from '../training/files.node.ts';
import type { Source } from './dataset.ts';
import type { Tree } from './layout.ts';

/** Size of the block before an entry's content. */
const headerBytes = 512;

/**
 * The files inside an uncompressed `.tar`, which is not unpacked: the archive is walked once, and a file is then read by its
 * position. Hard links inside the archive lead to the content they name.
 * @throws UserError when the file is no tar archive or is cut short.
 */
export async function readTar(path: string): Promise<Tree> {
  const archive = resolve(path);
  const name = basename(archive);
  const { size } = await refuseOthers(archive);
  const contents = new Map<string, Source>();
  let last: { header: Header; end: number } | undefined;

  const reader = extract();
  reader.on('entry', (header, content, next) => {
    const offset = content.offset + headerBytes;
    last = { header, end: offset + header.size };
    const isFile = header.type === 'file' || header.type === 'contiguous-file';
    const source: Source | undefined = isFile
      ? { kind: 'range', path: archive, offset, length: header.size }
      : contents.get(header.type === 'link' ? pathInside(header.linkname) : '');
    // An entry that comes again replaces the earlier one, as it does when the archive is unpacked.
    if (source) contents.set(pathInside(header.name), source);
    // An error of the archive ends its current content too; it is dealt with below.
    content.on('error', () => {});
    content.resume();
    next();
  });
  try {
    await pipeline(createReadStream(archive), reader);
  } catch (error) {
    if (last === undefined) throw new UserError(`${name} is not a readable tar archive`);
    throw new UserError(
      last.end > size
        ? `${name} is cut short: it ends inside ${last.header.name}`
        : `${name} is damaged after ${last.header.name}: ${reasonOf(error)}`,
    );
  }
  return { name, files: [...contents].map(([path, source]) => ({ path, source })) };
}

/** Without a leading `./` or `/`. */
function pathInside(name: string): string {
  return name.replace(/^(\.?\/)+/, '');
}

/** Size of the file. @throws UserError when it certainly is no plain tar archive. */
async function refuseOthers(path: string): Promise<{ size: number }> {
  const head = Buffer.alloc(4);
  try {
    const { size } = await stat(path);
    const file = await open(path);
    await file.read(head, 0, 4, 0).finally(() => file.close());
    if (size === 0) throw new UserError(`${basename(path)} is not a readable tar archive: the file is empty`);
    const magic = head.toString('latin1');
    const packed = ['\x1f\x8b', 'BZh', '\xfd7z', '\x28\xb5\x2f\xfd'].some((start) => magic.startsWith(start));
    if (packed)
      throw new UserError(`${basename(path)} is compressed: decompress it to a plain .tar archive first`);
    return { size };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}
