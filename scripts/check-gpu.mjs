#!/usr/bin/env node
/** `npm run check:gpu`: installs what is missing for it, where that is possible, bundles scripts/check-gpu and runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CHECK_GPU_BUNDLE, ROOT } from './bundles.mjs';
import { hasGpuCompilers, installGpuCompilers } from './setup/gpu-compilers.mjs';
import { installPackages, packagesAreFresh } from './setup/packages.mjs';
import { SetupError } from './setup/process.mjs';

try {
  if (!packagesAreFresh(ROOT)) await installPackages(ROOT);
  if (!hasGpuCompilers()) await installGpuCompilers();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`check:gpu: ${error.message}`);
  process.exit(error.exitCode);
}
// What may just have been installed.
const { build } = await import('esbuild');
await build(CHECK_GPU_BUNDLE);
const program = join(ROOT, CHECK_GPU_BUNDLE.outdir, 'main.js');
const words = ['--enable-source-maps', program, ...process.argv.slice(2)];
const [status] = await once(spawn(process.execPath, words, { cwd: ROOT, stdio: 'inherit' }), 'exit');
process.exitCode = status ?? 1;
