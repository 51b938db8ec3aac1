/** `normface train` on several ranks, as processes: what came of it, and what it left behind. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { parseLog } from '../../src/normface/training/run/log.ts';
import { kill, processesWith, survivorsOf, until } from './processes.ts';

/** The built program. */
export const program: string = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Seconds in which ranks save whose supervisor was killed, on a busy machine. One that ends leaves none. */
const patience = { killed: 120, ended: 10 };

export interface Ended {
  readonly status: number | null;
  /** What the supervisor printed. */
  readonly text: string;
  readonly seconds: number;
  /** Some time after the supervisor's end; processes are killed then. */
  readonly left: { readonly processes: readonly number[]; readonly files: readonly string[] };
}

/** The training with the shortest steps: one layer, so that what happens to ranks takes the time. */
const least = {
  net: {
    name: 'least',
    input: [8, 8, 1],
    layers: [
      { kind: 'flatten', name: 'flatten' },
      { kind: 'fullyConnected', name: 'fc', outputs: 64 },
    ],
  },
  // The rows of a rank have more bytes than a log of some lines.
  words: ['--data', 'generated:identities=60,samples=2,seed=3', '--batch', '8', '--loss', 'normface'],
};

/** A folder for trainings of one test file, all with the same settings. */
export class Trainings {
  readonly root: string;
  private readonly settings: readonly string[];
  private readonly begun: Training[] = [];

  /** @param settings words for `normface train`, after those of the least training */
  constructor(settings: readonly string[]) {
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), 'nf-mpi-'));
    const net = this.write('least.json', JSON.stringify(least.net));
    this.settings = [...least.words, '--net', net, ...settings];
    afterAll(() => {
      // Of tests that failed.
      for (const training of this.begun) training.kill();
      fs.rmSync(this.root, { recursive: true, force: true });
    });
  }

  /** Writes a file into the folder. @returns its path */
  write(name: string, text: string, mode = 0o644): string {
    const file = path.join(this.root, name);
    fs.writeFileSync(file, text, { mode });
    return file;
  }

  /** Starts a training. @param words further ones, such as `--ranks 2` */
  begin(name: string, words: readonly string[], options: TrainingOptions = {}): Training {
    const { output = this.root } = options;
    const all = [...this.settings, '--name', name, '--output', output, ...words];
    return this.keep(new Training(output, name, all, options));
  }

  /** Goes on with a training. */
  resume({ name, folder }: Training, words: readonly string[]): Training {
    return this.keep(new Training(path.dirname(folder), name, ['--resume', folder, ...words]));
  }

  private keep(training: Training): Training {
    this.begun.push(training);
    return training;
  }
}

export interface TrainingOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder of the runs. */
  readonly output?: string;
  /** What the program is started by. */
  readonly by?: readonly string[];
}

export class Training {
  readonly name: string;
  readonly supervisor: ChildProcess;
  readonly ended: Promise<Ended>;
  private readonly root: string;
  /** Starts in the log of a training that this one goes on with. */
  private readonly before: number;
  /** What the supervisor has printed. */
  private text = '';
  /** A variable that all of its processes have. */
  private readonly mark: string = `LAUNCH_ID=${randomUUID()}`;

  constructor(root: string, name: string, words: readonly string[], options: TrainingOptions = {}) {
    this.root = root;
    this.name = name;
    this.before = this.begunSoFar();
    const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'nf-'));
    const [command, ...rest] = [...(options.by ?? []), process.execPath, program, 'train', ...words];
    const began = Date.now();
    // In a group of its own, as the processes that a terminal's Ctrl-C reaches.
    this.supervisor = spawn(command!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: {
        ...process.env,
        ...{ LP_NUM_THREADS: '1', TMPDIR: temporary, LAUNCH_ID: this.mark.split('=')[1] },
        ...options.environment,
      },
    });
    for (const stream of [this.supervisor.stdout!, this.supervisor.stderr!])
      stream.setEncoding('utf8').on('data', (part: string) => {
        this.text += part;
      });
    this.ended = new Promise<number | null>((resolve) => this.supervisor.on('exit', resolve)).then(
      async (status) => {
        const seconds = (Date.now() - began) / 1000;
        const processes = await survivorsOf(this.mark, patience[status === null ? 'killed' : 'ended']);
        kill(processes);
        const files = [...fs.readdirSync(temporary), ...unfinishedIn(root), ...segmentsSince(began)];
        fs.rmSync(temporary, { recursive: true });
        return { status, text: this.text, seconds, left: { processes, files } };
      },
    );
  }

  /** The newest run of the name: one that is begun again without a checkpoint has a folder of its own. */
  get folder(): string {
    return path.join(this.root, this.runs().at(-1) ?? `${this.name}-001`);
  }

  /** The process of a rank. @param attempt 1 for the first start */
  rank(rank: number, attempt = 1): Promise<number> {
    const find = () =>
      ['OMPI_COMM_WORLD_RANK', 'PMI_RANK'].flatMap((name) =>
        processesWith(this.mark, `${name}=${rank}`, `NORMFACE_ATTEMPT=${attempt}`),
      )[0];
    return until(() => `rank ${rank} of start ${attempt} of ${this.name}, which said "${this.text}",`, find);
  }

  /** The launcher's process, and no rank. */
  launcher(attempt = 1): number {
    const all = processesWith(this.mark, `NORMFACE_ATTEMPT=${attempt}`);
    return all.find((pid) => parentOf(pid) === this.supervisor.pid)!;
  }

  /** Waits until so many steps are in the log of a start. */
  async reaches(step: number, attempt = 1): Promise<void> {
    const what = () => `step ${step} of start ${attempt} of ${this.name}, which said "${this.text}",`;
    await until(what, () => {
      const begun = this.begunSoFar();
      return begun - this.before >= attempt && this.steps().some((done) => done >= step);
    });
  }

  /** Ends all of its processes. */
  kill(): void {
    kill(processesWith(this.mark));
  }

  /** Losses of all steps. */
  losses(): number[] {
    return this.records().flatMap((record) =>
      record.event === 'step' && 'loss' in record ? [record.loss as number] : [],
    );
  }

  checkpoint(step: number): string {
    return path.join(this.folder, 'ckpt', `step-${String(step).padStart(8, '0')}`);
  }

  /** Steps of the checkpoints that are complete. */
  checkpoints(): number[] {
    const folder = path.join(this.folder, 'ckpt');
    if (!fs.existsSync(folder)) return [];
    return fs
      .readdirSync(folder)
      .filter((name) => /^step-\d+$/.test(name) && fs.existsSync(path.join(folder, name, 'DONE')))
      .map((name) => Number(name.slice('step-'.length)))
      .sort((a, b) => a - b);
  }

  /** Files with the numbers of a checkpoint, for comparing every bit. */
  bits(step: number): Record<string, string> {
    const folder = this.checkpoint(step);
    const names = fs.readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
    return Object.fromEntries(
      names.sort().map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('base64')]),
    );
  }

  /** Starts and resumptions that the log tells of. */
  private begunSoFar(): number {
    return this.runs()
      .flatMap((run) => readText(path.join(this.root, run, 'log.jsonl')).split('\n'))
      .filter((line) => /"event":"(start|resume)"/.test(line)).length;
  }

  private steps(): number[] {
    return this.records().flatMap((record) => (record.event === 'step' ? [record.step] : []));
  }

  private records() {
    return parseLog(readText(path.join(this.folder, 'log.jsonl')));
  }

  private runs(): string[] {
    if (!fs.existsSync(this.root)) return [];
    return fs
      .readdirSync(this.root)
      .filter((entry) => entry.startsWith(`${this.name}-`) && /-\d{3}$/.test(entry))
      .sort();
  }
}

/** Names of what is not finished, and of locks, below a folder. */
function unfinishedIn(root: string): string[] {
  const names = fs.readdirSync(root, { recursive: true }) as string[];
  return names.filter((name) => /\.tmp(\/|$)|(^|\/)lock\.json$/.test(name));
}

/** Shared memory of this user that was made since then, and that no process has a part in. */
function segmentsSince(began: number): string[] {
  const mapped = fs
    .readdirSync('/proc')
    .map((pid) => readText(`/proc/${pid}/maps`))
    .join('\n');
  return fs.readdirSync('/dev/shm').filter((name) => {
    const file = `/dev/shm/${name}`;
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    return stat && stat.uid === process.getuid?.() && stat.mtimeMs >= began && !mapped.includes(file);
  });
}

function parentOf(pid: number): number {
  const stat = readText(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses; the fourth the parent.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
