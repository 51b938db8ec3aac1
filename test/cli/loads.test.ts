import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NODE_BUNDLE, ROOT } from '../../scripts/bundles.mjs';

/** The program as it is built, inside the repository, so that its packages are found. */
const folder = path.join(ROOT, `node_modules/.normface-loads-${process.pid}`);
const hook = path.join(folder, 'hook.mjs');
const list = path.join(folder, 'loaded.txt');
let outputs: Metafile['outputs'];

beforeAll(async () => {
  ({ outputs } = (await build({ ...NODE_BUNDLE, outdir: folder, metafile: true })).metafile);
  const recorder = `import fs from 'node:fs';
export function load(url, context, next) {
  fs.appendFileSync(${JSON.stringify(list)}, url + '\\n');
  return next(url, context);
}`;
  fs.writeFileSync(path.join(folder, 'recorder.mjs'), recorder);
  const start = `import { register } from 'node:module'; register('./recorder.mjs', import.meta.url);`;
  fs.writeFileSync(hook, start);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Packages, and source files of this project, that a command line loads. */
async function loadedBy(...words: string[]) {
  fs.writeFileSync(list, '');
  const args = ['--import', pathToFileURL(hook).href, path.join(folder, 'cli.js'), ...words];
  await promisify(execFile)(process.execPath, args).catch((error) => {
    if (error.code !== 2) throw error;
  });
  const files = fs
    .readFileSync(list, 'utf8')
    .split('\n')
    .filter((url) => url.startsWith('file:') && !url.endsWith('hook.mjs'))
    .map((url) => path.relative(ROOT, fileURLToPath(url)).replaceAll('\\', '/'));
  const own = (file: string) => Object.keys(outputs[file]?.inputs ?? {});
  const packages = files.filter((file) => !outputs[file]).map((file) => file.split('/')[1]);
  return { packages: [...new Set(packages)], sources: files.flatMap(own) };
}

/** What the declarations of the commands are made of: nothing that computes, decodes, draws or opens a device. */
const light = [
  /^src\/cli\/[a-z-]+\.ts$/,
  /^src\/cli\/(main|context|status-line|standard-streams)\.node\.ts$/,
  /^src\/common\/(edit-distance|errors|format|paired-ratio|printable|suggest)\.ts$/,
  /^src\/normface\/(alignment\/template|losses\/names|overview\/run-orders|distributed\/orders|training\/progress|evaluation\/(merge|features))\.ts$/,
  /^src\/normface\/(package|data\/images\/pixel-limit)\.node\.ts$/,
  // How the program ends, whatever it was doing.
  /^src\/(common\/(files|temporary)|normface\/training\/run\/(interrupt|end-signals)|engine\/runtime\/end-now)\.node\.ts$/,
  /^src\/engine\/(core\/errors|distributed\/mpi\/launcher)\.ts$/,
  /^src\/inspector\/estimate\/card-names\.ts$/,
];

const commandLines = [
  '--version',
  '--help',
  'train --help',
  'train',
  'trian',
  'kernels run --help',
  'data',
  'completion bash',
  'complete -- train --loss ',
];

test.each(commandLines)('%s loads declarations only', async (line) => {
  const { packages, sources } = await loadedBy(...line.split(' '));
  expect(packages).toEqual(['commander']);
  expect(sources).toContain('src/cli/main.node.ts');
  expect(sources.filter((source) => !light.some((pattern) => pattern.test(source)))).toEqual([]);
});

test('a command loads what it needs', async () => {
  const { packages, sources } = await loadedBy('nets');
  expect(sources).toContain('src/cli/nets.node.ts');
  for (const heavy of ['sharp', 'webgpu', 'zod', '@observablehq', '@viz-js', 'linkedom', 'ml-matrix'])
    expect(packages).not.toContain(heavy);
});
