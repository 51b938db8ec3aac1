/** What the end of a job means: done, stop with a status, or start it again. */

import type { EndMessage, StartMessage } from './messages.ts';

/** All that is known of a job that ended. */
export interface JobEnd {
  /** Exit status of the launcher, or the signal that ended it. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly starts: readonly StartMessage[];
  /** What ranks said at their ends, in the order in which it came. */
  readonly ends: readonly EndMessage[];
  /** What the launcher itself said. */
  readonly said: readonly string[];
  /** Why the supervisor ended the job, if it did. */
  readonly ended?: string;
}

export interface Verdict {
  readonly action: 'done' | 'stop' | 'restart';
  /** Exit status of the program, if it ends now. */
  readonly status: number;
  /** Why; empty where it is done. */
  readonly reason: string;
}

/** Statuses of a rank after which the next start would end the same way, and what they become: the exit statuses of one process. */
const final: ReadonlyMap<number, number> = new Map([
  // An error that people are meant to meet: a file, a full disk, an adapter.
  [1, 1],
  // Words or configuration, also where ranks differ in them.
  [2, 2],
  // The run diverged.
  [3, 3],
  // Interrupted and saved.
  [130, 130],
  // The launcher is of another MPI than the library.
  [64, 2],
]);

/** SIGTERM, by which launchers end the other ranks when one died. */
const TERMINATED = 143;

/**
 * @param ranks how many there are
 * @param wasAsked whether somebody asked to stop
 */
export function judge(end: JobEnd, { ranks, wasAsked }: { ranks: number; wasAsked: boolean }): Verdict {
  const { starts, ends } = end;
  const first = ends.find(({ status }) => status !== 0 && status !== TERMINATED);
  const isOver =
    ends.every(({ status }) => status === 0) && new Set(ends.map(({ rank }) => rank)).size === ranks;
  // What a launcher makes of ranks that all ended well does not count.
  if (isOver || (starts.length === 0 && end.status === 0)) return { action: 'done', status: 0, reason: '' };
  const reason = reasonOf(end, first);
  const status = first && final.get(first.status);
  if (status !== undefined) return { action: 'stop', status, reason };
  // Where not even one rank ran, hosts, slots or the program are wrong.
  const isHopeless = starts.length === 0 && end.ended === undefined;
  return { action: wasAsked || isHopeless ? 'stop' : 'restart', status: 1, reason };
}

function reasonOf(end: JobEnd, first: EndMessage | undefined): string {
  if (first)
    return `rank ${first.rank} on ${first.host}: ${first.reason ?? `it ended with status ${first.status}`}`;
  if (end.ended !== undefined) return end.ended;
  const how = end.signal
    ? `the launcher was ended by ${end.signal}`
    : `the launcher ended with status ${end.status}`;
  if (end.starts.length === 0) {
    const said = end.said.slice(0, 4).join(' ');
    return `no rank was started: ${said === '' ? how : said}`;
  }
  const happened = whatHappened(end);
  // Ranks whose launcher is gone end because of it.
  if (!happened && end.signal) return how;
  return `${happened ?? 'a rank ended without a word'}; ${how}`;
}

/**
 * What Open MPI says of a host that it hears nothing from any more ("ORTE has lost communication with a remote daemon", "Remote daemon:
 * [[1,0],1] on node b"), and the rank that a signal ended, as Open MPI tells ("process rank 1 with PID 12 on node a exited on signal 9"). MPICH ("PID 12 RUNNING
 * AT a", "EXIT CODE: 9") may name one that it ended itself because of another, so only where it was is taken.
 */
function whatHappened({ said }: JobEnd): string | undefined {
  const text = said.join('\n');
  const lost = /lost communication with a remote daemon[\s\S]*Remote daemon: .* on node (\S+)/.exec(text);
  if (lost) return `the connection to ${lost[1]} is lost`;
  const openMpi = /process rank (\d+) .*on node (\S+) exited on signal (\d+)/.exec(text);
  if (openMpi) return `rank ${openMpi[1]} on ${openMpi[2]} ended by signal ${openMpi[3]}`;
  const mpich = /PID \d+ RUNNING AT (\S+)\s+EXIT CODE: (\d+)/.exec(text);
  return mpich ? `a rank on ${mpich[1]} ended with code ${mpich[2]}` : undefined;
}
