import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeIsSupported } from '../../scripts/setup/node-version.mjs';
import { isInstalled, type Lockfile, npmCommand } from '../../scripts/setup/packages.mjs';
import { reason } from '../../scripts/setup/process.mjs';

const LINUX = { platform: 'linux', arch: 'x64' };

describe('whether the installed packages are those of the lockfile', () => {
  const locked: Lockfile = {
    packages: {
      '': {},
      'node_modules/plain': { version: '1.2.3' },
      'node_modules/native-linux-x64': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'] },
      'node_modules/native-linux-musl': {
        version: '1.0.0',
        optional: true,
        os: ['linux'],
        cpu: ['x64'],
        libc: ['musl'],
      },
      'node_modules/native-darwin-arm64': {
        version: '1.0.0',
        optional: true,
        os: ['darwin'],
        cpu: ['arm64'],
      },
      'node_modules/not-windows': { version: '1.0.0', optional: true, os: ['!win32'] },
      'node_modules/needed-by-a-native-one': { version: '1.0.0', optional: true },
    },
  };
  const plain = { 'node_modules/plain': { version: '1.2.3' } };
  const native = {
    'node_modules/native-linux-x64': { version: '1.0.0' },
    'node_modules/not-windows': { version: '1.0.0' },
  };

  test('all that this platform needs is there', () => {
    expect(isInstalled(locked, { packages: { ...plain, ...native } }, LINUX)).toBe(true);
  });

  test('another version, a missing package and a missing native part are noticed', () => {
    const other = { 'node_modules/plain': { version: '1.2.4' } };
    expect(isInstalled(locked, { packages: { ...other, ...native } }, LINUX)).toBe(false);
    expect(isInstalled(locked, { packages: native }, LINUX)).toBe(false);
    expect(isInstalled(locked, { packages: plain }, LINUX)).toBe(false);
  });

  test('packages copied from another platform are noticed', () => {
    const machine = { platform: 'darwin', arch: 'arm64' };
    expect(isInstalled(locked, { packages: { ...plain, ...native } }, machine)).toBe(false);
  });
});

describe('the lockfile', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

  // npm leaves out what the registry at hand does not have, and `npm ci` then refuses the lockfile everywhere.
  test('holds every optional package that a locked one names, for all platforms', () => {
    const paths = Object.keys(packages);
    const missing = paths.flatMap((path) =>
      Object.keys(packages[path].optionalDependencies ?? {}).filter(
        (name) => !paths.some((other) => other.endsWith(`node_modules/${name}`)),
      ),
    );
    expect(missing).toEqual([]);
  });

  test('names no registry, and a hash for every package', () => {
    for (const [path, entry] of Object.entries<Record<string, unknown>>(packages)) {
      expect(entry, path).not.toHaveProperty('resolved');
      if (path !== '') expect(entry, path).toHaveProperty('integrity');
    }
  });
});

describe('programs', () => {
  test('npm is the one that runs the script, else the one in PATH', () => {
    const inside = npmCommand('/usr/lib/node_modules/npm/bin/npm-cli.js', 'linux');
    expect(inside).toEqual({
      command: process.execPath,
      args: ['/usr/lib/node_modules/npm/bin/npm-cli.js'],
      shell: false,
    });
    expect(npmCommand(undefined, 'linux')).toEqual({ command: 'npm', args: [], shell: false });
    expect(npmCommand('/opt/yarn/yarn.js', 'linux').command).toBe('npm');
    expect(npmCommand(undefined, 'win32').shell).toBe(true);
  });

  test('the reason of a failure is the download, else the error, else the last line', () => {
    const fetch = 'W: Failed to fetch http://mirror.example/InRelease  Could not connect';
    const error = 'E: Unable to locate package mesa-vulkan-drivers';
    expect(reason(`${error}\n${fetch}\n`)).toBe(fetch);
    expect(reason(`W: something\n${error}\nlast\n`)).toBe(error);
    expect(reason('npm warn old\nnpm error code ENOTFOUND\nnpm error A complete log\n')).toBe(
      'npm error code ENOTFOUND',
    );
    expect(reason('first\nlast\n\n')).toBe('last');
    expect(reason('')).toBe('no word of why');
  });

  test('Node versions', () => {
    const supported = ['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0'];
    const refused = ['14.18.0', '18.20.4', '20.9.0', '21.7.3', '22.11.0'];
    expect(supported.filter(nodeIsSupported)).toEqual(supported);
    expect(refused.filter(nodeIsSupported)).toEqual([]);
  });

  test("Node versions agree with package.json's engines", () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(engines.node).toBe('^20.19.0 || >=22.12.0');
  });
});
