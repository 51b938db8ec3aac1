/** Starts the ranks, and starts them again from the last checkpoint when one dies. Nothing of MPI is in this process. */

import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { countText } from '../../common/format.ts';
import { Job, type Patience } from './job.node.ts';
import { removeSegments, removeSession } from './job-processes.node.ts';
import { type Job as JobPlan, launchArguments, launchEnvironment } from './launch-line.ts';
import { type Environment, environmentOf } from './orders.ts';
import { judge } from './restart-policy.ts';

export interface Supervision extends Omit<JobPlan, 'program'> {
  /** The program and its words. @param run the folder of the run to go on with, if it has a checkpoint */
  readonly program: (run: string | undefined) => readonly string[];
  /** The folder of a run that is resumed. */
  readonly run?: string;
  /** Whether a run's folder holds something to go on with. */
  readonly hasCheckpoint: (run: string) => boolean;
  readonly maxRestarts: number;
  /** Of the terminal that rank 0 writes to. */
  readonly columns: number | undefined;
  readonly stdout: (text: string) => void;
  readonly stderr: (line: string) => void;
  /** Gets sentences for the person. */
  readonly warn: (text: string) => void;
  /** Calls its argument whenever somebody asks to stop, until the returned function is called. */
  readonly onStop: (stop: () => void) => () => void;
  readonly environment?: Environment;
  readonly patience?: Partial<Patience>;
  /** Seconds between the end of a job and the next start. */
  readonly pause?: number;
}

export interface Supervised {
  /** Exit status of the program. */
  readonly status: number;
  /** Why it is not 0. */
  readonly reason: string;
  readonly restarts: number;
}

/** Runs a job to its end, over as many starts as it takes and is allowed. */
export async function supervise(supervision: Supervision): Promise<Supervised> {
  const { ranks, maxRestarts, hasCheckpoint, warn, onStop, pause = 2 } = supervision;
  const { environment: given = process.env } = supervision;
  let { run } = supervision;
  let job: Job | undefined;
  let wasAsked = false;
  const unwatch = onStop(() => {
    wasAsked = true;
    job?.stop();
  });
  try {
    for (let restarts = 0; ; restarts++) {
      const began = Date.now();
      const from = run !== undefined && hasCheckpoint(run) ? run : undefined;
      job = startJob(supervision, from ?? supervision.run, restarts + 1, (folder) => {
        run = folder;
      });
      const end = await job.ended;
      removeSegments(began);
      if (job.pid !== undefined) removeSession(job.pid, { folder: temporaryFolder(given) });
      const verdict = judge(end, { ranks, wasAsked });
      const { reason } = verdict;
      if (verdict.action !== 'restart') return { status: verdict.status, reason, restarts };
      if (wasAsked) return { status: 1, reason, restarts };
      if (restarts >= maxRestarts) {
        const times =
          maxRestarts === 0 ? 'no restart is allowed' : `${countText(maxRestarts, 'restart')} did not help`;
        return { status: verdict.status, reason: `${reason}; ${times}`, restarts };
      }
      const resumes = run !== undefined && hasCheckpoint(run);
      warn(
        `${reason}; restart ${restarts + 1} of ${maxRestarts}, ${resumes ? `from the last checkpoint of ${run}` : `from the beginning${run === undefined ? '' : `, in another folder than ${run}, which has no checkpoint`}`}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 1000 * pause));
      if (wasAsked) return { status: 1, reason, restarts };
    }
  } finally {
    unwatch();
  }
}

/** Where Open MPI looks for it. */
const temporaryFolder = ({ TMPDIR, TEMP, TMP }: Environment): string => TMPDIR || TEMP || TMP || '/tmp';

function startJob(
  supervision: Supervision,
  run: string | undefined,
  attempt: number,
  onRun: (folder: string) => void,
): Job {
  const { launcher, ranks, columns, stdout, stderr, patience } = supervision;
  const { environment: given = process.env } = supervision;
  const self = { pid: process.pid, host: os.hostname() };
  const orders = { ranks, job: randomUUID(), attempt, columns, supervisor: self };
  const environment = launchEnvironment({ ...given, ...environmentOf(orders) });
  const place = {
    isRoot: process.getuid?.() === 0,
    processors: os.availableParallelism(),
    environment,
  };
  return new Job({
    command: launcher.path,
    args: launchArguments({ ...supervision, program: supervision.program(run) }, place),
    environment,
    ...{ stdout, stderr, patience },
    onMessage: (message) => {
      if (message.kind === 'run') onRun(message.folder);
    },
  });
}
