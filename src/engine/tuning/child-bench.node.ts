/**
 * Times variants in another process. A kernel may crash the driver, keep it busy for ever or make it lose the device; then that
 * process is ended, the variant has failed, and the next one is timed in a new process.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { endText, lastErrorLine } from '../../common/child-process.node.ts';
import { scriptFile } from '../../common/script-file.node.ts';
import type { DeviceOptions } from '../runtime/options.ts';
import type { StepProgram } from '../runtime/program.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Bench, MeasuringEnded, PassingFailure, type TimedWork } from './bench.ts';
import type { BenchReply, BenchRequest } from './bench-messages.ts';
import { adapterIdentity } from './tune-store.ts';

export interface ChildBenchOptions {
  /** What the device of this process was opened with: the other one opens the same. */
  readonly device: DeviceOptions;
  /** Milliseconds to compile a variant, and for each of its rounds. */
  readonly limitMs?: number;
  /** The script of the process. */
  readonly script?: () => Promise<URL>;
}

const usualLimitMs = 10_000;
/** Milliseconds until a process has opened its device. */
const openingLimitMs = 30_000;
/** A process that cannot begin twice in a row will not do better the third time. */
const mostStarts = 2;

/** Signals by which people and systems end processes: not what a kernel does. */
const fromOutside: readonly (NodeJS.Signals | null)[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export class ChildBench implements Bench {
  private readonly runtime: Runtime;
  private readonly options: ChildBenchOptions;
  private current: BenchProcess | null = null;
  private count = 0;

  /** @param runtime records the work; it runs nothing */
  constructor(runtime: Runtime, options: ChildBenchOptions) {
    this.runtime = runtime;
    this.options = options;
  }

  async load(label: string, work: () => void): Promise<TimedWork> {
    const program = await this.runtime.programOf(work);
    const number = this.count++;
    return {
      run: async (repeats) => {
        const process = await this.process();
        await process.load(number, label, program);
        return process.run(number, repeats);
      },
      dispose: () => this.current?.unload(number),
    };
  }

  end(): void {
    this.current?.end('it is not needed any more');
    this.current = null;
  }

  /** One that is ready: that of the work before, unless it is over. @throws MeasuringEnded if none can be had */
  private async process(): Promise<BenchProcess> {
    if (this.current && !this.current.isOver) return this.current;
    const {
      script = () => scriptFile('tune-child', import.meta.url),
      device,
      limitMs = usualLimitMs,
    } = this.options;
    let why = '';
    for (let starts = 0; starts < mostStarts; starts++) {
      let started: BenchProcess | null = null;
      try {
        started = new BenchProcess(await script(), limitMs);
        const identity = await started.open(device);
        if (identity === JSON.stringify(adapterIdentity(this.runtime.report))) {
          this.current = started;
          return started;
        }
        why = `it opened another adapter, ${identity}`;
      } catch (error) {
        why = (error as Error).message;
      }
      started?.end('it could not begin');
    }
    throw new MeasuringEnded(`variants cannot be measured in another process (tuneIn), ${why}`);
  }
}

/** A process and what is loaded in it. */
class BenchProcess {
  private readonly child: ChildProcess;
  private readonly limitMs: number;
  private readonly loaded = new Set<number>();
  private readonly lastLine: () => string;
  /** Why it was ended by this side. */
  private ended: string | null = null;

  constructor(script: URL, limitMs: number) {
    this.limitMs = limitMs;
    // Buffers go over as they are. Options of this Node, such as a port to debug on, are not for two processes.
    this.child = fork(script, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.lastLine = lastErrorLine(this.child);
    // A message to a process that has just ended: the next request says how it ended.
    this.child.on('error', () => {});
  }

  get isOver(): boolean {
    const { exitCode, signalCode } = this.child;
    return this.ended !== null || exitCode !== null || signalCode !== null;
  }

  async open(options: DeviceOptions): Promise<string> {
    return String(await this.ask({ kind: 'open', options }, openingLimitMs));
  }

  async load(number: number, label: string, program: StepProgram): Promise<void> {
    if (this.loaded.has(number)) return;
    await this.ask({ kind: 'load', number, label, program }, this.limitMs);
    this.loaded.add(number);
  }

  async run(number: number, repeats: number): Promise<number> {
    return Number(await this.ask({ kind: 'run', number, repeats }, this.limitMs));
  }

  unload(number: number): void {
    if (this.loaded.delete(number) && !this.isOver) this.send({ kind: 'unload', number });
  }

  end(why: string): void {
    this.ended ??= why;
    this.child.kill('SIGKILL');
  }

  /** Sends a request and waits for its reply; where none comes in time, the process is ended. */
  private ask(request: BenchRequest, limitMs: number): Promise<number | string> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        clearTimeout(timer);
        child.off('message', onReply);
        child.off('close', onClose);
        settled();
      };
      const onReply = (reply: BenchReply): void =>
        settle(() => {
          if ('result' in reply) return resolve(reply.result);
          if (reply.isOver) this.end(reply.failure);
          reject(reply.mayPass ? new PassingFailure(reply.failure) : new Error(reply.failure));
        });
      // Not at its `exit`: what it said last may still be on its way.
      const onClose = (): void =>
        settle(() => {
          if (this.ended !== null) return reject(new PassingFailure(this.ended));
          const message = endText(child, this.lastLine());
          const { signalCode } = child;
          if (fromOutside.includes(signalCode))
            return reject(new MeasuringEnded(`variants are measured no more, ${message}`));
          // Nobody here sent it: so a system ends a process where memory is short.
          reject(signalCode === 'SIGKILL' ? new PassingFailure(message) : new Error(message));
        });
      const timer = setTimeout(() => this.end(`it took longer than ${limitMs / 1000} s`), limitMs);
      child.on('message', onReply);
      child.on('close', onClose);
      if (this.isOver) onClose();
      else this.send(request);
    });
  }

  private send(request: BenchRequest): void {
    this.child.send(request);
  }
}
