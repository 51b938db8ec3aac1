/** Finds the MPI library that fits the launcher, and loads it so that it and Node get on. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { hasLargeStacks, type Koffi, loadKoffi } from '../../runtime/koffi.node.ts';
import { type Abi, type Flavour, mpichAbi, openMpiAbi, standardAbi } from './abi.ts';
import type { Launched } from './launcher.ts';

/** A function of a C library; `async` runs it on another thread. */
export interface NativeFunction {
  (...values: readonly NativeValue[]): number;
  readonly async: (...values: readonly [...NativeValue[], (error: unknown, result: number) => void]) => void;
}

/** Arrays are passed by their address, and must be kept from the garbage collector by the caller. */
export type NativeValue = number | bigint | ArrayBufferView | null;

export interface Library {
  readonly koffi: Koffi;
  readonly file: string;
  readonly abi: Abi;
  /** A function that returns `int`. @param types of its parameters, in koffi's notation */
  declare(name: string, types: readonly string[]): NativeFunction;
}

/** Names by flavour. The numbers stand for binary interfaces: 40 is Open MPI 4 and 5, 12 is MPICH since 3.1 and Intel MPI. */
const fileNames: Readonly<Record<Flavour, readonly string[]>> = {
  openmpi: ['libmpi.so.40', 'libmpi.40.dylib'],
  mpich: ['libmpich.so.12', 'libmpi.so.12', 'libmpi.12.dylib'],
  standard: ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.1.dylib'],
};

/** Beside where the dynamic linker looks: packages of Fedora, which has each flavour in a folder of its own, and of Homebrew. */
const folders = ['/usr/lib64/openmpi/lib', '/usr/lib64/mpich/lib', '/opt/homebrew/lib', '/usr/local/lib'];

/**
 * Loads the library that was asked for, or the first that the launcher can connect.
 *
 * @param wanted its file, or the folder that it lies in
 * @throws UserError where koffi or the library is missing, with the command that installs it
 */
export async function loadLibrary(launched: Launched | null, wanted?: string): Promise<Library> {
  if (process.platform === 'win32') throw new UserError('runs on MPI need Linux or macOS');
  const koffi = await loadKoffi();
  if (!koffi) {
    throw new UserError(
      'a run on MPI needs the package koffi, which is not installed here: npm install koffi',
    );
  }
  if (!hasLargeStacks(koffi)) {
    throw new UserError(
      'koffi has been used before MPI was connected, with stacks too small for it; connect first',
    );
  }
  // UCX, which MPICH and Open MPI use on fast networks, replaces the functions that give memory while other threads call them, which
  // crashed 3 % of short runs (a race known to its authors), and the handler of the signal that WebAssembly's bounds checks rely on.
  process.env.UCX_MEM_EVENTS ??= 'n';
  process.env.UCX_ERROR_SIGNALS ??= '';
  const flavours = launched?.flavours ?? (['openmpi', 'mpich', 'standard'] as const);
  const files = wanted ? filesNamed(wanted) : flavours.flatMap((flavour) => candidates(flavour));
  for (const file of files) {
    const library = tryToLoad(koffi, file);
    if (library) return library;
  }
  if (wanted) throw new UserError(`the MPI library ${wanted} cannot be loaded`);
  const needed = flavours[0] === 'mpich' ? 'mpich' : 'openmpi';
  throw new UserError(
    `no MPI library was found${launched ? ` that ${launched.launcher}'s launcher can connect` : ''}; ${installCommand(needed)}`,
  );
}

function candidates(flavour: Flavour): string[] {
  const names = fileNames[flavour];
  const lying = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  return [...names, ...lying.filter((file) => fs.existsSync(file))];
}

/** Some systems set the variable MPI_LIB to a folder. */
function filesNamed(wanted: string): string[] {
  if (!fs.statSync(wanted, { throwIfNoEntry: false })?.isDirectory()) return [wanted];
  return Object.values(fileNames)
    .flat()
    .map((name) => path.join(wanted, name))
    .filter((file) => fs.existsSync(file));
}

function tryToLoad(koffi: Koffi, file: string): Library | null {
  let loaded: ReturnType<Koffi['load']>;
  try {
    loaded = koffi.load(file, { lazy: true, global: true });
  } catch {
    return null;
  }
  pin(koffi, file);
  const symbol = (name: string): bigint => loaded.symbol(name);
  return {
    koffi,
    file,
    abi: abiOf(file, symbol),
    declare: (name, types) => loaded.func(name, 'int', [...types]) as NativeFunction,
  };
}

function abiOf(file: string, symbol: (name: string) => bigint): Abi {
  try {
    return openMpiAbi(symbol);
  } catch {
    return path.basename(file).startsWith('libmpi_abi') ? standardAbi : mpichAbi;
  }
}

/** `dlfcn.h` of glibc and musl, and of macOS. */
const flags =
  process.platform === 'darwin'
    ? { now: 0x2, global: 0x8, keep: 0x80 }
    : { now: 0x2, global: 0x100, keep: 0x1000 };

/**
 * Keeps the library in memory until the process is gone (`RTLD_NODELETE`). koffi unloads it when Node ends, but threads that have called
 * it then still run its destructors: without this, runs over TCP crashed after a clean end.
 */
function pin(koffi: Koffi, file: string): void {
  const open = koffi.load(null).func('dlopen', 'void *', ['str', 'int']);
  if (!open(file, flags.now | flags.global | flags.keep)) {
    throw new UserError(`the MPI library ${file} cannot be kept in memory`);
  }
}

/** What installs MPI on this system, as the end of a sentence. */
export function installCommand(
  flavour: 'openmpi' | 'mpich',
  has: (program: string) => boolean = isInPath,
): string {
  const commands = [
    ['apt-get', { openmpi: 'apt-get install openmpi-bin', mpich: 'apt-get install mpich' }],
    ['dnf', { openmpi: 'dnf install openmpi', mpich: 'dnf install mpich' }],
    ['brew', { openmpi: 'brew install open-mpi', mpich: 'brew install mpich' }],
  ] as const;
  const found = commands.find(([program]) => has(program));
  if (found) return `install it: ${found[1][flavour]}`;
  return `install ${flavour === 'mpich' ? 'MPICH' : 'Open MPI'} with this system's package manager`;
}

function isInPath(program: string): boolean {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => fs.existsSync(path.join(folder, program)));
}
