import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reason, run, SetupError, say } from './process.mjs';
import { digest, readState, updateState } from './state.mjs';

/**
 * @typedef {{ version?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lockfile
 */

/** @param {string} root */
export function packagesAreFresh(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { dependencies, devDependencies } = packages[''];
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    if (!existsSync(join(root, 'node_modules', name, 'package.json'))) return false;
  }
  if (readState(root).packages === lockDigest(root)) return true;
  const installed = readInstalled(root);
  return installed !== null && isInstalled({ packages }, installed, process);
}

/**
 * Whether npm's own record of what it installed has everything the lockfile asks for on this platform. Lets packages
 * that somebody installed by hand (`npm ci`, `npm install`) stand.
 *
 * @param {Lockfile} locked package-lock.json
 * @param {Lockfile} installed node_modules/.package-lock.json
 * @param {{ platform: string, arch: string }} machine
 */
export function isInstalled(locked, installed, { platform, arch }) {
  return Object.entries(locked.packages ?? {}).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed.packages?.[path];
    if (found) return found.version === entry.version;
    if (!entry.optional) return false;
    // Rightly left out if it is native code for another platform, or is needed by such a package only. Which C library
    // this is, is not known here.
    const isNativeHere = entry.os && allows(entry.os, platform) && allows(entry.cpu, arch) && !entry.libc;
    return !isNativeHere;
  });
}

/** @param {string[] | undefined} list npm's `os` or `cpu` field: names, or names to exclude with a leading `!` */
function allows(list, /** @type {string} */ name) {
  if (!list) return true;
  return list.some((entry) => entry === name || (entry.startsWith('!') && entry.slice(1) !== name));
}

/** @param {string} root */
export async function installPackages(root) {
  say('installing the locked packages (npm ci)');
  const npm = npmCommand(process.env.npm_execpath, process.platform);
  const flags = ['--include=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000'];
  const result = await run(npm.command, [...npm.args, 'ci', ...flags, ...patience], {
    cwd: root,
    timeoutSeconds: 1200,
    shell: npm.shell,
  });
  if (!result.ok) {
    const why = result.timedOut ? 'gave up after 20 minutes' : `failed with "${reason(result.stderr)}"`;
    throw new SetupError(`npm ci ${why}; check the connection to the npm registry and run the command again`);
  }
  updateState(root, { packages: lockDigest(root) });
}

/**
 * How to start npm: the very npm that runs this script if there is one, else the one in PATH.
 *
 * @param {string | undefined} execPath npm's `npm_execpath`, which other package managers set to their own file
 * @param {string} platform
 */
export function npmCommand(execPath, platform) {
  if (execPath?.endsWith('npm-cli.js')) return { command: process.execPath, args: [execPath], shell: false };
  // On Windows npm is a batch file, which only a shell can start.
  return { command: 'npm', args: [], shell: platform === 'win32' };
}

/** @param {string} root @returns {Lockfile | null} */
function readInstalled(root) {
  try {
    return JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** The platform belongs to it because packages carry native code. @param {string} root */
function lockDigest(root) {
  return digest(
    `${process.platform} ${process.arch}\n${readFileSync(join(root, 'package-lock.json'), 'utf8')}`,
  );
}
