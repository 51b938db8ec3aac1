/** A job of several ranks that waits between rounds. */

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Job } from '../../src/normface/distributed/job.node.ts';
import { removeSegments } from '../../src/normface/distributed/job-processes.node.ts';
import {
  type HostRanks,
  type Launcher,
  launchArguments,
  launchEnvironment,
} from '../../src/normface/distributed/launch-line.ts';
import { environmentOf } from '../../src/normface/distributed/orders.ts';
import type { RankStep } from '../../src/normface/distributed/step-recorder.ts';
import type { RanksCase } from './cases.ts';
import {
  endFile,
  ordersVariable,
  type RankOrders,
  type RankRound,
  type Round,
  rankFile,
  roundFile,
  stepFile,
} from './orders.ts';

/** Where ranks run, if not on this host as it is. */
export interface Hosts {
  readonly hosts: readonly HostRanks[];
  /** As they call themselves. */
  readonly names: readonly string[];
  readonly rshAgent: string;
  /** The command that runs another one on the first of them. */
  readonly inFirst: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface JobSettings {
  readonly launcher: Launcher;
  readonly hosts: Hosts | undefined;
  readonly adapter: string | undefined;
}

/** The longest that a round may take. */
const patience = 200_000;

export class RanksJob {
  readonly ranks: number;
  private readonly folder: string;
  private readonly names: readonly string[];
  private readonly began = Date.now();
  private readonly job: Job;
  private readonly said: string[] = [];
  private round = 0;
  private failure: Error | undefined;

  constructor({ ranks, config, classes }: RanksCase, { launcher, hosts, adapter }: JobSettings) {
    this.ranks = ranks;
    this.names = hosts?.names ?? [os.hostname()];
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-bench-'));
    const orders: RankOrders = { folder: this.folder, config, classes, adapter };
    const supervisor = { pid: process.pid, host: os.hostname() };
    const environment = launchEnvironment({
      // Each rank has a GPU of its own: with Mesa's software driver one thread.
      LP_NUM_THREADS: '1',
      ...process.env,
      // For what launchers leave when they are killed.
      TMPDIR: this.folder,
      ...hosts?.environment,
      ...environmentOf({ ranks, job: randomUUID(), attempt: 1, columns: undefined, supervisor }),
      [ordersVariable]: JSON.stringify(orders),
    });
    const place = {
      isRoot: process.getuid?.() === 0,
      processors: os.availableParallelism(),
      environment,
    };
    const program = [process.execPath, fileURLToPath(new URL('rank.js', import.meta.url))];
    const plan = { launcher, ranks, program, hosts: hosts?.hosts, rshAgent: hosts?.rshAgent };
    const [command, ...args] = [...(hosts?.inFirst ?? []), launcher.path, ...launchArguments(plan, place)];
    const note = (text: string) => void this.said.push(text);
    this.job = new Job({ command: command!, args, environment, stdout: note, stderr: note });
    this.job.ended.then(
      ({ status, signal, ends }) => {
        const why = ends.find(({ reason }) => reason)?.reason ?? this.said.join('\n').slice(-2000).trim();
        this.failure = new Error(`the ranks ended with ${signal ?? status}: ${why}`);
      },
      (error: Error) => {
        this.failure = error;
      },
    );
  }

  /** Lets all ranks do some steps. @returns what each did, by rank */
  async run(round: Round): Promise<RankRound[]> {
    const number = this.round++;
    const file = path.join(this.folder, roundFile(number));
    fs.writeFileSync(`${file}.part`, JSON.stringify(round));
    fs.renameSync(`${file}.part`, file);
    return Promise.all(
      Array.from({ length: this.ranks }, (_, rank) => this.read<RankRound>(rankFile(number, rank))),
    );
  }

  /** What all ranks did in the step that was recorded. */
  recorded(): Promise<RankStep[]> {
    return this.read(stepFile);
  }

  private async read<T>(name: string): Promise<T> {
    const file = path.join(this.folder, name);
    const until = performance.now() + patience;
    while (!fs.existsSync(file)) {
      if (this.failure) throw this.failure;
      if (performance.now() > until) throw new Error(`a round took more than ${patience / 1000} s`);
      await sleep(10);
    }
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  }

  /** Ends the ranks, if need be by force. */
  async close(): Promise<void> {
    if (fs.existsSync(this.folder)) fs.writeFileSync(path.join(this.folder, endFile), '');
    const timer = setTimeout(() => this.job.end('the benchmark is over'), 10_000);
    await this.job.ended.catch(() => {});
    clearTimeout(timer);
    this.clean();
  }

  /** Ends them in the midst of a round. */
  async kill(): Promise<void> {
    this.job.end('the benchmark ends');
    await this.job.ended.catch(() => {});
    this.clean();
  }

  private clean(): void {
    for (const host of this.names) removeSegments(this.began, { folder: '/dev/shm', host });
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
