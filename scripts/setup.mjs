#!/usr/bin/env node
/**
 * Everything a fresh clone needs before `npm start` or `npm test`: the locked packages, a build, and a WebGPU adapter
 * that opens. With `--browser` also a Chromium, for `npm run test:web`; with `--firefox` a Firefox, with `--runtimes`
 * Deno, Bun and other versions of Node, with `--mpi` launchers of MPI, for tests that are skipped where these cannot be
 * had. With `--ranks` Open MPI, for `normface train --ranks 2`, unless another MPI is there. Does only what is missing, so a second run is quick. Uses nothing but Node itself.
 */

import { nodeIsSupported, SUPPORTED_NODE } from './setup/node-version.mjs';

// Checked before anything else is loaded: an older Node could not even parse the other files.
if (!nodeIsSupported(process.versions.node)) {
  console.error(`setup: Node ${SUPPORTED_NODE} is needed, this is ${process.version} (https://nodejs.org)`);
  process.exit(1);
}

const { setUp, SetupError } = await import('./setup/steps.mjs');
try {
  await setUp(process.argv.slice(2));
} catch (error) {
  // What the system refuses (no right to write, a full disk) says enough by itself; anything else is a bug here.
  const isExpected = error instanceof SetupError || typeof (/** @type {any} */ (error)?.code) === 'string';
  if (!isExpected) throw error;
  console.error(`setup: ${/** @type {Error} */ (error).message}`);
  process.exitCode = error instanceof SetupError ? error.exitCode : 1;
}
