/** What a launcher tells a process of the ranks beside it, by environment variables. */

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a process is among the processes that a launcher started. */
export interface World {
  readonly rank: number;
  readonly size: number;
  /** Rank among the processes on this host. */
  readonly localRank: number;
  readonly localSize: number;
}

/** Names of the four numbers, by launcher. Slurm's own variables are also set where nothing was launched: in a batch script. */
const launchers = [
  // Open MPI's mpirun; Intel's MPI and MPICH have their own.
  [
    'OMPI_COMM_WORLD_RANK',
    'OMPI_COMM_WORLD_SIZE',
    'OMPI_COMM_WORLD_LOCAL_RANK',
    'OMPI_COMM_WORLD_LOCAL_SIZE',
  ],
  ['PMI_RANK', 'PMI_SIZE', 'MPI_LOCALRANKID', 'MPI_LOCALNRANKS'],
  // `srun --mpi=pmi2` and `srun --mpi=pmix`.
  ['PMI_RANK', 'PMI_SIZE', 'SLURM_LOCALID', 'SLURM_NTASKS_PER_NODE'],
  ['PMIX_RANK', 'SLURM_NTASKS', 'SLURM_LOCALID', 'SLURM_NTASKS_PER_NODE'],
] as const;

/** The place of this process, or undefined where no launcher started it. Numbers of the host that nobody tells are those of one process. */
export function worldOf(environment: Environment): World | undefined {
  const numberOf = (name: string) => {
    const text = environment[name];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const told = launchers
    .map(([rank, size, localRank, localSize]) => ({
      rank: numberOf(rank),
      size: numberOf(size),
      localRank: numberOf(localRank),
      localSize: numberOf(localSize),
    }))
    .filter(({ rank, size }) => rank !== undefined && size !== undefined && rank < size);
  const found = told.find(({ localRank }) => localRank !== undefined) ?? told[0];
  if (found?.rank === undefined || found.size === undefined) return undefined;
  const { rank, size, localRank = 0, localSize = 1 } = found;
  return { rank, size, localRank, localSize: Math.max(localSize, localRank + 1) };
}

/** What the supervisor tells the ranks that it starts. */
export interface Orders {
  /** Ranks that there must be. */
  readonly ranks: number;
  /** Names the processes of one job on a host. */
  readonly job: string;
  /** 1 for the first start, 2 after the first restart. */
  readonly attempt: number;
  /** Columns of the terminal that rank 0 writes to; undefined where its output goes to a file or a program. */
  readonly columns: number | undefined;
}

/** The variable by which processes of a job are found on a host. */
export const jobVariable = 'NORMFACE_JOB';

export function environmentOf({ ranks, job, attempt, columns }: Orders): Record<string, string> {
  return {
    NORMFACE_RANKS: String(ranks),
    [jobVariable]: job,
    NORMFACE_ATTEMPT: String(attempt),
    ...(columns !== undefined && { NORMFACE_COLUMNS: String(columns) }),
  };
}

/** The orders of the supervisor that started this process, if one did. */
export function ordersOf(environment: Environment): Orders | undefined {
  const { NORMFACE_RANKS: ranks, NORMFACE_ATTEMPT: attempt, NORMFACE_COLUMNS: columns } = environment;
  const job = environment[jobVariable];
  if (ranks === undefined || job === undefined) return undefined;
  return {
    ranks: Number(ranks),
    job,
    attempt: Number(attempt ?? 1),
    columns: columns === undefined ? undefined : Number(columns),
  };
}
