/** Runs programs under the launchers of MPI and sees what became of their ranks. */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import { findMpi, type MpiName } from '../../scripts/setup/mpi.mjs';
import { kill, survivorsOf } from './processes.ts';

export type { MpiName };

/** Both families of MPI. */
export const families: readonly MpiName[] = ['openmpi', 'mpich'];

/** The `mpirun` of a family; null where it is not installed, which is said. */
export function findLauncher(name: MpiName): string | null {
  const file = findMpi(name);
  if (!file) console.log(`${name}: skipped, since it is not there; \`npm run setup -- --mpi\` says why`);
  return file ?? null;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles programs for the tests of a file. @param sources by name, below the root @returns gives the script of a name */
export function bundledPrograms<Name extends string>(
  sources: Readonly<Record<Name, string>>,
): (name: Name) => string {
  // Inside of the project, so that packages are found.
  const folder = path.join(root, `node_modules/.cache/normface/mpi-test-${process.pid}`);
  beforeAll(() => {
    buildSync({
      absWorkingDir: root,
      entryPoints: { ...sources },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      target: 'node20',
      loader: { '.wesl': 'text' },
    });
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  return (name) => path.join(folder, `${name}.mjs`);
}

export interface LaunchOptions {
  readonly ranks: number;
  readonly args?: readonly string[];
  /** Flags of Node. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** After which everything is killed, and the outcome says so (default 300,000). */
  readonly timeoutMs?: number;
}

export interface Outcome {
  /** Of the launcher. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly milliseconds: number;
  readonly timedOut: boolean;
  /** What each rank wrote. */
  readonly ranks: readonly { readonly stdout: string; readonly stderr: string }[];
  /** What the launcher itself wrote. */
  readonly launcher: string;
  /** Processes that were left half a minute after the launcher's end; they are killed then. */
  readonly survivors: readonly number[];
}

/** A run that is under way. */
export interface Launched {
  /** The process of a rank, as soon as it is there. */
  pid(rank: number): Promise<number>;
  readonly outcome: Promise<Outcome>;
}

/** Each rank writes into files of its own: launchers mix what goes through them, in their own ways. */
const script = [
  'rank=${' + 'OMPI_COMM_WORLD_RANK:-$PMI_RANK}',
  'echo $$ >"$LAUNCH_FOLDER/$rank.pid"',
  'exec "$@" >"$LAUNCH_FOLDER/$rank.out" 2>"$LAUNCH_FOLDER/$rank.err"',
].join('; ');

const flagsOf: Readonly<Record<MpiName, readonly string[]>> = {
  // Ranks that wait give way to those that work: there are more of them here than processors.
  openmpi: [
    ...['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'],
    ...['--mca', 'mpi_yield_when_idle', '1'],
  ],
  mpich: [],
};

/** Starts a program on `ranks` processes of this machine. @param program script for Node */
export function start(family: MpiName, program: string, options: LaunchOptions): Launched {
  const { ranks, args = [], flags = [], environment = {}, timeoutMs = 300_000 } = options;
  const id = randomUUID();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-launch-'));
  const command = [process.execPath, ...flags, program, ...args];
  const mpirun = findMpi(family);
  if (!mpirun) throw new Error(`${family} is not installed`);
  const child = spawn(
    mpirun,
    [...flagsOf[family], '-np', String(ranks), 'sh', '-c', script, 'sh', ...command],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...environment, LAUNCH_FOLDER: folder, LAUNCH_ID: id },
    },
  );
  const begin = performance.now();
  let launcher = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      launcher += text;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);

  const ended = new Promise<{ status: number | null; signal: string | null; milliseconds: number }>(
    (resolve) => {
      child.on('exit', (status, signal) =>
        resolve({ status, signal, milliseconds: performance.now() - begin }),
      );
    },
  );
  const outcome = ended.then(async (end) => {
    clearTimeout(timer);
    const survivors = await survivorsOf(`LAUNCH_ID=${id}`);
    kill(survivors);
    const textOf = (name: string) => {
      const file = path.join(folder, name);
      return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    };
    const written = Array.from({ length: ranks }, (_, rank) => ({
      stdout: textOf(`${rank}.out`),
      stderr: textOf(`${rank}.err`),
    }));
    fs.rmSync(folder, { recursive: true });
    return { ...end, timedOut, ranks: written, launcher, survivors };
  });
  const pid = async (rank: number) => {
    const file = path.join(folder, `${rank}.pid`);
    while (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') === '') await sleep(10);
    return Number(fs.readFileSync(file, 'utf8'));
  };
  return { pid, outcome };
}

/** Runs a program to its end. */
export function launch(family: MpiName, program: string, options: LaunchOptions): Promise<Outcome> {
  return start(family, program, options).outcome;
}
