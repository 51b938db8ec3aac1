import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { ArchiveTree } from './archive-tree.ts';
import { type OnFiles, type Tree, walk } from './walk.ts';

/** The first tar format, without "ustar", is read too; the types of the package do not know the setting. */
const readerOptions = { allowUnknownFormat: true } as Parameters<typeof extract>[0];

/** Size of the block before an entry's content. */
const headerBytes = 512;

/**
 * The files inside an uncompressed tar archive, which is not unpacked: the archive is walked once, and a file is then read by its
 * position. Links inside the archive lead to what they name.
 * @param archive absolute path
 * @param name what it is called in errors
 * @throws UserError when the file is no tar archive or is cut short
 */
export async function readTar(archive: string, name: string, onFiles?: OnFiles): Promise<Tree> {
  const { size } = await stat(archive);
  if (size === 0) throw new UserError(`${name} is not a readable tar archive: the file is empty`);
  const tree = new ArchiveTree();
  let last: { header: Header; end: number } | undefined;
  let members = 0;

  const reader = extract(readerOptions);
  reader.on('entry', (header, content, next) => {
    const offset = content.offset + headerBytes;
    last = { header, end: offset + header.size };
    // An error of the archive ends its current content too; it is dealt with below.
    content.on('error', () => {});
    content.resume();
    addMember(tree, header, archive, offset);
    onFiles?.(++members);
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
  return walk(name, tree);
}

function addMember(tree: ArchiveTree, header: Header, path: string, offset: number): void {
  const { name, type, size, pax } = header;
  const linkname = header.linkname ?? '';
  // In the POSIX format a sparse file is a usual one whose content begins with a map of its holes.
  const isSparse = Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse.'));
  if (type === 'directory') return;
  if (type === 'symlink') tree.addLink(name, linkname);
  else if (type === 'link') {
    const source = tree.find(linkname);
    if (source) tree.addFile(name, source);
    else tree.addOther(name, 'hard links to a file that is not before them');
  } else if (type === 'character-device' || type === 'block-device' || type === 'fifo')
    tree.addOther(name, 'devices, pipes and sockets');
  else if ((type === 'file' || type === 'contiguous-file') && !isSparse)
    tree.addFile(name, { kind: 'range', path, offset, length: size });
  else tree.addOther(name, 'sparse files and members of other unusual kinds');
}
