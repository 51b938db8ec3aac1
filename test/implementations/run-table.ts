/** Runs the operator table in another runtime, as a process of its own. */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import { extent, type RemoteTable } from './suite.ts';
import type { EntryResult } from './table.ts';

/** Bundles the program into one file, with all packages but Dawn. */
async function bundleProgram(): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-table-'));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  const outfile = path.join(folder, 'program.mjs');
  await build({
    entryPoints: ['test/implementations/program.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    loader: { '.wesl': 'text' },
    external: ['webgpu'],
    outfile,
  });
  return outfile;
}

/**
 * Starts the table in a runtime; it ends with the tests of the file. Entries run in order, whoever asks for which.
 *
 * @param command the runtime and its words before the program's file
 */
export async function startTable(
  implementation: string,
  [runtime, ...words]: readonly [string, ...string[]],
): Promise<RemoteTable> {
  const child = spawn(runtime, [...words, await bundleProgram(), extent], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  afterAll(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(`it ended with ${signal ?? `status ${status}`}`));
  });
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value);
    throw new Error(`${implementation}: ${await ended}\n${errors}`);
  };
  const { adapter, entries } = (await next()) as Pick<RemoteTable, 'adapter' | 'entries'>;
  // Each is the line after the one before it.
  const results: Promise<EntryResult>[] = [];
  for (let line: Promise<unknown> = Promise.resolve(); results.length < entries.length; ) {
    line = line.then(next);
    line.catch(() => {}); // it is the test's that asks for it
    results.push(line as Promise<EntryResult>);
  }
  return { implementation, adapter, entries, check: (index) => results[index]! };
}
