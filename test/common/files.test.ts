import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { UserError } from '../../src/common/errors.ts';
import { makeFolders } from '../../src/common/files.node.ts';

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
