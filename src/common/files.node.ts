/** Writing files so that a crash or a full disk never leaves half of one. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from './errors.ts';
import { temporaryBeside } from './temporary.node.ts';

/** Writes bytes, piece after piece, to a new file and waits until they are on the disk. Tests put a failing one in its place. */
export type WriteFile = (file: string, pieces: readonly Uint8Array[]) => void;

/** Bytes for one call: a call that is given 2 GiB or more is refused by Node. */
const mostAtOnce = 2 ** 28;

export const writeDurably: WriteFile = (file, pieces) => {
  const handle = fs.openSync(file, 'wx');
  try {
    for (const bytes of pieces) {
      for (let written = 0; written < bytes.length; )
        written += fs.writeSync(handle, bytes, written, Math.min(mostAtOnce, bytes.length - written));
    }
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
};

/** Replaces a file as a whole: temporary name, sync, rename; on failure the old file is as before. */
export function replaceFile(
  file: string,
  content: Uint8Array | string,
  write: WriteFile = writeDurably,
): void {
  const temporary = temporaryBeside(file);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    // A file in the folder's place is for the next line to complain of: here the sentence would speak of another file.
    if (!fs.existsSync(path.dirname(file))) makeFolders(path.dirname(file));
    write(temporary, [bytes]);
    fs.renameSync(temporary, file);
  } catch (error) {
    // `force` forgives a file that is not there, but not a folder that is none.
    if (fs.existsSync(temporary)) fs.rmSync(temporary, { force: true });
    throw new UserError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}

/**
 * Makes a folder, and those above it that are missing; nothing if it exists. Level by level: `mkdirSync` with `recursive` of Node 20
 * tries for ever where the system says ENOENT although the folder above exists, as it does in /proc.
 *
 * @throws UserError if it is a file, or lies where there can be no new folder; what the system says of everything else
 */
export function makeFolders(folder: string): void {
  if (isFolder(folder)) return;
  if (fs.lstatSync(folder, { throwIfNoEntry: false }))
    throw new UserError(`${folder} is a file, not a folder`);
  const parent = path.dirname(path.resolve(folder));
  if (!fs.existsSync(parent)) makeFolders(parent);
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Another process may have made it in the same moment.
    if (isFolder(folder)) return;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new UserError(`no folder can be made in ${parent}`);
    throw error;
  }
}

function isFolder(name: string): boolean {
  return fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Makes the names in a folder durable, where the system can. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** The reason of a failed file operation in words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOSPC':
      return 'the disk is full';
    case 'EFBIG':
      return 'the file is larger than files may be here (ulimit -f, or the file system)';
    case 'EDQUOT':
      return 'the disk quota is used up';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of the path is not a folder';
    case 'EEXIST':
      return 'it exists already';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
