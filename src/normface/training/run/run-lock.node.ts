/** The lock of a run's folder: one process at a time trains in it. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { readRegularFileSync } from '../../../common/regular-file.node.ts';
import { isRunning } from '../../../common/temporary.node.ts';

export const lockName = 'lock.json';

/** Another process trains there, or may. */
export class InUseError extends UserError {
  override name = 'InUseError';
}

/** What the file `lock.json` says of the process that trains. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  /** When the process began, in the system's own unit, where the system tells: numbers of processes are used again. */
  readonly began: string | null;
}

/** A file without a readable holder is being written at this moment, unless it is older than this. */
const LONGEST_WRITE_MS = 10_000;

/** More than any lock has. */
const mostLockBytes = 2 ** 16;

export class RunLock {
  private readonly file: string;
  private readonly text: string;

  /**
   * Locks a run's folder. The lock of a process of this machine that is gone is taken over.
   * @throws InUseError when another process trains in it, UserError when the lock cannot be written
   */
  constructor(runFolder: string) {
    this.file = path.join(runFolder, lockName);
    const pid = process.pid;
    const holder: Holder = { pid, host: os.hostname(), since: new Date().toISOString(), began: beganAt(pid) };
    this.text = `${JSON.stringify(holder)}\n`;
    while (!this.create()) this.removeStale(runFolder);
  }

  /** Lets others train in the folder. May be called again. */
  release(): void {
    if (readText(this.file) === this.text) fs.rmSync(this.file, { force: true });
  }

  /** @returns false when the file is there already */
  private create(): boolean {
    try {
      fs.writeFileSync(this.file, this.text, { flag: 'wx' });
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      // On a full disk the file is there, but empty.
      if (code === 'ENOSPC' || code === 'EDQUOT') fs.rmSync(this.file, { force: true });
      throw new UserError(`cannot write ${this.file}: ${reasonOf(error)}`);
    }
  }

  private removeStale(runFolder: string): void {
    const found = readText(this.file);
    if (found === undefined) {
      if (fs.lstatSync(this.file, { throwIfNoEntry: false }))
        throw new UserError(`the run ${runFolder} has a lock that cannot be read, ${this.file}`);
      return;
    }
    const holder = parseHolder(found);
    if (holder ? mayBeAlive(holder) : ageOf(this.file) < LONGEST_WRITE_MS)
      throw inUse(runFolder, this.file, holder);
    // Two processes may find the same stale lock: the one that renames it removes it, and puts it back if it is the other's new one.
    const moved = `${this.file}.${process.pid}.stale`;
    try {
      fs.renameSync(this.file, moved);
      const fresh = readText(moved);
      if (fresh !== found && fresh !== undefined) {
        fs.writeFileSync(this.file, fresh, { flag: 'wx' });
        throw inUse(runFolder, this.file, parseHolder(fresh));
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EEXIST')
        throw new UserError(`cannot take over ${this.file}: ${reasonOf(error)}`);
    } finally {
      fs.rmSync(moved, { force: true });
    }
  }
}

/** Whether a process trains in a run's folder, as its lock says; of another machine nobody here can say that it does not. */
export function isInUse(runFolder: string): boolean {
  let text: string;
  try {
    // A pipe in its place would never end to be read.
    text = readRegularFileSync(path.join(runFolder, lockName), mostLockBytes).toString('utf8');
  } catch {
    return false;
  }
  const holder = parseHolder(text);
  return holder !== undefined && mayBeAlive(holder);
}

function inUse(runFolder: string, file: string, holder: Holder | undefined): InUseError {
  const who = holder ? `process ${holder.pid} on ${holder.host} since ${holder.since}` : 'another process';
  return new InUseError(`the run ${runFolder} is in use by ${who}; if that process is gone, remove ${file}`);
}

/** Whether a process may still train: of another machine nobody here can say that it does not. */
function mayBeAlive({ pid, host, began }: Holder): boolean {
  if (host !== os.hostname()) return true;
  if (!isRunning(pid)) return false;
  return began === null || beganAt(pid) === began;
}

/** When a process began, in clock ticks since the machine was started (proc(5), field 22 of /proc/PID/stat); null elsewhere. */
function beganAt(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder | null;
    return Number.isSafeInteger(holder?.pid) && typeof holder?.host === 'string' ? holder : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ageOf(file: string): number {
  const { mtimeMs } = fs.statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
  return Date.now() - mtimeMs;
}
