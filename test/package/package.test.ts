import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { npmCommand } from '../../scripts/setup/packages.mjs';
import { run } from '../../scripts/setup/process.mjs';
import { buildIsFresh } from '../../scripts/setup/sources.mjs';

const TIMEOUT_SECONDS = 300;
const root = resolve('.');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
let user: string;

/** Runs a program in the folder of the package's user, and gives what it printed. */
async function ran(command: string, args: string[], options: { cwd?: string; shell?: boolean } = {}) {
  const result = await run(command, args, { cwd: user, timeoutSeconds: TIMEOUT_SECONDS, ...options });
  expect(result.ok, `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(true);
  return result.stdout.trim();
}

function npm(args: string[], cwd: string) {
  const { command, args: first, shell } = npmCommand(process.env.npm_execpath, process.platform);
  return ran(command, [...first, ...args], { cwd, shell });
}

beforeAll(async () => {
  user = mkdtempSync(join(tmpdir(), 'normface-package-'));
  if (!buildIsFresh(root)) await ran(process.execPath, ['scripts/build.mjs'], { cwd: root });
  await npm(['pack', '--ignore-scripts', '--silent', `--pack-destination=${user}`], root);
  writeFileSync(join(user, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await npm(['install', `./normface-${version}.tgz`, '--prefer-offline', '--ignore-scripts', ...quiet], user);
}, TIMEOUT_SECONDS * 1000);
afterAll(() => rmSync(user, { recursive: true, force: true }));

test('the package holds what its users need and nothing of its making', () => {
  const has = (path: string) => existsSync(join(user, 'node_modules/normface', path));
  const dist = ['index.js', 'cli.js', 'decode-worker.js', 'tune-child.js', 'web/index.html', 'web/main.js'];
  const needed = ['LICENSE', 'README.md', 'configs', ...dist.map((file) => `dist/${file}`)];
  expect(needed.filter((path) => !has(path))).toEqual([]);
  expect(['src', 'test', 'scripts', 'node_modules', 'dist/.sources', 'dist/docs'].filter(has)).toEqual([]);
});

test('the normface program runs and says its version', async () => {
  expect(await npm(['exec', '--offline', '--', 'normface', '--version'], user)).toBe(version);
});

test('the library and the engine can be imported, with nothing but the declared dependencies', async () => {
  const script = `
    import * as library from 'normface';
    import * as engine from 'normface/engine';
    console.log(typeof library.openDevice, typeof engine.conv2d, typeof library.openModel, typeof library.convertDataset);`;
  const types = await ran(process.execPath, ['--input-type=module', '--eval', script]);
  expect(types).toBe('function function function function');
});

test('the types come with it', async () => {
  writeFileSync(
    join(user, 'user.ts'),
    `import { openDevice } from 'normface';
import { conv2d } from 'normface/engine';
// @ts-expect-error: a function; were the declarations missing or 'any', this would be no error
export const library: number = openDevice;
// @ts-expect-error: as above
export const engine: number = conv2d;
`,
  );
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  await ran(process.execPath, [compiler, ...options, 'user.ts']);
});

test('the types for TypeScript before version 6, which does not know WebGPU, bring those of WebGPU', async () => {
  const entry = (name: string) => `./node_modules/normface/dist/types/${name}.before-6.js`;
  writeFileSync(
    join(user, 'older.ts'),
    `import { openDevice } from '${entry('normface/index.node')}';
import { Device } from '${entry('engine/index')}';
export const limit = async (): Promise<number> => (await openDevice()).gpu.limits.maxBufferSize;
// @ts-expect-error: a GPUDevice; without the types of WebGPU it would be 'any', and this no error
export const gpu = ({ gpu }: Device): number => gpu;
`,
  );
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  // Without the library "dom" this compiler does not know WebGPU either.
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--lib',
    'es2023',
    '--skipLibCheck',
  ];
  await ran(process.execPath, [compiler, ...options, 'older.ts']);
});

test('a page can bundle the library: nets, checkpoints, models of others and evaluation need nothing of Node', async () => {
  const wanted = [
    ...['buildNet', 'findNet', 'decodeSafetensors', 'evaluateVerification', 'conv2d', 'openDevice'],
    ...['readModel', 'importModel', 'encodeOnnx', 'parseLandmarks', 'chooseFaces', 'calibrate'],
  ];
  const { outputFiles } = await build({
    stdin: { contents: `export { ${wanted.join(', ')} } from 'normface';`, resolveDir: user },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  expect(outputFiles).toHaveLength(1);
});
