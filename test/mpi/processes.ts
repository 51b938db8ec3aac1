/** Processes of this machine, found by variables of their environment. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes that have all of these variables. @param variables such as `PMI_RANK=1` */
export function processesWith(...variables: readonly string[]): number[] {
  if (process.platform !== 'linux') {
    const listed = execFileSync('ps', ['-Eww', '-axo', 'pid,command'], { encoding: 'utf8' });
    return listed
      .split('\n')
      .filter((line) => variables.every((variable) => line.includes(variable)))
      .map((line) => Number.parseInt(line, 10));
  }
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        // A process that is gone and not yet waited for has an empty environment.
        const environment = fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
        return variables.every((variable) => environment.includes(variable));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** What is still there after some seconds, on a busy machine, of processes with a variable. */
export async function survivorsOf(variable: string, seconds = 30): Promise<number[]> {
  const deadline = performance.now() + 1000 * seconds;
  for (;;) {
    const found = processesWith(variable);
    if (found.length === 0 || performance.now() > deadline) return found;
    await sleep(50);
  }
}

export function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Waits until something is there. @throws Error with `what` when it has not come within the time */
export async function until<T>(
  what: () => string,
  find: () => T | undefined | false,
  seconds = 300,
): Promise<T> {
  for (const end = performance.now() + 1000 * seconds; ; await sleep(10)) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`${what()} did not come about within ${seconds} s`);
  }
}
