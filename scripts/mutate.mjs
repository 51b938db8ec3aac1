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

/** The rows of the table: number, and what is between backticks. */
function readMutations() {
  return readFileSync(join(ROOT, 'docs/testing.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const row = /^\| (\d+) \| `(.+?)` \| `(.+?)` \| `(.+?)` \| `(.+?)` \|$/.exec(line);
      if (!row) return [];
      const [, number, file, original, changed, tests] = row;
      return [{ number: Number(number), file, original, changed, tests }];
    });
}

/** The text with the mutation. A place that is not there, or not the only one, is a fault of the table. */
function mutated(text, { number, file, original, changed }) {
  const places = text.split(original).length - 1;
  if (places !== 1)
    throw new Error(`mutation ${number}: ${file} holds "${original}" ${places} times, not once`);
  return text.replace(original, () => changed);
}

/** Runs test files in the copy. @returns whether they pass */
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
  const sources = mutations.map((mutation) =>
    mutated(readFileSync(join(folder, mutation.file), 'utf8'), mutation),
  );
  // A test that fails anyway notices nothing.
  const failing = [...new Set(mutations.map(({ tests }) => tests))].filter((tests) => !passes(folder, tests));
  if (failing.length > 0) throw new Error(`without any mutation these fail: ${failing.join(', ')}`);
  const survivors = mutations.filter(({ number, file, tests }, i) => {
    const place = join(folder, file);
    const original = readFileSync(place);
    writeFileSync(place, sources[i]);
    const survived = passes(folder, tests);
    writeFileSync(place, original);
    console.log(`${String(number).padStart(2)}  ${survived ? 'SURVIVED' : 'killed  '}  ${file}  by ${tests}`);
    return survived;
  });
  console.log(`${mutations.length - survivors.length} of ${mutations.length} mutations were killed`);
  if (survivors.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`mutate: ${error.message}`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
