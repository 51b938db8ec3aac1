import { buffer } from 'node:stream/consumers';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { UserError } from '../../../common/errors.ts';
import { ArchiveTree, mostTargetBytes } from './archive-tree.ts';
import { type OnFiles, type Tree, walk } from './walk.ts';

/** Compression methods (APPNOTE.TXT of PKWARE, section 4.4.5). */
const stored = 0;
const deflated = 8;

/** File type of Unix in the upper half of the external attributes. */
const typeMask = 0o170000;
const symbolicLink = 0o120000;

/**
 * The files inside a zip archive, which is not unpacked: a file is read by its position when it is needed.
 * @param archive absolute path
 * @param name what it is called in errors
 * @throws UserError when the file is no whole zip archive
 */
export async function readZip(archive: string, name: string, onFiles?: OnFiles): Promise<Tree> {
  const tree = new ArchiveTree();
  try {
    const zip = await yauzl.openPromise(archive, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
    });
    try {
      let members = 0;
      for await (const entry of zip.eachEntry()) {
        await addMember(tree, zip, entry, archive);
        onFiles?.(++members);
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    throw new UserError(`${name} is not a readable zip archive: ${(error as Error).message}`);
  }
  return walk(name, tree);
}

async function addMember(tree: ArchiveTree, zip: ZipFile, entry: Entry, path: string): Promise<void> {
  const { generalPurposeBitFlag, fileNameRaw, extraFields, compressionMethod } = entry;
  const name = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
  if (name.endsWith('/')) return;
  if (entry.isEncrypted()) return tree.addOther(name, 'encrypted files');
  if (compressionMethod !== stored && compressionMethod !== deflated)
    return tree.addOther(name, 'files that are compressed in an unusual way');
  if (((entry.externalFileAttributes >>> 16) & typeMask) === symbolicLink) {
    if (entry.uncompressedSize > mostTargetBytes) return tree.addOther(name, 'links without a usable target');
    const target = await buffer(await zip.openReadStreamPromise(entry));
    return tree.addLink(name, target.toString('utf8'));
  }
  const { fileDataStart: offset } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const range = { kind: 'range', path, offset, length: entry.compressedSize } as const;
  tree.addFile(name, compressionMethod === stored ? range : { ...range, inflated: entry.uncompressedSize });
}
