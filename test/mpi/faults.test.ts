import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bundledPrograms, families, findLauncher, launch, type Outcome, start } from './launch.ts';

const program = bundledPrograms({
  operations: 'test/mpi/programs/operations.ts',
  fault: 'test/mpi/programs/fault.ts',
});

/** The libraries of the other family, by their names for the dynamic linker. */
const otherLibrary = { openmpi: 'libmpich.so.12', mpich: 'libmpi.so.40' };

describe.each(families)('%s', (family) => {
  const there = findLauncher(family) !== null;

  /** Rank 1 of two fails. */
  async function fail(how: string, where: 'inside' | 'outside'): Promise<Outcome> {
    const outcome = await launch(family, program('fault'), {
      ranks: 2,
      args: [how, where],
      timeoutMs: 120_000,
    });
    expect(outcome).toMatchObject({ timedOut: false, survivors: [] });
    return outcome;
  }

  test.runIf(there).each([
    ['exit', 'inside', 9, 'the process ends in the midst of MPI_Barrier'],
    ['exit 0', 'inside', 70, 'the process ends in the midst of MPI_Barrier'],
    ['exit', 'outside', 9, 'the process ends with status 9'],
    ['throw', 'inside', 70, 'RangeError: boom'],
    ['reject', 'outside', 70, 'Error: rejected'],
    ['sentence', 'inside', 1, 'no such folder'],
    ['abort', 'inside', 42, 'the loss is not finite'],
    ['wrong argument', 'outside', 70, 'the root must be a rank from 0 to 1, not 7'],
  ] as const)(
    '%s, %s of a collective: all ranks end with status %i',
    async (how, where, status, sentence) => {
      const outcome = await fail(how, where);
      expect(outcome.ranks[1]!.stderr).toContain(`rank 1 of 2 ends all ranks with status ${status}: `);
      expect(outcome.ranks[1]!.stderr).toContain(sentence);
      expect(outcome.ranks[1]!.stdout).toBe('told\n');
      expect(outcome.status).toBe(status);
    },
  );

  test.runIf(there)('a rank that hangs: the others end the run when their time is over', async () => {
    const outcome = await fail('hang', 'outside');
    // MPI_Allreduce where the other rank is so late that it is given up before it hangs.
    expect(outcome.ranks[0]!.stderr).toMatch(/status 75: MPI_\w+ has not ended after 2 s/);
    expect(outcome.status).toBe(75);
  });

  test.runIf(there)('a rank that is killed', async () => {
    const run = start(family, program('fault'), { ranks: 2, args: ['wait', 'outside'], timeoutMs: 120_000 });
    const pid = await run.pid(1);
    // Time to join and to come to the collective.
    await sleep(700);
    process.kill(pid, 'SIGKILL');
    const outcome = await run.outcome;
    // By the number of the signal: Open MPI as shells do.
    expect(outcome).toMatchObject({
      status: family === 'openmpi' ? 128 + 9 : 9,
      timedOut: false,
      survivors: [],
    });
  });

  test.runIf(there)('ranks that end without closing the communicator end well', async () => {
    const outcome = await launch(family, program('fault'), { ranks: 2, args: ['end'] });
    expect(outcome).toMatchObject({ status: 0, survivors: [] });
    expect(outcome.ranks.map(({ stderr }) => stderr)).toEqual(['', '']);
  });

  test.runIf(there && findLauncher(family === 'openmpi' ? 'mpich' : 'openmpi'))(
    'a library that does not belong to the launcher is refused by every rank',
    async () => {
      const outcome = await launch(family, program('operations'), {
        ranks: 2,
        environment: { MPI_LIB: otherLibrary[family] },
      });
      expect(outcome.status).toBe(64);
      expect(outcome.survivors).toEqual([]);
      const texts = outcome.ranks.map(({ stderr }) => stderr).join('');
      expect(texts).toMatch(
        /has started 2 processes, of which .* sees 1: library and launcher do not belong together/,
      );
    },
  );
});
