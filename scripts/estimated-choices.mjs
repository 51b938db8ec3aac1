#!/usr/bin/env node
/** `npm run estimate:choices`: bundles estimated-choices/main.ts and runs it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { ESTIMATED_CHOICES_BUNDLE, ROOT } from './bundles.mjs';

process.chdir(ROOT);
await build(ESTIMATED_CHOICES_BUNDLE);
await import(pathToFileURL(join(ROOT, ESTIMATED_CHOICES_BUNDLE.outdir, 'main.js')).href);
