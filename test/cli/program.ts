import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

const source = (name: string) => fileURLToPath(new URL(`../../src/${name}`, import.meta.url));

/** Bundles the command line for the tests of a file that need a process of their own. @returns gives the script to run */
export function bundledProgram(): () => string {
  const folder = fileURLToPath(new URL('../../node_modules/.cache/normface/', import.meta.url));
  const program = path.join(folder, `cli-test-${process.pid}.mjs`);
  const common = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    target: 'node20',
  } as const;
  beforeAll(() => {
    buildSync({
      ...common,
      entryPoints: [source('cli/main.node.ts')],
      loader: { '.wesl': 'text' },
      outfile: program,
    });
    buildSync({
      ...common,
      entryPoints: [source('normface/data/images/decode-worker.node.ts')],
      outfile: path.join(folder, 'decode-worker.js'),
    });
    buildSync({
      ...common,
      entryPoints: [source('engine/tuning/tune-child.node.ts')],
      loader: { '.wesl': 'text' },
      outfile: path.join(folder, 'tune-child.js'),
    });
  });
  afterAll(() => fs.rmSync(program, { force: true }));
  return () => program;
}
