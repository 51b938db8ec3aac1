import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { weslAsText } from './vitest.config.ts';

/** Tests in a real browser: `npm run test:web`. */
export default defineConfig({
  plugins: [weslAsText],
  test: {
    include: ['test/browser/**/*.test.ts'],
    pool: 'forks',
    // One at a time: the browser's software driver uses all cores, and so does Node's.
    maxWorkers: 1,
    env: { NORMFACE_CACHE: join(tmpdir(), `normface-web-test-${process.pid}`) },
    // Long enough for a busy machine: the browser's driver compiles every kernel again, on the CPU.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
