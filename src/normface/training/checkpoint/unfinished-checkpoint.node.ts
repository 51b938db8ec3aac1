/** A checkpoint that is being written: under a temporary name, which becomes that of its step when all of its files are on the disk. */

import fs from 'node:fs';
import path from 'node:path';
import { makeFolders, replaceFile, syncFolder, type WriteFile } from '../../../common/files.node.ts';
import { DONE, describeFiles, sha256Of } from './done.node.ts';

/** Where a checkpoint is written. */
export interface Place {
  /** The run's folder `ckpt`. */
  readonly parent: string;
  /** Of the step's folder in it. */
  readonly name: string;
  /** Process that makes the folder; it is a part of the temporary name. */
  readonly owner: number;
}

/** SHA-256 of files by their names. */
export type Sums = Readonly<Record<string, string>>;

export class UnfinishedCheckpoint {
  /** What it is called in the end. */
  readonly folder: string;
  readonly temporary: string;
  private readonly parent: string;
  private readonly replaced: string;
  private readonly write: WriteFile;
  private moved = false;

  constructor({ parent, name, owner }: Place, write: WriteFile) {
    this.parent = parent;
    this.folder = path.join(parent, name);
    this.temporary = path.join(parent, `.${name}.${owner}.tmp`);
    this.replaced = path.join(parent, `.${name}.${owner}.old`);
    this.write = write;
  }

  /** Makes the folder, without what a killed process of the same number left. */
  begin(): void {
    makeFolders(this.parent);
    for (const leftover of [this.temporary, this.replaced])
      fs.rmSync(leftover, { recursive: true, force: true });
    makeFolders(this.temporary);
  }

  /** Writes files, each given in pieces. */
  add(files: Readonly<Record<string, readonly Uint8Array[]>>): Sums {
    const sums: Record<string, string> = {};
    for (const [name, pieces] of Object.entries(files)) {
      this.write(path.join(this.temporary, name), pieces);
      sums[name] = sha256Of(...pieces);
    }
    return sums;
  }

  /** Gives it its name, and then DONE: from then on it counts. @param sums of all files */
  finish(sums: Sums): void {
    syncFolder(this.temporary);
    if (fs.existsSync(this.folder)) fs.renameSync(this.folder, this.replaced);
    fs.renameSync(this.temporary, this.folder);
    this.moved = true;
    // By a rename as well: half of it would look like damage.
    replaceFile(path.join(this.folder, DONE), describeFiles(sums), this.write);
    syncFolder(this.folder);
    syncFolder(this.parent);
  }

  /** Removes the one of the same step that it took the place of. */
  removeReplaced(): void {
    attempt(() => fs.rmSync(this.replaced, { recursive: true, force: true }));
  }

  /** Leaves everything as it was before. */
  discard(): void {
    attempt(() => fs.rmSync(this.temporary, { recursive: true, force: true }));
    if (this.moved) attempt(() => fs.rmSync(this.folder, { recursive: true, force: true }));
    if (fs.existsSync(this.replaced)) attempt(() => fs.renameSync(this.replaced, this.folder));
  }
}

/** Does what may fail without harm. @returns the error, or undefined */
export function attempt(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}
