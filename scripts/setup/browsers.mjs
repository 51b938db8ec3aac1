import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installWithApt } from './apt.mjs';
import { readText } from './files.mjs';
import { parseOsRelease } from './linux-driver.mjs';
import { SetupError, say } from './process.mjs';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
  'chrome.exe',
  'msedge.exe',
];

const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/**
 * The Chromium that the tests of the web application drive: the one that NORMFACE_CHROMIUM names, else the first of the usual
 * ones.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {string | undefined}
 */
export function findChromium(environment = process.env) {
  const { NORMFACE_CHROMIUM: named, PATH = '' } = environment;
  if (named) return isProgram(named) ? named : undefined;
  const folders = PATH.split(delimiter).filter(Boolean);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...PLACES].find(isProgram);
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @type {Readonly<Record<string, string[]>>} */
const RECIPES = {
  debian: ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'],
  // Ubuntu's package hands over to a snap.
  ubuntu: ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium-browser'],
  fedora: ['dnf', 'install', '-y', 'chromium'],
  arch: ['pacman', '-S', '--needed', 'chromium'],
  suse: ['zypper', 'install', '-y', 'chromium'],
};

/**
 * The command that installs Chromium on a distribution, without sudo; undefined where none is known.
 *
 * @param {import('./linux-driver.mjs').Distribution} distribution
 * @returns {string[] | undefined}
 */
export function chromiumRecipe({ families }) {
  const family = families.find((name) => name in RECIPES);
  return family ? RECIPES[family] : undefined;
}

/**
 * Installs Chromium where that is possible without asking.
 *
 * @throws {SetupError} with the command to run where it is not
 */
export async function installChromium() {
  const named = process.env.NORMFACE_CHROMIUM;
  if (named) throw new SetupError(`NORMFACE_CHROMIUM names ${named}, which is no program that can be run`);
  const orName = 'or name a Chromium with NORMFACE_CHROMIUM';
  if (process.platform !== 'linux')
    throw new SetupError(`the tests of the web application need Chrome or Chromium; install it, ${orName}`);
  const distribution = parseOsRelease(readText('/etc/os-release') || readText('/usr/lib/os-release'));
  const recipe = chromiumRecipe(distribution);
  if (!recipe)
    throw new SetupError(
      `the tests of the web application need Chromium; install it with the package manager of ${distribution.name}, ${orName}`,
    );
  const isRoot = process.getuid?.() === 0;
  const isApt = recipe[0] === 'apt-get';
  const sudo = isRoot ? '' : 'sudo ';
  const command = `${isApt ? `${sudo}apt-get update && ` : ''}${sudo}${recipe.join(' ')}`;
  if (!isRoot || !isApt || !existsSync('/usr/bin/apt-get'))
    throw new SetupError(
      `the tests of the web application need Chromium; install it, ${orName}, then try again:\n  ${command}`,
    );
  say(`no Chromium was found; installing it:\n  ${command}`);
  await installWithApt(recipe, { what: 'Chromium', command });
  if (!findChromium())
    throw new SetupError(`Chromium is installed, but no program of it is found; ${orName}`);
}
