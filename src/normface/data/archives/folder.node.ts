import { isUtf8 } from 'node:buffer';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { type Entry, type FileSystem, type OnFiles, type Target, type Tree, walk } from './walk.ts';

/** All files below a folder, by path. Links are followed. @throws UserError when it cannot be read. */
export async function readFolder(path: string, onFiles?: OnFiles): Promise<Tree> {
  const root = await realpath(path).catch((error) => refuse(resolve(path), error));
  const system: FileSystem = {
    root,
    join,
    list: listFolder,
    follow: followLink,
    source: (path) => ({ kind: 'file', path }),
  };
  return walk(basename(resolve(path)), system, onFiles);
}

async function listFolder(folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => refuse(folder, error));
  // Where bytes are no UTF-8 the name holds U+FFFD in their place, and names nothing on the disk.
  const unnamed = entries.some(({ name }) => name.includes('\uFFFD'))
    ? await namesNotUtf8(folder)
    : undefined;
  return entries.map((entry): Entry => {
    const { name } = entry;
    if (unnamed?.has(name))
      return { name, kind: 'other', what: 'files and folders whose names are not valid UTF-8' };
    if (entry.isFile()) return { name, kind: 'file' };
    if (entry.isDirectory()) return { name, kind: 'folder' };
    if (entry.isSymbolicLink()) return { name, kind: 'link' };
    return { name, kind: 'other', what: 'devices, pipes and sockets' };
  });
}

async function namesNotUtf8(folder: string): Promise<Set<string>> {
  const names = await readdir(folder, { encoding: 'buffer' }).catch((error) => refuse(folder, error));
  return new Set(names.filter((name) => !isUtf8(name)).map((name) => name.toString()));
}

async function followLink(link: string): Promise<Target | undefined> {
  try {
    const path = await realpath(link);
    const found = await stat(path);
    return found.isFile()
      ? { kind: 'file', path }
      : found.isDirectory()
        ? { kind: 'folder', path }
        : undefined;
  } catch {
    // It leads nowhere: listed as a file, so that the loader reports it by name.
    return { kind: 'file', path: link };
  }
}

function refuse(folder: string, error: unknown): never {
  throw new UserError(`cannot read the folder ${folder}: ${reasonOf(error)}`);
}
