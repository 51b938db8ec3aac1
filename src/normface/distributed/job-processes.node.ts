/** Processes and shared memory that a job left on this host. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isRunning } from '../../common/temporary.node.ts';
import { jobVariable } from './orders.ts';

/**
 * Processes of this user whose environment has the job's name: launcher, daemons, ranks and what they started. Looks into /proc, so it
 * finds nothing on systems without it.
 */
export function processesOf(job: string): number[] {
  const entry = `${jobVariable}=${job}`;
  return processNumbers().filter(
    (pid) =>
      pid !== process.pid && readText(`/proc/${pid}/environ`).split('\0').includes(entry) && isRunning(pid),
  );
}

/** Ends processes at once. */
export function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

/** Where processes of Open MPI leave files, and on which host they ran. */
export interface Leftovers {
  /** Where they are. */
  readonly folder: string;
  /** As the host calls itself; files have the name up to its first dot. */
  readonly host?: string;
}

/**
 * Removes Open MPI's shared memory of ranks that were killed: files of this user and host, made since the job began, in which no process
 * has a part any more. Containers may share the folder, and none sees who has a part in another one's.
 * @param since milliseconds of the system's clock
 * @returns the names of the files
 */
export function removeSegments(
  since: number,
  { folder, host = os.hostname() }: Leftovers = { folder: '/dev/shm' },
): string[] {
  const segments = namesIn(folder).filter((name) => name.startsWith(`vader_segment.${shortName(host)}.`));
  if (segments.length === 0) return [];
  const mapped = processNumbers()
    .map((pid) => readText(`/proc/${pid}/maps`))
    .join('\n');
  return segments.filter((name) => {
    const file = path.join(folder, name);
    try {
      const { uid, mtimeMs } = fs.lstatSync(file);
      if (mapped.includes(file) || uid !== process.getuid?.() || mtimeMs < since) return false;
      fs.unlinkSync(file);
      return true;
    } catch {
      // Somebody else removed it.
      return false;
    }
  });
}

/**
 * Removes the folder of a launcher of Open MPI, which it leaves if it is killed, and the one for all of them where that is empty. Hosts may
 * share the folder for temporary files, and have launchers with the same number.
 * @param pid the launcher's process, which has ended
 */
export function removeSession(pid: number, { folder, host = os.hostname() }: Leftovers): void {
  for (const name of namesIn(folder).filter((name) => name.startsWith(`ompi.${shortName(host)}.`))) {
    const session = path.join(folder, name, `pid.${pid}`);
    try {
      if (fs.lstatSync(session).uid !== process.getuid?.()) continue;
      fs.rmSync(session, { recursive: true });
      // Refused while there are others.
      fs.rmdirSync(path.dirname(session));
    } catch {
      // It is not there, or not the last one.
    }
  }
}

const shortName = (host: string): string => host.split('.')[0]!;

const processNumbers = (): number[] =>
  namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
