#!/usr/bin/env node
/**
 * Builds dist/: the bundles and the type declarations. They are made beside the old ones and swapped in whole, so that a
 * failed build leaves nothing half written.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build as bundle } from 'esbuild';
import { BROWSER_BUNDLE, NODE_BUNDLE, ROOT } from './bundles.mjs';
import { BUILD_STAMP, sourcesDigest } from './setup/sources.mjs';
import { bundleWeb } from './web/bundle.mjs';

const dist = join(ROOT, 'dist');
const next = join(ROOT, `dist.${process.pid}`);

/** Declarations only; a type error fails the build. */
async function declareTypes() {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(next, 'types')];
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  if (status !== 0) throw new Error('type errors');
  for (const entry of ['engine/index', 'engine/index.node', 'normface/index.node']) {
    const path = join(next, 'types', `${entry}.d.ts`);
    // The declarations use Symbol.dispose, which a user's compiler options need not know.
    writeFileSync(path, `/// <reference lib="esnext.disposable" />\n${readFileSync(path, 'utf8')}`);
    // TypeScript knows WebGPU from version 6 on, and would find it declared twice; before it the types are a package.
    const older = `/// <reference types="@webgpu/types" />\nexport * from './${basename(entry)}.js';\n`;
    writeFileSync(join(next, 'types', `${entry}.before-6.d.ts`), older);
  }
}

try {
  // Taken first: a source that changes meanwhile makes the build stale, not wrongly fresh.
  const sources = sourcesDigest(ROOT);
  const outcomes = await Promise.allSettled([
    declareTypes(),
    bundle({ ...NODE_BUNDLE, outdir: next }),
    bundle({ ...BROWSER_BUNDLE, outdir: next }),
    bundleWeb(join(next, 'web')),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  chmodSync(join(next, 'cli.js'), 0o755);
  writeFileSync(join(next, BUILD_STAMP), sources);
  if (existsSync(dist)) renameSync(dist, `${next}.old`);
  renameSync(next, dist);
} catch (error) {
  // The compilers have printed what is wrong and where.
  console.error(`build: failed, ${error instanceof Error ? error.message.split('\n')[0] : error}`);
  process.exitCode = 1;
} finally {
  rmSync(next, { recursive: true, force: true });
  rmSync(`${next}.old`, { recursive: true, force: true });
}
