import type { Communicator } from '../../engine/distributed/communicator.ts';

/** How the clock of a rank, `performance.now()`, is related to that of rank 0. */
export interface ClockOffset {
  /** Milliseconds to add for the time on the clock of rank 0. */
  readonly offset: number;
  /** Half of the range in which the middle half of the differences lie, milliseconds. */
  readonly uncertainty: number;
}

const barriers = 33;

/**
 * Compares the clocks of ranks: all leave a barrier at about the same moment. How late one of them notices varies, to either side, so that
 * of many differences the middle one is taken. All ranks must call it.
 */
export async function alignClocks(
  ranks: Communicator,
  now: () => number = () => performance.now(),
): Promise<ClockOffset> {
  const own = new Float64Array(barriers);
  for (let i = 0; i < barriers; i++) {
    await ranks.barrier();
    own[i] = now();
  }
  const all = new Float64Array(barriers * ranks.size);
  await ranks.allGather(own, all);
  const differences = own.map((moment, i) => all[i]! - moment).sort();
  const quarter = Math.floor(barriers / 4);
  return {
    offset: differences[barriers >> 1]!,
    uncertainty: (differences[barriers - 1 - quarter]! - differences[quarter]!) / 2,
  };
}
