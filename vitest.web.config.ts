import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { fewLanes, weslAsText } from './vitest.config.ts';

/** Tests that drive other programs, which compile kernels and compute beside Node. */
export const drivingOthers = (include: string) =>
  defineConfig({
    plugins: [weslAsText],
    test: {
      include: [include],
      pool: 'forks',
      // One at a time: the other program's software driver uses all cores, and so does Node's.
      maxWorkers: 1,
      env: { ...fewLanes, NORMFACE_CACHE: join(tmpdir(), `normface-web-test-${process.pid}`) },
      // Long enough for a busy machine: the other program's driver compiles every kernel again, on the CPU.
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  });

/** Tests in a real browser: `npm run test:web`. */
export default drivingOthers('test/browser/**/*.test.ts');
