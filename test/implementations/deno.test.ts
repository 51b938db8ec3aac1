/** The operator table in Deno, whose WebGPU is wgpu. */

import { test } from 'vitest';
import { findProgram } from './programs.ts';
import { startTable } from './run-table.ts';
import { tableTests } from './suite.ts';

const deno = findProgram('Deno');
if (deno)
  tableTests(await startTable(deno.name, [deno.file, 'run', '--no-config', '--no-prompt', '--allow-env']));
else test.skip('the operator table in Deno');
