/** Files that appear all together when they are whole, or not at all. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { makeFolders, reasonOf, syncFolder } from '../../../common/files.node.ts';
import { temporaryBeside } from '../../../common/temporary.node.ts';

/** Bytes that are collected before they are written. */
const writtenAtOnce = 2 ** 22;

/** The signals that end a process without its event `exit`. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A folder beside the place of a result, in which the result is made; it is gone when that fails, a signal
 * ends the process, or, after an end by force, with the next result there.
 */
export class Staging {
  readonly folder: string;
  readonly #target: string;
  readonly #files: StagedFile[] = [];
  /** Folders that had to be made for the target, the innermost first. */
  readonly #made: string[] = [];
  readonly #onSignal = (signal: NodeJS.Signals) => {
    this.discard();
    // Others who listen end the process in their own time.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };

  /** @param target the file or folder that is to be made. @throws UserError when its folder cannot be written */
  constructor(target: string) {
    this.#target = path.resolve(target);
    const parent = path.dirname(this.#target);
    this.folder = temporaryBeside(this.#target);
    for (let above = parent; !fs.existsSync(above); above = path.dirname(above)) this.#made.push(above);
    this.#try(() => {
      makeFolders(parent);
      fs.mkdirSync(this.folder);
    });
    for (const signal of signals) process.on(signal, this.#onSignal);
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
    this.#made.length = 0;
    this.discard();
  }

  /** Makes the folder itself the target, which is not there or is empty. */
  commitFolder(): void {
    this.#try(() => {
      if (fs.existsSync(this.#target)) fs.rmdirSync(this.#target);
      fs.renameSync(this.folder, this.#target);
      syncFolder(path.dirname(this.#target));
    });
    this.#made.length = 0;
    this.discard();
  }

  /** Removes what is not finished. */
  discard(): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
    for (const file of this.#files) file.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
    for (const folder of this.#made.splice(0))
      if (fs.existsSync(folder) && fs.readdirSync(folder).length === 0) fs.rmdirSync(folder);
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
