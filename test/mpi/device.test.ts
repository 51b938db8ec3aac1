import { expect, test } from 'vitest';
import { bundledPrograms, families, findLauncher, launch } from './launch.ts';

const program = bundledPrograms({ device: 'test/mpi/programs/device.ts' });

const cases = families
  .filter((family) => findLauncher(family))
  .flatMap((family) => ['mpi', 'device'].map((first) => ({ family, first })));

test.each(cases)('$family beside a GPU device, $first first', async ({ family, first }) => {
  const outcome = await launch(family, program('device'), { ranks: 2, args: [first], timeoutMs: 90_000 });
  expect(outcome.ranks.map(({ stdout }) => stdout)).toEqual(['right 81\n', 'right 81\n']);
  expect(outcome).toMatchObject({ status: 0, survivors: [] });
});

test.skipIf(cases.length > 0)('skipped, since there is no launcher of MPI', () => {});
