/** The programs of test/implementations/package.json. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { arch, platform } from 'node:process';
import { RUNTIMES } from '../../scripts/setup/steps.mjs';

/** Where the packages for this platform have their programs. */
const files = {
  Deno: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno`,
  Bun: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}/bin/bun`,
  'Node 22': 'node-22/bin/node',
  'Node 24': 'node-24/bin/node',
};

export interface Program {
  /** With its version. */
  readonly name: string;
  readonly file: string;
}

/** A program; null where it could not be installed, which is said. */
export function findProgram(name: keyof typeof files): Program | null {
  const file = `${RUNTIMES}/node_modules/${files[name]}`;
  if (!fs.existsSync(file)) {
    console.log(`${name}: skipped, since it is not there; \`npm run setup -- --runtimes\` says why`);
    return null;
  }
  const version = /\d+\.\d+\.\d+/.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[0];
  return { name: `${name} (${version})`, file };
}
