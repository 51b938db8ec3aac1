#!/usr/bin/env node
/**
 * Proves that the engine can run in a browser: it bundles for one without Node's modules, takes in no `*.node.ts` file,
 * and uses no global that only Node has.
 */
import { spawnSync } from 'node:child_process';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import { BROWSER_BUNDLE, ROOT } from './bundles.mjs';

/** @type {string[]} */
const faults = [];

// Node's modules are let through here so that each can be named with the file that asks for it.
const { metafile, outputFiles } = await bundle({
  ...BROWSER_BUNDLE,
  outdir: join(ROOT, 'dist'),
  write: false,
  metafile: true,
  plugins: [
    {
      name: 'node-modules-are-external',
      setup(build) {
        build.onResolve({ filter: /.*/ }, ({ path }) =>
          isBuiltin(path) ? { path, external: true } : undefined,
        );
      },
    },
  ],
});
for (const [file, { imports }] of Object.entries(metafile.inputs)) {
  if (/\.node\.[jt]s$/.test(file)) faults.push(`${file} is for Node only`);
  for (const { path } of imports) if (isBuiltin(path)) faults.push(`${file} imports Node's module ${path}`);
}

const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
const types = spawnSync(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.browser.json')], {
  encoding: 'utf8',
});
if (types.status !== 0) faults.push(types.stdout.trim());

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else {
  const kilobytes = Math.ceil(outputFiles[0].contents.length / 1024);
  console.log(
    `browser bundle: ${Object.keys(metafile.inputs).length} files, ${kilobytes} KiB, nothing of Node's`,
  );
}
