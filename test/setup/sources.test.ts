import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BUILD_INPUTS, BUILD_STAMP, buildIsFresh, sourcesDigest } from '../../scripts/setup/sources.mjs';

let root: string;
const kernel = () => join(root, 'src/shaders/matmul/gemm.wesl');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'normface-sources-'));
  mkdirSync(join(root, 'src/shaders/matmul'), { recursive: true });
  mkdirSync(join(root, 'scripts/web'), { recursive: true });
  mkdirSync(join(root, 'dist'));
  for (const input of BUILD_INPUTS) if (input !== 'src') writeFileSync(join(root, input), input);
  writeFileSync(kernel(), 'fn gemm() {}');
  writeFileSync(join(root, 'dist', BUILD_STAMP), sourcesDigest(root));
});
afterEach(() => rmSync(root, { recursive: true }));

test('a build is fresh until a source is changed, added or removed', () => {
  expect(buildIsFresh(root)).toBe(true);

  writeFileSync(kernel(), 'fn gemm() { }');
  expect(buildIsFresh(root)).toBe(false);
  writeFileSync(kernel(), 'fn gemm() {}');
  expect(buildIsFresh(root)).toBe(true);

  writeFileSync(join(root, 'src/new.ts'), '');
  expect(buildIsFresh(root)).toBe(false);
  rmSync(join(root, 'src/new.ts'));
  expect(buildIsFresh(root)).toBe(true);

  rmSync(kernel());
  expect(buildIsFresh(root)).toBe(false);
});

test('times alone do not make it stale', () => {
  utimesSync(kernel(), new Date(0), new Date(0));
  expect(buildIsFresh(root)).toBe(true);
});

test('without dist there is no build', () => {
  rmSync(join(root, 'dist'), { recursive: true });
  expect(buildIsFresh(root)).toBe(false);
});
