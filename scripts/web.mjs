#!/usr/bin/env node
/** `npm run web`: serves dist/web, which the set-up before it has built, on this machine. `--port N`, 0 for any free one. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './bundles.mjs';
import { serve } from './web/serve.mjs';

const DEFAULT_PORT = 8080;

/** @returns {number} */
function wantedPort() {
  const { values } = parseArgs({ options: { port: { type: 'string', default: String(DEFAULT_PORT) } } });
  const port = /^\d+$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65535)) throw new Error(`a port is a number from 0 to 65535, not ${values.port}`);
  return port;
}

try {
  const { url } = await serve(join(ROOT, 'dist/web'), wantedPort());
  console.log(`web: ${url} (Ctrl-C ends it)`);
} catch (error) {
  console.error(`web: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 2;
}
