#!/usr/bin/env node
/** `npm run bench:faces`: like the benchmark, with bench/faces/main.ts. */
import { runBench } from './bench/run.mjs';

await runBench('faces');
