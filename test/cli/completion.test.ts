import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lossNames } from '../../src/normface/losses/names.ts';
import { normface, temporaryFolder } from './run.ts';

/** What the Tab key offers, without the descriptions. */
async function offered(...words: string[]): Promise<string[]> {
  const { exitCode, stdout } = await normface('complete', '--', ...words);
  expect(exitCode).toBe(0);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0]!);
}

test('commands, their subcommands, and words after an operand', async () => {
  expect(await offered('ev')).toEqual(['eval']);
  expect(await offered('')).toContain('completion');
  expect(await offered('')).not.toContain('complete');
  expect(await offered('kernels', 'r')).toEqual(['run']);
  expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await offered('verify', 'a.jpg', '')).toEqual([]);
});

test('options of the command and of the program, and the values of those that take one of a list', async () => {
  expect(await offered('train', '--re')).toEqual(['--resume']);
  expect(await offered('train', '--js')).toEqual(['--json']);
  expect(await offered('kernels', 'run', '--sw')).toEqual(['--sweep']);
  expect(await offered('train', '--loss', '')).toEqual([...lossNames]);
  // As bash parts --loss=arc.
  expect(await offered('train', '--loss', '=', 'arc')).toEqual(['arcface']);
  expect(await offered('--tune', 'f')).toEqual(['full']);
  expect(await offered('train', '--data', '')).toEqual([]);
  // The value of an option is no operand.
  expect(await offered('--adapter', 'eval', 'ver')).toEqual(['verify']);
});

test('in bash the Tab key offers them, and files where there are none', async () => {
  const folder = temporaryFolder();
  const { stdout: script } = await normface('completion', 'bash');
  const answer = (await normface('complete', '--', 'train', '--loss', 'sp')).stdout;
  // Stands in for the program; prints what it was called with to another file.
  fs.writeFileSync(
    path.join(folder, 'normface'),
    `#!/bin/sh\nprintf '%s\\n' "$@" > asked\nprintf '${answer.replaceAll('\n', '\\n').replaceAll('\t', '\\t')}'\n`,
    { mode: 0o755 },
  );
  const test = `${script}
PATH="$PWD:$PATH"
COMP_WORDS=(normface train --loss sp); COMP_CWORD=3
_normface
printf '%s\\n' "\${COMPREPLY[@]}"
complete -p normface`;
  const printed = execFileSync('bash', ['-c', test], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
  expect(printed.slice(0, -1)).toEqual(['sphereface', 'sphereface2']);
  expect(printed.at(-1)).toContain('-o default');
  expect(fs.readFileSync(path.join(folder, 'asked'), 'utf8')).toBe('complete\n--\ntrain\n--loss\nsp\n');
});

test('a shell that is not known is refused', async () => {
  const { exitCode, stderr } = await normface('completion', 'tcsh');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish.');
});
