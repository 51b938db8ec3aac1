import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';

/** The same rule as esbuild's text loader in scripts/build.mjs: a kernel file is imported as its text. */
export const weslAsText: Plugin = {
  name: 'wesl-as-text',
  enforce: 'pre',
  load(id) {
    const path = id.split('?')[0]!;
    if (!path.endsWith('.wesl')) return null;
    return `export default ${JSON.stringify(readFileSync(path, 'utf8'))};`;
  },
};

export default defineConfig({
  plugins: [weslAsText],
  test: {
    include: ['test/**/*.test.ts'],
    // These need a browser: vitest.web.config.ts.
    exclude: ['test/browser/**'],
    // A process per file, so that a crash in the GPU driver fails one file and not the run; two at a time
    // because the software driver already spreads each kernel over all cores.
    pool: 'forks',
    maxWorkers: 2,
    // What was tuned on this machine must not decide what is tested.
    env: { NORMFACE_CACHE: join(tmpdir(), `normface-test-${process.pid}`) },
    // A kernel that no cache has takes the software driver up to half a minute, several times that on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
