#!/usr/bin/env node
/** `npm run bench`: bench/main.ts. Help needs no set-up. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runBench } from './bench/run.mjs';
import { ROOT } from './bundles.mjs';

if (process.argv.includes('--help') || process.argv.includes('-h'))
  process.stdout.write(readFileSync(join(ROOT, 'bench/help.txt'), 'utf8'));
else await runBench('bench');
