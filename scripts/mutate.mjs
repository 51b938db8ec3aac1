#!/usr/bin/env node
/**
 * Whether the tests notice faults: applies the mutations of docs/testing.md one by one in a copy of the project and runs the tests
 * that must fail. Words are the numbers of some of them. Status 1 where a mutation survives.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './bundles.mjs';

const COPIED = [
  'src',
  'test',
  'scripts',
  'configs',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** @typedef {{ number: number, file: string, original: string, changed: string, tests: string }} Mutation */

/**
 * The rows of the table: number, and what is between backticks.
 * @returns {Mutation[]}
 */
function readMutations() {
  return readFileSync(join(ROOT, 'docs/testing.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const row = /^\| (\d+) \| `(.+?)` \| `(.+?)` \| `(.+?)` \| `(.+?)` \|$/.exec(line);
      if (!row) return [];
      const [, number, file, original, changed, tests] =
        /** @type {[string, string, string, string, string, string]} */ (/** @type {unknown} */ (row));
      return [{ number: Number(number), file, original, changed, tests }];
    });
}

/**
 * The text with the mutation. A place that is not there, or not the only one, is a fault of the table.
 * @param {string} text
 * @param {Mutation} mutation
 */
function mutated(text, { number, file, original, changed }) {
  const places = text.split(original).length - 1;
  if (places !== 1)
    throw new Error(`mutation ${number}: ${file} holds "${original}" ${places} times, not once`);
  return text.replace(original, () => changed);
}

/**
 * Whether test files pass in the copy.
 * @param {string} folder
 * @param {string} tests names, with spaces between them
 */
function passes(folder, tests) {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...tests.split(' ')], { cwd: folder });
  return status === 0;
}

const wanted = process.argv.slice(2).map(Number);
const mutations = readMutations().filter(({ number }) => wanted.length === 0 || wanted.includes(number));
const folder = mkdtempSync(join(tmpdir(), 'normface-mutate-'));
try {
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const prepared = mutations.map((mutation) => {
    const place = join(folder, mutation.file);
    return { ...mutation, place, source: mutated(readFileSync(place, 'utf8'), mutation) };
  });
  // A test that fails anyway notices nothing.
  const failing = [...new Set(mutations.map(({ tests }) => tests))].filter((tests) => !passes(folder, tests));
  if (failing.length > 0) throw new Error(`without any mutation these fail: ${failing.join(', ')}`);
  const survivors = prepared.filter(({ number, file, tests, place, source }) => {
    const original = readFileSync(place);
    writeFileSync(place, source);
    const survived = passes(folder, tests);
    writeFileSync(place, original);
    console.log(`${String(number).padStart(2)}  ${survived ? 'SURVIVED' : 'killed  '}  ${file}  by ${tests}`);
    return survived;
  });
  console.log(`${mutations.length - survivors.length} of ${mutations.length} mutations were killed`);
  if (survivors.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`mutate: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
