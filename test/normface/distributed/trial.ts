/** The supervisor with stub ranks (stub-rank.ts): what it makes of them, and what they leave. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type Supervised,
  type Supervision,
  supervise,
} from '../../../src/normface/distributed/supervise.node.ts';

export interface Trial extends Supervised {
  readonly stdout: string;
  readonly stderr: readonly string[];
  readonly warnings: readonly string[];
  /** All ranks that were started. */
  readonly ranks: readonly StubRank[];
  /** Their processes that are still there. */
  readonly left: readonly number[];
  readonly folder: string;
}

export interface StubRank {
  readonly pid: number;
  readonly rank: number;
  readonly attempt: number;
}

export interface TrialOptions
  extends Pick<Supervision, 'launcher'>,
    Partial<Omit<Supervision, 'launcher' | 'onStop'>> {
  /** The bundled stub-rank.ts. */
  readonly stub: string;
  /** How many ranks a rank says that it sees. */
  readonly seen?: string;
  /** Is called when both ranks run. */
  readonly act?: (stop: () => void) => void;
}

/** Folder of a test, and the ranks that ran in it. */
export function temporaryFolder(): { folder: string; ranks: () => StubRank[] } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-ranks-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const ranks = () => {
    const file = path.join(folder, 'ranks.txt');
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
    return lines.map((line) => {
      const [pid, rank, attempt] = line.split(' ').map(Number);
      return { pid: pid!, rank: rank!, attempt: attempt! };
    });
  };
  return { folder, ranks };
}

/** Runs two stub ranks that do what `what` says, to their end. */
export async function superviseStubs(
  what: string,
  { stub, seen = '', act, ...options }: TrialOptions,
): Promise<Trial> {
  const { folder, ranks } = temporaryFolder();
  const said = { stdout: '', stderr: [] as string[], warnings: [] as string[] };
  const result = await supervise({
    ranks: 2,
    program: (run) => [process.execPath, stub, what, folder, seen, ...(run ? ['resumes', run] : [])],
    hasCheckpoint: () => true,
    maxRestarts: 2,
    columns: undefined,
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (line) => said.stderr.push(line),
    warn: (text) => said.warnings.push(text),
    onStop: (stop) => {
      const started = setInterval(() => {
        if (ranks().length < 2) return;
        clearInterval(started);
        act?.(stop);
      }, 20);
      return () => clearInterval(started);
    },
    environment: process.env,
    pause: 0,
    ...options,
  });
  const left = ranks()
    .map(({ pid }) => pid)
    .filter(isAlive);
  return { ...result, ...said, ranks: ranks(), left, folder };
}

export function isAlive(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0] !== 'Z';
  } catch {
    return false;
  }
}
