#!/usr/bin/env node
/** `npm run bench`: installs the peers of bench/package.json if they are missing, bundles bench/main.ts and runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BENCH_BUNDLE, ROOT } from './bundles.mjs';
import { installPackages, packagesAreFresh } from './setup/packages.mjs';
import { SetupError } from './setup/process.mjs';

const folder = join(ROOT, 'bench');
try {
  if (!packagesAreFresh(folder)) await installPackages(folder);
  await build(BENCH_BUNDLE);
} catch (error) {
  console.error(`bench: ${error instanceof SetupError ? error.message : `the build failed, ${error}`}`);
  process.exit(1);
}
const args = ['--enable-source-maps', join(folder, '.build/main.js'), ...process.argv.slice(2)];
const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
process.exitCode = status ?? 1;
