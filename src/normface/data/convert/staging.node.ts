/** Files that appear all together when they are whole, or not at all. */

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { makeFolders, reasonOf, syncFolder } from '../../../common/files.node.ts';

/** Bytes that are collected before they are written. */
const writtenAtOnce = 2 ** 22;

/** A folder beside the place of a result, in which the result is made. */
export class Staging {
  readonly folder: string;
  readonly #target: string;
  readonly #files: StagedFile[] = [];

  /** @param target the file or folder that is to be made. @throws UserError when its folder cannot be written */
  constructor(target: string) {
    this.#target = path.resolve(target);
    const parent = path.dirname(this.#target);
    this.folder = path.join(parent, `.${path.basename(this.#target)}.${randomUUID()}.tmp`);
    this.#try(() => {
      makeFolders(parent);
      fs.mkdirSync(this.folder);
    });
  }

  /** A new file of the result, that is written from its beginning to its end. */
  file(name: string): StagedFile {
    const file = new StagedFile(path.join(this.folder, name), (work) => this.#try(work));
    this.#files.push(file);
    return file;
  }

  /** Writes a whole file of the result; the folders above it are made. */
  write(name: string, bytes: Uint8Array): void {
    this.#try(() => {
      fs.mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true });
      fs.writeFileSync(path.join(this.folder, name), bytes, { flag: 'wx' });
    });
  }

  /** Moves files to where the target is to be, the one that the others belong to last. */
  commitFiles(names: readonly string[]): void {
    for (const file of this.#files) file.end();
    this.#try(() => {
      const parent = path.dirname(this.#target);
      for (const name of names) fs.renameSync(path.join(this.folder, name), path.join(parent, name));
      syncFolder(parent);
    });
    this.discard();
  }

  /** Makes the folder itself the target, which is not there or is empty. */
  commitFolder(): void {
    this.#try(() => {
      if (fs.existsSync(this.#target)) fs.rmdirSync(this.#target);
      fs.renameSync(this.folder, this.#target);
      syncFolder(path.dirname(this.#target));
    });
  }

  /** Removes what is not finished. */
  discard(): void {
    for (const file of this.#files) file.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`cannot write ${this.#target}: ${reasonOf(error)}`);
    }
  }
}

/** A file that is written piece by piece. */
export class StagedFile {
  /** Bytes so far. */
  length = 0;
  #handle: number | undefined;
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  readonly #guard: (work: () => void) => void;

  constructor(file: string, guard: (work: () => void) => void) {
    this.#guard = guard;
    guard(() => {
      this.#handle = fs.openSync(file, 'wx');
    });
  }

  append(content: Uint8Array | string): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    this.#pieces.push(bytes);
    this.#waiting += bytes.length;
    this.length += bytes.length;
    if (this.#waiting >= writtenAtOnce) this.#flush();
  }

  /** Waits until all is on the disk. */
  end(): void {
    if (this.#handle === undefined) return;
    this.#flush();
    this.#guard(() => fs.fsyncSync(this.#handle!));
    this.close();
  }

  close(): void {
    if (this.#handle === undefined) return;
    fs.closeSync(this.#handle);
    this.#handle = undefined;
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#waiting = 0;
    this.#guard(() => {
      for (let written = 0; written < bytes.length; )
        written += fs.writeSync(this.#handle!, bytes, written, bytes.length - written);
    });
  }
}
