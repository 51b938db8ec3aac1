/**
 * What programs compiled against `mpi.h` get from it, and a program without a compiler has to know: types and values of handles, special
 * addresses, and other constants, which each family of MPI libraries has fixed for its binary interface.
 */

import type { Reduction } from '../communicator.ts';

/** A family of libraries with one binary interface; MPICH's is that of Intel MPI as well. */
export type Flavour = 'openmpi' | 'mpich' | 'standard';

/** An `MPI_Comm`, `MPI_Datatype` and so on: an address, or an integer. */
export type Handle = number | bigint;

/** Names of the element types that arrays of the host have. */
export type ElementType = 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint32Array' | 'Uint8Array';

export interface Abi {
  readonly flavour: Flavour;
  /** C type of handles, in koffi's notation. */
  readonly handle: 'int' | 'void *';
  readonly world: Handle;
  readonly errorsReturn: Handle;
  readonly infoNull: Handle;
  readonly types: Readonly<Record<ElementType, Handle>>;
  readonly reductions: Readonly<Record<Reduction, Handle>>;
  /** The address `MPI_IN_PLACE`. */
  readonly inPlace: bigint;
  /** The constant `MPI_COMM_TYPE_SHARED`: processes on one host. */
  readonly sharedMemory: number;
  /** Levels of thread support, from `MPI_THREAD_SERIALIZED`, the least that serves here, to `MPI_THREAD_MULTIPLE`. */
  readonly threads: { readonly serialized: number; readonly multiple: number };
}

/** The ABI that MPICH and those derived from it share since 2014 (MPICH ABI Compatibility Initiative): integers, as in MPICH's `mpi.h`. */
export const mpichAbi: Abi = {
  flavour: 'mpich',
  handle: 'int',
  world: 0x44000000,
  errorsReturn: 0x54000001,
  infoNull: 0x1c000000,
  types: {
    Float32Array: 0x4c00040a,
    Float64Array: 0x4c00080b,
    Int32Array: 0x4c000439,
    Uint32Array: 0x4c00043d,
    Uint8Array: 0x4c00013b,
  },
  reductions: { max: 0x58000001, min: 0x58000002, sum: 0x58000003 },
  inPlace: 0xffffffffffffffffn,
  sharedMemory: 1,
  threads: { serialized: 2, multiple: 3 },
};

/** MPI 5.0, chapter "Application binary interface (ABI)": small integers in the place of addresses. */
export const standardAbi: Abi = {
  flavour: 'standard',
  handle: 'void *',
  world: 0x101n,
  errorsReturn: 0x143n,
  infoNull: 0x130n,
  types: {
    Float32Array: 0x210n,
    Float64Array: 0x214n,
    Int32Array: 0x250n,
    Uint32Array: 0x251n,
    Uint8Array: 0x241n,
  },
  reductions: { sum: 0x21n, min: 0x22n, max: 0x23n },
  inPlace: 1n,
  sharedMemory: 221,
  threads: { serialized: 2048, multiple: 4096 },
};

/** Open MPI 4 and 5: handles are addresses of variables that the library exports. @param symbol gives such an address */
export function openMpiAbi(symbol: (name: string) => bigint): Abi {
  return {
    flavour: 'openmpi',
    handle: 'void *',
    world: symbol('ompi_mpi_comm_world'),
    errorsReturn: symbol('ompi_mpi_errors_return'),
    infoNull: symbol('ompi_mpi_info_null'),
    types: {
      Float32Array: symbol('ompi_mpi_float'),
      Float64Array: symbol('ompi_mpi_double'),
      Int32Array: symbol('ompi_mpi_int32_t'),
      Uint32Array: symbol('ompi_mpi_uint32_t'),
      Uint8Array: symbol('ompi_mpi_uint8_t'),
    },
    reductions: {
      sum: symbol('ompi_mpi_op_sum'),
      min: symbol('ompi_mpi_op_min'),
      max: symbol('ompi_mpi_op_max'),
    },
    inPlace: 1n,
    sharedMemory: 0,
    threads: { serialized: 2, multiple: 3 },
  };
}
