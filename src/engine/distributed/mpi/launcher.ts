/** What launchers of MPI leave in the environment of the processes that they start. */

import type { Flavour } from './abi.ts';

/** By whom this process was started, and as which of how many. */
export interface Launched {
  readonly launcher: 'Open MPI' | 'MPICH' | 'Slurm';
  readonly rank: number;
  readonly size: number;
  /** Kinds of libraries that the launcher can connect, the likeliest first. */
  readonly flavours: readonly Flavour[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads what `mpirun` of Open MPI, Hydra (`mpirun` of MPICH and of Intel MPI) and Slurm's `srun` set; null where none of them has started
 * this process. A single task of Slurm counts as none, since every command in an allocation is one.
 */
export function launchedBy(environment: Environment): Launched | null {
  const number = (name: string) => {
    const text = environment[name];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const isSlurm = environment.SLURM_PROCID !== undefined;
  // Processes of Open MPI's launcher have variables of PMIx, too, and in an allocation of Slurm's: first come the surest signs.
  const candidates: readonly (Pick<Launched, 'launcher' | 'flavours'> & {
    readonly rank: number | undefined;
    readonly size: number | undefined;
  })[] = [
    {
      launcher: 'Open MPI',
      rank: number('OMPI_COMM_WORLD_RANK'),
      size: number('OMPI_COMM_WORLD_SIZE'),
      flavours: ['openmpi', 'standard'],
    },
    {
      launcher: isSlurm ? 'Slurm' : 'MPICH',
      rank: number('PMI_RANK'),
      size: number('PMI_SIZE'),
      flavours: isSlurm ? ['mpich', 'openmpi', 'standard'] : ['mpich', 'standard'],
    },
    {
      launcher: 'Slurm',
      rank: number('PMIX_RANK'),
      size: number('SLURM_STEP_NUM_TASKS'),
      flavours: ['openmpi', 'mpich', 'standard'],
    },
  ];
  for (const { launcher, rank, size, flavours } of candidates) {
    if (rank === undefined || size === undefined || (launcher === 'Slurm' && size < 2)) continue;
    return { launcher, rank, size, flavours };
  }
  return null;
}
