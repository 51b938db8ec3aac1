/** Finds the program that starts the ranks. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { UsageError, UserError } from '../../common/errors.ts';
import { installCommand } from '../../engine/distributed/mpi/library.node.ts';
import { type Flavour, type Launcher, launcherOf } from './launch-line.ts';

/** Names by which distributions install them; Debian has both side by side. */
const names: Readonly<Record<Flavour, readonly string[]>> = {
  openmpi: ['mpirun.openmpi', 'mpirun', 'mpiexec'],
  mpich: ['mpirun.mpich', 'mpiexec.hydra', 'mpirun', 'mpiexec'],
};

/** What a file prints for `--version`; undefined where it does not run. */
export type AskVersion = (file: string) => string | undefined;

/**
 * The launcher to use: a file, a flavour, or without either the first that there is, Open MPI before MPICH.
 * @throws UserError where there is none, with how to install one; UsageError where the named file is none
 */
export function findLauncher(
  wanted?: string,
  { search = process.env.PATH ?? '', ask = askVersion }: { search?: string; ask?: AskVersion } = {},
): Launcher {
  if (wanted !== undefined && !isFlavour(wanted)) {
    const file = wanted.includes(path.sep) ? path.resolve(wanted) : filesOf(wanted, search)[0];
    const text = file === undefined ? undefined : ask(file);
    if (file === undefined || text === undefined)
      throw new UsageError(`--launcher ${wanted}: there is no such program, nor is it openmpi or mpich`);
    const launcher = launcherOf(file, text);
    if (!launcher) throw new UsageError(`--launcher ${wanted} is neither Open MPI's mpirun nor MPICH's`);
    return launcher;
  }
  for (const flavour of wanted === undefined ? (['openmpi', 'mpich'] as const) : [wanted]) {
    for (const file of names[flavour].flatMap((name) => filesOf(name, search))) {
      const launcher = launcherOf(file, ask(file) ?? '');
      if (launcher?.flavour === flavour) return launcher;
    }
  }
  const what = wanted === undefined ? 'MPI was not found' : `${titles[wanted]} was not found`;
  throw new UserError(`${what}: several ranks need mpirun; ${installCommand(wanted ?? 'openmpi')}`);
}

export const titles: Readonly<Record<Flavour, string>> = { openmpi: 'Open MPI', mpich: 'MPICH' };

const isFlavour = (name: string): name is Flavour => name in names;

/** Where a name is found, in the order of the search path. */
function filesOf(name: string, search: string): string[] {
  return search
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .filter((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

function askVersion(file: string): string | undefined {
  try {
    return execFileSync(file, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
    });
  } catch {
    return undefined;
  }
}
