import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'example-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the example has at most 60 lines', () => {
  expect(
    readFileSync(join(root, 'examples/train.ts'), 'utf8').trimEnd().split('\n').length,
  ).toBeLessThanOrEqual(60);
});

test('the example trains with its own loss and verifies unseen people', async () => {
  // As the build bundles the library, but from the sources of this moment.
  await build({
    absWorkingDir: root,
    entryPoints: {
      train: 'examples/train.ts',
      'decode-worker': 'src/normface/data/images/decode-worker.node.ts',
    },
    alias: { normface: './src/normface/index.node.ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    loader: { '.wesl': 'text' },
    outdir: folder,
  });
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'train.js'), '11']);
  const losses = [...stdout.matchAll(/^step \d+ {2}loss (\d+\.\d+)$/gm)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(2);
  expect(losses[1]!).toBeLessThan(losses[0]!);
  expect(stdout).toMatch(/lfw-10fold-cos \(front\) +\d\d\.\d\d ± /);
  expect(stdout).toMatch(/300 same and 300 different pairs/);
});
