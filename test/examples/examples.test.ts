import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'example-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const examples = ['train', 'mnist', 'custom-kernel'];

// As the build bundles the library, but from the sources of this moment.
beforeAll(async () => {
  await build({
    absWorkingDir: root,
    entryPoints: {
      ...Object.fromEntries(examples.map((name) => [name, `examples/${name}.ts`])),
      'decode-worker': 'src/normface/data/images/decode-worker.node.ts',
    },
    alias: {
      'normface/engine': './src/engine/index.node.ts',
      normface: './src/normface/index.node.ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    loader: { '.wesl': 'text' },
    outdir: folder,
  });
});

async function run(example: string, ...args: string[]): Promise<string> {
  const program = [join(folder, `${example}.js`), ...args];
  return (await promisify(execFile)(process.execPath, program)).stdout;
}

const lossesIn = (stdout: string): number[] =>
  [...stdout.matchAll(/^step \d+ {2}loss (\d+\.\d+)$/gm)].map(([, loss]) => Number(loss));

test.each(examples)('%s has at most 60 lines', (name) => {
  const text = readFileSync(join(root, `examples/${name}.ts`), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
});

test('train learns with its own loss and verifies unseen people', async () => {
  const stdout = await run('train', '11');
  const losses = lossesIn(stdout);
  expect(losses).toHaveLength(2);
  expect(losses[1]!).toBeLessThan(losses[0]!);
  expect(stdout).toMatch(/lfw-10fold-cos \(front\) +\d\d\.\d\d ± /);
  expect(stdout).toMatch(/300 same and 300 different pairs/);
});

test('custom-kernel passes the checker', async () => {
  expect(await run('custom-kernel')).toMatch(/^softsign: ok, 1 of 1 cases right, 1 of 1 misuses refused$/m);
});

const digits = process.env.NORMFACE_DATA ?? resolve(root, '../shared/data');
test.skipIf(!existsSync(join(digits, 'mnist')))(
  'mnist learns digits, which a hundred steps show',
  async () => {
    const set = `mnist:${join(digits, 'mnist')}`;
    const stdout = await run(
      'mnist',
      `${set},part=t10k,first=0,count=9000`,
      `${set},part=t10k,first=9000`,
      '101',
    );
    const losses = lossesIn(stdout);
    expect(losses[1]!).toBeLessThan(losses[0]! / 3);
    expect(Number(/^accuracy (\d+\.\d) % of 1,000 images$/m.exec(stdout)?.[1])).toBeGreaterThan(90);
  },
);
