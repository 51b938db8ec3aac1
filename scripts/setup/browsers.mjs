/** The browsers that tests drive: where they are, and how they are installed. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installWithApt } from './apt.mjs';
import { readText } from './files.mjs';
import { parseOsRelease } from './linux-driver.mjs';
import { SetupError, say } from './process.mjs';

/**
 * @typedef {object} Browser
 * @property {string} name for people
 * @property {string} variable of the environment, which names the program to use
 * @property {readonly string[]} programs the usual names in PATH
 * @property {readonly string[]} places where the program lies outside of it
 * @property {string} needed by what
 * @property {Readonly<Record<string, string>>} packages by family of distributions
 */

/** @satisfies {Readonly<Record<string, Browser>>} */
const BROWSERS = {
  chromium: {
    name: 'Chromium',
    variable: 'NORMFACE_CHROMIUM',
    programs: [
      'chromium',
      'chromium-browser',
      'google-chrome',
      'google-chrome-stable',
      'microsoft-edge',
      'microsoft-edge-stable',
      'chrome.exe',
      'msedge.exe',
    ],
    places: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
    ],
    needed: 'the tests of the web application',
    packages: {
      debian: 'chromium',
      // Hands over to a snap.
      ubuntu: 'chromium-browser',
      fedora: 'chromium',
      arch: 'chromium',
      suse: 'chromium',
    },
  },
  firefox: {
    name: 'Firefox',
    variable: 'NORMFACE_FIREFOX',
    programs: ['firefox', 'firefox-esr', 'firefox.exe'],
    places: [
      '/Applications/Firefox.app/Contents/MacOS/firefox',
      'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
    ],
    needed: 'the tests in Firefox',
    packages: {
      debian: 'firefox-esr',
      ubuntu: 'firefox',
      fedora: 'firefox',
      arch: 'firefox',
      suse: 'MozillaFirefox',
    },
  },
};

/** @typedef {keyof typeof BROWSERS} BrowserKind */

/**
 * How a family of distributions installs a package.
 * @type {Readonly<Record<string, string[]>>}
 */
const INSTALLERS = {
  debian: ['apt-get', 'install', '-y', '--no-install-recommends'],
  ubuntu: ['apt-get', 'install', '-y', '--no-install-recommends'],
  fedora: ['dnf', 'install', '-y'],
  arch: ['pacman', '-S', '--needed'],
  suse: ['zypper', 'install', '-y'],
};

/**
 * The browser that its variable names, else the first of the usual ones.
 *
 * @param {BrowserKind} kind
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {string | undefined}
 */
export function findBrowser(kind, environment = process.env) {
  const { variable, programs, places } = BROWSERS[kind];
  const named = environment[variable];
  if (named) return isProgram(named) ? named : undefined;
  const folders = (environment.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = programs.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...places].find(isProgram);
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

/**
 * The command that installs a browser on a distribution, without sudo; undefined where none is known.
 *
 * @param {BrowserKind} kind
 * @param {import('./linux-driver.mjs').Distribution} distribution
 * @returns {string[] | undefined}
 */
export function browserRecipe(kind, { families }) {
  /** @type {Browser} */
  const { packages } = BROWSERS[kind];
  for (const family of families) {
    const [installer, name] = [INSTALLERS[family], packages[family]];
    if (installer && name) return [...installer, name];
  }
  return undefined;
}

/**
 * Installs a browser where that is possible without asking.
 *
 * @param {BrowserKind} kind
 * @throws {SetupError} with the command to run where it is not
 */
export async function installBrowser(kind) {
  const { name, variable, needed } = BROWSERS[kind];
  const named = process.env[variable];
  if (named) throw new SetupError(`${variable} names ${named}, which is no program that can be run`);
  const orName = `or name a ${name} with ${variable}`;
  if (process.platform !== 'linux') throw new SetupError(`${needed} need ${name}; install it, ${orName}`);
  const distribution = parseOsRelease(readText('/etc/os-release') || readText('/usr/lib/os-release'));
  const recipe = browserRecipe(kind, distribution);
  if (!recipe)
    throw new SetupError(
      `${needed} need ${name}; install it with the package manager of ${distribution.name}, ${orName}`,
    );
  const isRoot = process.getuid?.() === 0;
  const isApt = recipe[0] === 'apt-get';
  const sudo = isRoot ? '' : 'sudo ';
  const command = `${isApt ? `${sudo}apt-get update && ` : ''}${sudo}${recipe.join(' ')}`;
  if (!isRoot || !isApt || !existsSync('/usr/bin/apt-get'))
    throw new SetupError(`${needed} need ${name}; install it, ${orName}, then try again:\n  ${command}`);
  say(`no ${name} was found; installing it:\n  ${command}`);
  await installWithApt(recipe, { what: name, command });
  if (!findBrowser(kind))
    throw new SetupError(`${name} is installed, but no program of it is found; ${orName}`);
}
