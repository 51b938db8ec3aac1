import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { installWithApt, runApt } from './apt.mjs';
import { listFolder, readText } from './files.mjs';
import { DRIVER_VARIABLES } from './fingerprint.mjs';
import * as linux from './linux-driver.mjs';
import { run, SetupError, say } from './process.mjs';

/** @typedef {import('./linux-driver.mjs').DriverRecipe} DriverRecipe */

/**
 * Opens an adapter in a child process.
 *
 * @returns {Promise<{ adapter?: string, problem?: string }>} the adapter's name, or why no driver would help, or neither
 */
export async function openAdapter() {
  const child = await run(process.execPath, [fileURLToPath(new URL('open-adapter.mjs', import.meta.url))], {
    // Only silences a warning of the driver.
    env: { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() },
    timeoutSeconds: 120,
  });
  const line = child.stdout.trim().split('\n').at(-1) ?? '';
  if (line.startsWith('{')) return JSON.parse(line);
  if (child.timedOut) return { problem: 'opening one did not end within 2 minutes' };
  return {}; // the driver crashed: as good as none
}

/**
 * Gives a machine on which no adapter opens one that does.
 *
 * @returns {Promise<string>} the adapter's name
 * @throws {SetupError} with the command to run where that needs another user, another system or a network
 */
export async function installDriver() {
  const set = DRIVER_VARIABLES.filter((name) => process.env[name]);
  if (set.length > 0) {
    const settings = set.map((name) => `${name}=${process.env[name]}`).join(' ');
    throw new SetupError(
      `no WebGPU adapter opens while ${settings} is set; unset it, or name a driver that works`,
    );
  }
  if (process.platform !== 'linux') {
    throw new SetupError('no WebGPU adapter opens; update the graphics driver, or use another machine');
  }
  const distribution = linux.parseOsRelease(readText('/etc/os-release') || readText('/usr/lib/os-release'));
  const recipe = linux.driverRecipe(distribution, linux.parseAptSources(readAptSources()));
  if (!recipe) {
    throw new SetupError(
      `no WebGPU adapter opens; install the Vulkan loader and Mesa's llvmpipe driver (${linux.OLDEST_MESA} or newer) with the package manager of ${distribution.name}`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  const command = linux.shellCommand(recipe, { isRoot });
  if (!isRoot || recipe.family !== 'apt' || !existsSync('/usr/bin/apt-get')) {
    if (recipe.family === 'apt' && !recipe.source) await refuseOldMesa(recipe, distribution.name);
    throw new SetupError(
      `no WebGPU adapter opens; install the software Vulkan driver, then try again:\n  ${command}`,
    );
  }
  say(`no WebGPU adapter opens; installing the software Vulkan driver:\n  ${command}`);
  await installFrom(recipe, distribution.name, command);
  const { adapter } = await openAdapter();
  if (!adapter)
    throw new SetupError('the software Vulkan driver is installed, but no WebGPU adapter opens with it');
  return adapter;
}

/** @param {DriverRecipe} recipe @param {string} distribution @param {string} command */
async function installFrom({ source, suite, install }, distribution, command) {
  try {
    if (source) writeFileSync(source.path, `${source.line}\n`);
    await installWithApt(install, {
      what: 'the software Vulkan driver',
      command,
      beforeInstall: () => refuseOldMesa({ suite }, distribution),
    });
  } catch (error) {
    if (source) rmSync(source.path, { force: true });
    throw error;
  }
}

/** @param {Pick<DriverRecipe, 'suite'>} recipe @param {string} distribution */
async function refuseOldMesa({ suite }, distribution) {
  const target = suite ? ['-t', suite] : [];
  const policy = await runApt(['apt-cache', ...target, 'policy', linux.DRIVER_PACKAGE]);
  const offered = linux.candidateVersion(policy.stdout);
  if (offered && !linux.mesaIsNewEnough(offered)) {
    throw new SetupError(
      `no WebGPU adapter opens, and ${distribution} offers only Mesa ${offered}, older than ${linux.OLDEST_MESA}; use a newer release of it, or a machine with a GPU driver`,
    );
  }
}

function readAptSources() {
  const parts = listFolder('/etc/apt/sources.list.d').filter((path) => /\.(list|sources)$/.test(path));
  return ['/etc/apt/sources.list', ...parts].map(readText).join('\n\n');
}
