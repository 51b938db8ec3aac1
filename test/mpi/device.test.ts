import { describe, expect, test } from 'vitest';
import { bundledPrograms, families, findLauncher, launch } from './launch.ts';

const program = bundledPrograms({ device: 'test/mpi/programs/device.ts' });

describe.each(families)('%s beside a GPU device', (family) => {
  const there = findLauncher(family) !== null;

  test.runIf(there).each(['mpi', 'device'])('%s is opened first', async (first) => {
    const outcome = await launch(family, program('device'), { ranks: 2, args: [first] });
    expect(outcome.ranks.map(({ stdout }) => stdout)).toEqual(['right 81\n', 'right 81\n']);
    expect(outcome).toMatchObject({ status: 0, survivors: [] });
  });
});
