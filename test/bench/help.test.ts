import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { contradiction, program } from '../../bench/options.ts';
import { ROOT } from '../../scripts/bundles.mjs';
import { temporaryFolder } from '../cli/run.ts';

test('the help that is printed before anything is installed is that of the options', async () => {
  let text = '';
  program
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
    })
    .outputHelp();
  await expect(text).toMatchFileSnapshot(path.join(ROOT, 'bench/help.txt'));
});

test('what a suite would pass over is refused', () => {
  const said = (...words: string[]) => contradiction(program.parse(words, { from: 'user' }));
  expect(said('--suite', 'distributed', '--launcher', 'mpich', '--namespaces')).toBeUndefined();
  expect(said('--suite', 'gemm', '--peers', 'tfjs-wasm')).toBeUndefined();
  expect(said('--suite', 'gemm', '--namespaces')).toBe('--namespaces goes with --suite distributed');
  expect(said('--suite', 'distributed', '--round-ms', '5')).toBe(
    '--round-ms is not for the suite distributed',
  );
  expect(said('--suite', 'distributed', 'gemm')).toBe('the suite distributed runs by itself');
});

test('npm run bench -- --help prints help in a clone where nothing is installed', async () => {
  const clone = temporaryFolder();
  for (const name of ['package.json', 'scripts', 'bench/help.txt'])
    fs.cpSync(path.join(ROOT, name), path.join(clone, name), { recursive: true });
  const { scripts } = JSON.parse(fs.readFileSync(path.join(clone, 'package.json'), 'utf8'));
  // npm would run it first, and with no words.
  expect(scripts.prebench).toBeUndefined();
  const [program, ...args] = scripts.bench.split(' ');
  expect(program).toBe('node');
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--help'], { cwd: clone });
  expect(stdout).toMatch(/^Usage: npm run bench -- /);
  expect(stdout).toContain('jax-wasm');
  expect(fs.existsSync(path.join(clone, 'node_modules'))).toBe(false);
});
