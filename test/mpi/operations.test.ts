import { describe, expect, test } from 'vitest';
import { ringBytes } from '../../src/engine/distributed/communicator.ts';
import { bundledPrograms, families, findLauncher, launch } from './launch.ts';

const program = bundledPrograms({
  operations: 'test/mpi/programs/operations.ts',
  memory: 'test/mpi/programs/memory.ts',
  error: 'test/mpi/programs/error.ts',
});

/** 0, 1, … */
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** By hand: what a rank of several gets from each operation of programs/operations.ts. */
function expected(rank: number, size: number): Record<string, unknown> {
  const ranks = numbers(size);
  const sum = (size * (size - 1)) / 2;
  const values: Record<string, unknown> = { rank, size, local: [rank, size] };
  for (const type of ['Float32Array', 'Float64Array', 'Int32Array', 'Uint32Array', 'Uint8Array']) {
    values[`${type} sum`] = [
      sum + size,
      10 * sum,
      type === 'Uint8Array' ? (100 * size - sum) % 256 : 100 * size - sum,
    ];
    values[`${type} max`] = [size, 10 * (size - 1), 100];
    values[`${type} min`] = [1, 0, 100 - (size - 1)];
  }
  values.view = [rank, rank, sum, sum, sum, rank, rank];
  values.shared = [sum + size, sum + size];
  values.allGather = ranks.flatMap((r) => [r, 10 * r, 100 * r]);
  values.unevenGather = ranks.flatMap((r) => Array<number>(3 * r).fill(r));
  // Before the rank's 3·rank elements come 0 + 3 + … + 3·(rank − 1).
  const first = (3 * rank * (rank - 1)) / 2;
  values.unevenScatter = numbers(3 * rank).map((i) => size * (first + i) + sum);
  values.scatter = [2 * rank * size, (2 * rank + 1) * size];
  values.broadcast = Array<number>(5).fill(size - 1);
  values.allToAll = ranks.flatMap((sender) => numbers(3).map((i) => 30 * sender + 3 * rank + i));
  values.small = numbers(200).map((i) => i * size + sum);
  values.running = size ** 10;
  return values;
}

describe.each(families)('%s', (family) => {
  const there = findLauncher(family) !== null;

  /** What each rank of `operations` printed. */
  async function results(ranks: number, ...args: string[]): Promise<Record<string, unknown>[]> {
    const outcome = await launch(family, program('operations'), { ranks, args });
    expect(outcome).toMatchObject({ status: 0, survivors: [] });
    return outcome.ranks.map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
  }

  test.runIf(there).each([1, 2, 4])('%i ranks: every operation, in its order', async (size) => {
    const got = await results(size);
    for (const [rank, result] of got.entries()) {
      expect(result).toMatchObject(expected(rank, size));
      expect(result.backend).toMatch(family === 'openmpi' ? /^Open MPI \d/ : /^MPICH \d/);
      // The same bits on all ranks and every time.
      expect(result.digests).toEqual(got[0]!.digests);
      for (const digests of result.digests as string[][]) expect(digests).toHaveLength(1);
    }
    const traffic = got[0]!.traffic as Record<string, number>;
    expect(traffic.broadcast).toBe(ringBytes('broadcast', 40, size));
    expect(traffic.allToAll).toBe(ringBytes('allToAll', 3 * size, size));
  });

  test.runIf(there)('arrays that are too long for one call of MPI go in pieces', async () => {
    for (const [rank, result] of (await results(2, '2')).entries()) {
      expect(result).toMatchObject(expected(rank, 2));
    }
  });

  test.runIf(there)('arrays that only an operation knows are not collected as garbage', async () => {
    const outcome = await launch(family, program('memory'), { ranks: 2, flags: ['--expose-gc'] });
    expect(outcome.ranks.map(({ stdout }) => stdout)).toEqual(['wrong 0\n', 'wrong 0\n']);
    expect(outcome).toMatchObject({ status: 0, survivors: [] });
  });

  test.runIf(there)('an error of MPI has the function, its class and its text', async () => {
    const outcome = await launch(family, program('error'), { ranks: 1 });
    // MPI_ERR_ROOT: 8 in Open MPI's mpi.h, 7 in MPICH's.
    const expected = expect.stringMatching(
      family === 'openmpi' ? /^MPI_Bcast, class 8: .*root/ : /^MPI_Bcast, class 7: .*[Rr]oot/s,
    );
    expect(JSON.parse(outcome.ranks[0]!.stdout)).toEqual([expected, expected]);
    expect(outcome.status).toBe(0);
  });
});
