#!/usr/bin/env node
/**
 * Proves that the engine and the web application can run in a browser: they bundle for one without Node's modules, take
 * in no `*.node.ts` file, and use no global that only Node has.
 */
import { spawnSync } from 'node:child_process';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import { BROWSER_BUNDLE, ROOT, SERVICE_WORKER_BUNDLE, WEB_BUNDLE } from './bundles.mjs';

/** @type {string[]} */
const faults = [];

/** @type {string[]} */
const findings = [];

/**
 * @param {string} name
 * @param {import('esbuild').BuildOptions} options
 */
async function inspect(name, options) {
  // Node's modules are let through here so that each can be named with the file that asks for it.
  const { metafile, outputFiles } = await bundle({
    ...options,
    outdir: join(ROOT, 'dist'),
    write: false,
    metafile: true,
    plugins: [
      ...(options.plugins ?? []),
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
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
  findings.push(
    `${name}: ${Object.keys(metafile.inputs).length} files, ${Math.ceil(bytes / 1024)} KiB, nothing of Node's`,
  );
}

await inspect('browser bundle', BROWSER_BUNDLE);
await inspect('web application', WEB_BUNDLE);
await inspect('service worker', SERVICE_WORKER_BUNDLE);

const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
const types = spawnSync(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.browser.json')], {
  encoding: 'utf8',
});
if (types.status !== 0) faults.push(types.stdout.trim());

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else for (const finding of findings) console.log(finding);
