import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { runCli } from '../../src/cli/main.node.ts';

/** What a command line did. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process and collects what it prints. */
export async function normface(...words: string[]): Promise<Outcome> {
  const text = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof text) => ({
    write: (chunk: string) => {
      text[name] += chunk;
    },
  });
  const exitCode = await runCli(words, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { exitCode, ...text };
}

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-cli-'));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file and folder below one, with sizes, to see that a failed command left nothing behind. */
export function listing(folder: string): string[] {
  return (fs.readdirSync(folder, { recursive: true }) as string[])
    .map((name) => `${name} ${fs.statSync(path.join(folder, name)).size}`)
    .sort();
}
