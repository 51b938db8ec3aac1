/** The command line in Bun and in other versions of Node, on Dawn as in the Node that runs the tests; and some of the tests in the latter. */

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bundledProgram } from '../cli/program.ts';
import { temporaryFolder } from '../cli/run.ts';
import { findProgram } from './programs.ts';

const run = promisify(execFile);
const program = bundledProgram();
const root = temporaryFolder();

/** The demo with fewer pictures: two steps of each run. */
const smallDemo = [
  'data.path=generated:identities=8,samples=8,seed=1',
  'evaluation.data=generated:identities=20,samples=4,seed=1,first=160',
  'evaluation.pairsPerFold=5',
  'epochs=1',
].flatMap((setting) => ['--set', setting]);

/** The accuracies that each runtime came to. */
const tables: string[][] = [];

describe.each(['Bun', 'Node 22', 'Node 24'] as const)('%s', (name) => {
  const runtime = findProgram(name);

  test.runIf(runtime)('the demo trains three nets, evaluates them and writes its report', async () => {
    const out = path.join(root, name);
    const { stdout } = await run(runtime!.file, [program(), 'demo', '--out', out, ...smallDemo]);
    // The same kernels on the same driver: the numbers are those of the other runtimes.
    const rows = stdout.split('\n').filter((line) => / ± /.test(line));
    tables.push(rows);
    expect(rows.length).toBeGreaterThan(5);
    expect(rows).toEqual(tables[0]);
    expect(fs.readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('NormFace on generated faces');
  });

  // Vitest runs in Node.
  if (name === 'Bun') return;
  test.runIf(runtime)(
    'tests of what the runtime itself does: timers, memory, threads, compression',
    async () => {
      const files = [
        'engine/patient-polling',
        'engine/native-warnings',
        'engine/transfers',
        'normface/data/loader',
        'normface/data/archives',
      ].map((file) => `test/${file}.test.ts`);
      const vitest = 'node_modules/vitest/vitest.mjs';
      const { stdout } = await run(runtime!.file, [vitest, 'run', '--reporter=json', ...files], {
        maxBuffer: 2 ** 26,
      });
      const { numFailedTests, numPassedTests } = JSON.parse(stdout);
      expect({ numFailedTests }).toEqual({ numFailedTests: 0 });
      expect(numPassedTests).toBeGreaterThan(20);
    },
  );
});
