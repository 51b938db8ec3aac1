/** Writing files so that a crash or a full disk never leaves half of one. */

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from './errors.ts';

/** Writes the bytes to a new file and waits until they are on the disk. Tests put a failing one in its place. */
export type WriteFile = (file: string, bytes: Uint8Array) => void;

export const writeDurably: WriteFile = (file, bytes) => {
  const handle = fs.openSync(file, 'wx');
  try {
    for (let written = 0; written < bytes.length; )
      written += fs.writeSync(handle, bytes, written, bytes.length - written);
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
  // A name that nobody can foresee, opened only if it is new: in a folder that others may write, nothing waits there as a link.
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    // A file in the folder's place is for the next line to complain of: here it would be said to exist already.
    if (!fs.existsSync(path.dirname(file))) fs.mkdirSync(path.dirname(file), { recursive: true });
    write(temporary, bytes);
    fs.renameSync(temporary, file);
  } catch (error) {
    // `force` forgives a file that is not there, but not a folder that is none.
    if (fs.existsSync(temporary)) fs.rmSync(temporary, { force: true });
    throw new UserError(`cannot write ${file}: ${reasonOf(error)}`);
  }
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
