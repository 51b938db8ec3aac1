/** What the supervisor tells the ranks that it starts, by environment variables. */

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the supervisor runs. */
export interface SupervisorPlace {
  readonly pid: number;
  readonly host: string;
}

export interface Orders {
  /** Ranks that there must be. */
  readonly ranks: number;
  /** Names the processes of one job on a host. */
  readonly job: string;
  /** 1 for the first start, 2 after the first restart. */
  readonly attempt: number;
  /** Columns of the terminal that rank 0 writes to; undefined where its output goes to a file or a program. */
  readonly columns: number | undefined;
  /** The process that gives these orders. */
  readonly supervisor: SupervisorPlace;
}

/** The variable by which processes of a job are found on a host. */
export const jobVariable = 'NORMFACE_JOB';

export function environmentOf({ ranks, job, attempt, columns, supervisor }: Orders): Record<string, string> {
  return {
    NORMFACE_RANKS: String(ranks),
    [jobVariable]: job,
    NORMFACE_ATTEMPT: String(attempt),
    NORMFACE_SUPERVISOR: `${supervisor.pid}@${supervisor.host}`,
    ...(columns !== undefined && { NORMFACE_COLUMNS: String(columns) }),
  };
}

/** The orders of the supervisor that started this process, if one did. */
export function ordersOf(environment: Environment): Orders | undefined {
  const { NORMFACE_RANKS: ranks, NORMFACE_ATTEMPT: attempt, NORMFACE_COLUMNS: columns } = environment;
  const { [jobVariable]: job, NORMFACE_SUPERVISOR: supervisor = '' } = environment;
  const [, pid, host] = /^(\d+)@(.+)$/.exec(supervisor) ?? [];
  if (ranks === undefined || job === undefined || host === undefined) return undefined;
  return {
    ranks: Number(ranks),
    job,
    attempt: Number(attempt ?? 1),
    columns: columns === undefined ? undefined : Number(columns),
    supervisor: { pid: Number(pid), host },
  };
}
