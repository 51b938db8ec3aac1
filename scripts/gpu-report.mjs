#!/usr/bin/env node
/** `npm run gpu-report`: like the benchmark, with bench/gpu-report/main.ts. */
import { runBench } from './bench/run.mjs';

await runBench('gpu-report');
