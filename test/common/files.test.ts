import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { UserError } from '../../src/common/errors.ts';
import { makeFolders, replaceFile } from '../../src/common/files.node.ts';
import { temporaryBeside } from '../../src/common/temporary.node.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-folders-'));
const at = (name: string) => path.join(root, name);
afterAll(() => fs.rmSync(root, { recursive: true }));
fs.writeFileSync(at('file'), '');

test('all levels of a folder are made, and one that exists stays', () => {
  makeFolders(at('a/b/c/'));
  fs.writeFileSync(at('a/b/c/file'), '');
  makeFolders(at('a/b/c'));
  expect(fs.readdirSync(at('a/b/c'))).toEqual(['file']);
  makeFolders(path.relative('.', at('a/b/d')));
  expect(fs.readdirSync(at('a/b'))).toEqual(['c', 'd']);
});

test('a file in the place of a folder or above it is refused', () => {
  expect(() => makeFolders(at('file'))).toThrow(new UserError(`${at('file')} is a file, not a folder`));
  expect(() => makeFolders(at('file/a/b'))).toThrow('ENOTDIR');
  fs.symlinkSync('nothing', at('link'));
  expect(() => makeFolders(at('link/a'))).toThrow('link is a file, not a folder');
});

// mkdirSync with `recursive` of Node 20 would never come back from here.
test.runIf(process.platform === 'linux')('where the system makes no folders that is said', () => {
  expect(() => makeFolders('/proc/normface/a')).toThrow(new UserError('no folder can be made in /proc'));
});

test('what a killed process left under a temporary name goes with the next file there, and nothing else', () => {
  const folder = at('killed');
  fs.mkdirSync(folder);
  // Held up in the middle of its work and killed: no `finally` is run.
  const child = spawnSync(process.execPath, [
    '-e',
    `const [name] = process.argv.slice(1); require('node:fs').mkdirSync(name.replace(/-\\d+\\./, '-' + process.pid + '.'));
       process.kill(process.pid, 'SIGKILL');`,
    temporaryBeside(path.join(folder, 'a.rec')),
  ]);
  expect(child.signal).toBe('SIGKILL');
  const [left] = fs.readdirSync(folder);
  expect(left).toMatch(/^\.a\.rec\..*\.tmp$/);
  const others = [
    left!.replace(/-\d+\./, `-${process.pid}.`),
    left!.replace(/\.[0-9a-f]{8}-/, '.00000000-'),
    '.a.rec.tmp',
    'b.tmp',
  ];
  for (const name of others) fs.writeFileSync(path.join(folder, name), '');
  // As another process would: this one has looked into the folder already.
  const link = at('same folder');
  fs.symlinkSync(folder, link);
  replaceFile(path.join(link, 'b.json'), '{}');
  expect(fs.readdirSync(folder).sort()).toEqual([...others, 'b.json'].sort());
});
