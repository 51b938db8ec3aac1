#!/usr/bin/env node
/** `npm run check:gpu`: bundles scripts/check-gpu and runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { CHECK_GPU_BUNDLE, ROOT } from './bundles.mjs';

await build(CHECK_GPU_BUNDLE);
const program = join(ROOT, CHECK_GPU_BUNDLE.outdir, 'main.js');
const words = ['--enable-source-maps', program, ...process.argv.slice(2)];
const [status] = await once(spawn(process.execPath, words, { cwd: ROOT, stdio: 'inherit' }), 'exit');
process.exitCode = status ?? 1;
