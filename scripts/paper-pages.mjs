#!/usr/bin/env node
/** `npm run docs:paper`: bundles paper-pages/main.ts and runs it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { PAPER_PAGES_BUNDLE, ROOT } from './bundles.mjs';

process.chdir(ROOT);
await build(PAPER_PAGES_BUNDLE);
await import(pathToFileURL(join(ROOT, PAPER_PAGES_BUNDLE.outdir, 'main.js')).href);
