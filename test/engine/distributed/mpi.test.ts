/** What of MPI can be told without it; the rest is in test/mpi. */

import { expect, test } from 'vitest';
import { type Abi, mpichAbi, openMpiAbi, standardAbi } from '../../../src/engine/distributed/mpi/abi.ts';
import { launchedBy } from '../../../src/engine/distributed/mpi/launcher.ts';
import { installCommand } from '../../../src/engine/distributed/mpi/library.node.ts';

const typeBytes = { Float32Array: 4, Float64Array: 8, Int32Array: 4, Uint32Array: 4, Uint8Array: 1 };

function handlesOf({ world, errorsReturn, infoNull, types, reductions }: Abi) {
  return [world, errorsReturn, infoNull, ...Object.values(types), ...Object.values(reductions)];
}

const symbols: string[] = [];
const openMpi = openMpiAbi((name) => BigInt(symbols.push(name)));

test.each([
  ['MPICH', mpichAbi],
  ['the standard', standardAbi],
  ['Open MPI', openMpi],
])('handles of %s are different from each other, and of the type that they are passed as', (_, abi) => {
  const handles = handlesOf(abi);
  expect(new Set(handles).size).toBe(handles.length);
  for (const handle of handles) expect(typeof handle).toBe(abi.handle === 'int' ? 'number' : 'bigint');
});

test("MPICH's handles of types hold their bytes in the second byte, its handles their kind in the first", () => {
  for (const [type, bytes] of Object.entries(typeBytes)) {
    const handle = mpichAbi.types[type as keyof typeof typeBytes] as number;
    expect((handle >>> 8) & 0xff).toBe(bytes);
    expect(handle >>> 26).toBe(0x4c000000 >>> 26);
  }
});

test('the standard encodes the size of types that have a fixed one: 0b1001, then the logarithm of the bytes in three bits', () => {
  for (const type of ['Int32Array', 'Uint32Array', 'Uint8Array'] as const) {
    const handle = Number(standardAbi.types[type]);
    expect(handle >> 6).toBe(0b1001);
    expect(2 ** ((handle >> 3) & 7)).toBe(typeBytes[type]);
  }
});

test("Open MPI's handles are asked for by the names of its header", () => {
  expect(symbols).toContain('ompi_mpi_comm_world');
  expect(symbols.every((name) => name.startsWith('ompi_mpi_'))).toBe(true);
});

test.each([
  [{}, null],
  [{ OMPI_COMM_WORLD_RANK: '2', OMPI_COMM_WORLD_SIZE: '4', PMIX_RANK: '2' }, ['Open MPI', 2, 4, 'openmpi']],
  [{ OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '1' }, ['Open MPI', 0, 1, 'openmpi']],
  [{ PMI_RANK: '1', PMI_SIZE: '2', PMI_FD: '6' }, ['MPICH', 1, 2, 'mpich']],
  [{ PMI_RANK: '1', PMI_SIZE: '2', SLURM_PROCID: '1' }, ['Slurm', 1, 2, 'mpich']],
  [{ PMIX_RANK: '3', SLURM_PROCID: '3', SLURM_STEP_NUM_TASKS: '8' }, ['Slurm', 3, 8, 'openmpi']],
  // A command in an allocation, and a batch script: one task each.
  [{ PMIX_RANK: '0', SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '1' }, null],
  [{ PMI_RANK: '0', PMI_SIZE: '1', SLURM_PROCID: '0' }, null],
  [{ SLURM_PROCID: '0', SLURM_NTASKS: '8' }, null],
  [{ PMI_RANK: 'x', PMI_SIZE: '2' }, null],
] as const)('launched with %j', (environment, expected) => {
  const launched = launchedBy(environment as Record<string, string>);
  const facts = launched && [launched.launcher, launched.rank, launched.size, launched.flavours[0]];
  expect(facts).toEqual(expected);
});

test('what installs MPI depends on what installs packages here', () => {
  expect(installCommand('openmpi', (program) => program === 'apt-get')).toBe(
    'install it: apt-get install openmpi-bin',
  );
  expect(installCommand('mpich', (program) => program === 'dnf')).toBe('install it: dnf install mpich');
  expect(installCommand('openmpi', (program) => program === 'brew')).toBe(
    'install it: brew install open-mpi',
  );
  expect(installCommand('mpich', () => false)).toBe("install MPICH with this system's package manager");
});
