#!/usr/bin/env node
/** `npm run bench`: the set-up, the peers of bench/package.json if they are missing, then bench/main.ts, bundled. Help needs none of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_BUNDLE, ROOT } from './bundles.mjs';

const folder = join(ROOT, 'bench');
const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  process.stdout.write(readFileSync(join(folder, 'help.txt'), 'utf8'));
  process.exit();
}

/** @param {string[]} args */
async function node(...args) {
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  return status ?? 1;
}

const ready = await node(join(ROOT, 'scripts/setup.mjs'));
if (ready !== 0) process.exit(ready);
// What the set-up may just have installed.
const { build } = await import('esbuild');
const { installPackages, packagesAreFresh } = await import('./setup/packages.mjs');
const { SetupError } = await import('./setup/process.mjs');
try {
  if (!packagesAreFresh(folder)) await installPackages(folder);
  await build(BENCH_BUNDLE);
} catch (error) {
  console.error(`bench: ${error instanceof SetupError ? error.message : `the build failed, ${error}`}`);
  process.exit(1);
}
process.exitCode = await node('--enable-source-maps', join(folder, '.build/main.js'), ...words);
