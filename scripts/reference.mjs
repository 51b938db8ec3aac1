#!/usr/bin/env node
/** `npm run docs:reference`: bundles reference/main.ts and runs it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { REFERENCE_BUNDLE, ROOT } from './bundles.mjs';

process.chdir(ROOT);
await build(REFERENCE_BUNDLE);
await import(pathToFileURL(join(ROOT, REFERENCE_BUNDLE.outdir, 'main.js')).href);
