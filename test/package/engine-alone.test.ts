import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build as bundle } from 'esbuild';
import { build as bundleByVite } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { npmCommand } from '../../scripts/setup/packages.mjs';
import { run } from '../../scripts/setup/process.mjs';
import { buildIsFresh } from '../../scripts/setup/sources.mjs';

const TIMEOUT_SECONDS = 300;
const root = resolve('.');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
let user: string;

async function ran(command: string, args: string[], options: { cwd?: string; shell?: boolean } = {}) {
  const result = await run(command, args, { cwd: user, timeoutSeconds: TIMEOUT_SECONDS, ...options });
  expect(result.ok, `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(true);
  return result.stdout.trim();
}

function npm(args: string[], cwd: string) {
  const { command, args: first, shell } = npmCommand(process.env.npm_execpath, process.platform);
  return ran(command, [...first, ...args], { cwd, shell });
}

/** The packed package in a folder that has, of all packages, only what the engine is said to need. */
beforeAll(async () => {
  user = mkdtempSync(join(tmpdir(), 'normface-engine-'));
  if (!buildIsFresh(root)) await ran(process.execPath, ['scripts/build.mjs'], { cwd: root });
  await npm(['pack', '--ignore-scripts', '--silent', `--pack-destination=${user}`], root);
  writeFileSync(join(user, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const modules = join(user, 'node_modules');
  mkdirSync(modules);
  await ran('tar', ['-xzf', `normface-${version}.tgz`]);
  cpSync(join(user, 'package'), join(modules, 'normface'), { recursive: true });
  // With what webgpu itself depends on.
  for (const name of ['wesl', 'webgpu', 'debug', 'ms', '@webgpu/types'])
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true, dereference: true });
}, TIMEOUT_SECONDS * 1000);
afterAll(() => rmSync(user, { recursive: true, force: true }));

const product = `
import { matmul, openDevice } from 'normface/engine';
const device = await openDevice();
const a = device.tensor([1, 2, 3, 4], [2, 2]);
console.log([...(await matmul(a, a).readFloats())].join(' '));
`;

test('in Node it opens a device and computes', async () => {
  writeFileSync(join(user, 'product.mjs'), `${product}\nprocess.exit(0);`);
  expect(await ran(process.execPath, ['product.mjs'])).toBe('7 10 15 22');
});

test('what it does not need is not there', async () => {
  const script = `import('normface').then(() => console.log('loaded'), ({ code }) => console.log(code));`;
  expect(await ran(process.execPath, ['--eval', script])).toBe('ERR_MODULE_NOT_FOUND');
});

test('esbuild bundles it for a page', async () => {
  const { outputFiles, metafile } = await bundle({
    stdin: { contents: product, resolveDir: user },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  expect(outputFiles).toHaveLength(1);
  expect(Object.keys(metafile.inputs).some((input) => input.endsWith('dist/engine.browser.js'))).toBe(true);
});

test('vite bundles it for a page', async () => {
  writeFileSync(join(user, 'index.html'), '<script type="module" src="./page.js"></script>');
  writeFileSync(join(user, 'page.js'), product);
  const output = await bundleByVite({
    root: user,
    configFile: false,
    logLevel: 'silent',
    build: { write: false, target: 'es2023' },
  });
  const outputs = Array.isArray(output) ? output : [output];
  const text = JSON.stringify(outputs);
  expect(text).toContain('gemm');
  expect(text).not.toMatch(/node:(fs|path|os)/);
});

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
  ['node16', 'node16'],
])('its types hold for module %s, resolution %s, strictly', async (module, resolution) => {
  writeFileSync(
    join(user, 'user.ts'),
    `import { type Device, matmul, openDevice } from 'normface/engine';
export const device: Promise<Device> = openDevice({ mode: 'safe' });
// @ts-expect-error: a function; were the declarations missing or 'any', this would be no error
export const engine: number = matmul;
`,
  );
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--module', module, '--moduleResolution', resolution];
  await ran(process.execPath, [compiler, ...options, '--target', 'es2023', 'user.ts']);
});
