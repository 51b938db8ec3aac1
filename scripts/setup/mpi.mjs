/** Launchers of MPI: one for training on several ranks, both for `npm run test:mpi`. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installWithApt } from './apt.mjs';
import { readText } from './files.mjs';
import { parseOsRelease } from './linux-driver.mjs';
import { SetupError, say } from './process.mjs';

/** @typedef {'openmpi' | 'mpich'} MpiName */

/** Debian names each launcher, elsewhere there is one `mpirun`, which says whose it is. `sign` is what it says. */
const FAMILIES = {
  openmpi: { package: 'openmpi-bin', sign: /Open MPI|OpenRTE|PRTE/ },
  mpich: { package: 'mpich', sign: /HYDRA/ },
};

/**
 * The `mpirun` of a family.
 *
 * @param {MpiName} name
 * @returns {string | undefined}
 */
export function findMpi(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const named = folders.map((folder) => join(folder, `mpirun.${name}`)).find((file) => existsSync(file));
  if (named) return named;
  return folders
    .map((folder) => join(folder, 'mpirun'))
    .find((file) => existsSync(file) && FAMILIES[name].sign.test(versionOf(file)));
}

/** @param {string} file */
function versionOf(file) {
  const { stdout, stderr } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return `${stdout}${stderr}`;
}

/** @type {readonly MpiName[]} */
export const MPI_NAMES = ['openmpi', 'mpich'];

/**
 * Whether these are here, or without names any one.
 *
 * @param {readonly MpiName[]} [names]
 */
export function hasMpi(names) {
  return names ? names.every((name) => findMpi(name)) : MPI_NAMES.some((name) => findMpi(name));
}

/**
 * The command that installs packages, without sudo; undefined where apt does not rule.
 *
 * @param {import('./linux-driver.mjs').Distribution} distribution
 * @param {readonly MpiName[]} names
 */
export function mpiRecipe({ families }, names) {
  if (!families.includes('debian')) return undefined;
  return [
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    ...names.map((name) => FAMILIES[name].package),
  ];
}

/**
 * Installs the launchers that are missing where that is possible without asking.
 *
 * @param {readonly MpiName[]} wanted
 * @throws {SetupError} with what to do where it is not
 */
export async function installMpi(wanted = ['openmpi']) {
  const names = wanted.filter((name) => !findMpi(name));
  const distribution = parseOsRelease(readText('/etc/os-release') || readText('/usr/lib/os-release'));
  const recipe = mpiRecipe(distribution, names);
  const what = names.map((name) => (name === 'openmpi' ? 'Open MPI' : 'MPICH')).join(' and ');
  const [are, them] = names.length > 1 ? ['are', 'them'] : ['is', 'it'];
  const missing = `${what} ${are} not here`;
  if (!recipe) {
    throw new SetupError(`${missing}; install ${them} with the package manager of ${distribution.name}`);
  }
  const isRoot = process.getuid?.() === 0;
  const command = `${isRoot ? '' : 'sudo '}${recipe.join(' ')}`;
  if (!isRoot || !existsSync('/usr/bin/apt-get'))
    throw new SetupError(`${missing}; to have ${them}, run:\n  ${command}`);
  say(`installing ${what}:\n  ${command}`);
  await installWithApt(recipe, { what, command });
}
