import { expect, test } from 'vitest';
import { parseOsRelease } from '../../scripts/setup/linux-driver.mjs';
import { mpiRecipe } from '../../scripts/setup/mpi.mjs';

test('apt installs the launchers of MPI that are missing', () => {
  const debian = parseOsRelease('ID=debian');
  const install = 'apt-get install -y --no-install-recommends';
  expect(mpiRecipe(debian, ['openmpi', 'mpich'])?.join(' ')).toBe(`${install} openmpi-bin mpich`);
  expect(mpiRecipe(debian, ['mpich'])?.join(' ')).toBe(`${install} mpich`);
  expect(mpiRecipe(parseOsRelease('ID=fedora'), ['mpich'])).toBeUndefined();
});
