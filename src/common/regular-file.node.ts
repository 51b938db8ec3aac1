/** Files that are read as a whole: a pipe without a writer never ends to wait, and a device such as /dev/zero never ends. */

import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { reasonOf } from './files.node.ts';

/** Larger than any picture or list here: 256 MiB. */
export const mostFileBytes = 2 ** 28;

/** All bytes of a file of at most `most` bytes. @throws Error with the reason in a few words */
export async function readRegularFile(path: string, most = mostFileBytes): Promise<Buffer> {
  try {
    await regularFileSize(path, most);
    return await readFile(path);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}

/** {@link regularFileSize}, without waiting for others. @throws the system's error, or one with the reason in a few words */
export function regularFileSizeSync(path: string, most = mostFileBytes): number {
  return checked(statSync(path), most);
}

/** {@link readRegularFile}, without waiting for others. @throws Error with the reason in a few words */
export function readRegularFileSync(path: string, most = mostFileBytes): Buffer {
  try {
    checked(statSync(path), most);
    return readFileSync(path);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}

/** Size in bytes of a file that may be opened. @throws Error with the reason in a few words */
export async function regularFileSize(path: string, most = mostFileBytes): Promise<number> {
  try {
    return checked(await stat(path), most);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}

/** Folders are left to the one who reads: the system has a sentence of its own for them. */
function checked(found: Stats, most: number): number {
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is not a regular file');
  if (found.size > most) throw new Error(`it is larger than ${Math.round(most / 2 ** 20)} MiB`);
  return found.size;
}
