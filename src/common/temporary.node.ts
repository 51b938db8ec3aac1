/** Names under which files and folders are made before they get their own, and what ended processes left under such names. */

import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** `.NAME.MACHINE-PROCESS.RANDOM.tmp` */
const pattern = /^\..+\.([0-9a-f]{8})-(\d{1,10})\.[0-9a-f-]{36}\.tmp$/;

/** Of the same length whatever the machine is called. Asked for when a file is made: Deno may forbid it. */
function machineName(): string {
  return createHash('sha256').update(os.hostname()).digest('hex').slice(0, 8);
}

/** Folders that this process has cleared. */
const cleared = new Set<string>();

/**
 * A hidden name beside a file or folder that is to be made. What processes of this machine that were ended by force have left in the same
 * folder is removed, once.
 */
export function temporaryBeside(target: string): string {
  const folder = path.dirname(path.resolve(target));
  if (!cleared.has(folder)) removeForsaken(folder);
  cleared.add(folder);
  // A name that nobody can foresee, opened only if it is new: in a folder that others may write, nothing waits there as a link.
  return path.join(folder, `.${path.basename(target)}.${machineName()}-${process.pid}.${randomUUID()}.tmp`);
}

function removeForsaken(folder: string): void {
  try {
    for (const name of fs.readdirSync(folder)) {
      const [, made, pid] = pattern.exec(name) ?? [];
      if (made !== machineName() || isRunning(Number(pid))) continue;
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  } catch {
    // The folder is not there yet, or it belongs to another user, who removes it.
  }
}

/** Whether a process is there that has ended, and that the one that started it has not asked about yet (proc(5), state Z). */
function hasEnded(pid: number): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    // Not Linux.
    return false;
  }
}

/** Whether a process of this number runs on this machine. */
export function isRunning(pid: number): boolean {
  try {
    // Signal 0 only asks.
    process.kill(pid, 0);
    return !hasEnded(pid);
  } catch (error) {
    // Another user's process may not be signalled, but is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
