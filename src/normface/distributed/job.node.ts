/** One start of the ranks: the launcher's process, what comes out of it, and how it is ended. */

import { type ChildProcess, spawn } from 'node:child_process';
import { kill, processesOf } from './job-processes.node.ts';
import { LauncherText, OutputFilter } from './launcher-text.ts';
import { type EndMessage, type Message, type StartMessage, splitMessage } from './messages.ts';
import { type Environment, jobVariable } from './orders.ts';
import type { JobEnd } from './restart-policy.ts';

/** Seconds. */
export interface Patience {
  /** From the request to stop to the signal that ends: a step and a checkpoint. */
  readonly stop: number;
  /** From the signal that ends to the one that kills. */
  readonly terminate: number;
  /** From the first rank's end to the launcher's: it may hang in its own abort. */
  readonly abort: number;
  /** For processes that are left when the launcher has ended. */
  readonly leftovers: number;
}

export const patience: Patience = { stop: 300, terminate: 5, abort: 30, leftovers: 3 };

export interface JobOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** With the job's name in it, by which its processes are found. */
  readonly environment: Environment;
  readonly stdout: (text: string) => void;
  /** Gets lines of the ranks, without their ends. */
  readonly stderr: (line: string) => void;
  readonly onMessage?: (message: Message) => void;
  readonly patience?: Partial<Patience>;
}

/**
 * Starts the launcher in a process group of its own, so that Ctrl-C in a terminal reaches only this program. Its standard input is kept
 * open and goes to rank 0: a line asks to stop, and its end says that this program is gone.
 */
export class Job {
  readonly ended: Promise<JobEnd>;
  private readonly child: ChildProcess;
  private readonly options: JobOptions;
  private readonly patience: Patience;
  private readonly text = new LauncherText();
  private readonly output: OutputFilter;
  private readonly ends: EndMessage[] = [];
  private readonly starts: StartMessage[] = [];
  private endedBy: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stage: 'runs' | 'asked' | 'terminated' | 'killed' = 'runs';

  constructor(options: JobOptions) {
    this.options = options;
    this.output = new OutputFilter(options.stdout);
    this.patience = { ...patience, ...options.patience };
    this.child = spawn(options.command, options.args, {
      env: options.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.child;
    // Where the launcher is gone already there is nobody to ask.
    stdin!.on('error', () => {});
    stdout!.setEncoding('utf8').on('data', (piece: string) => this.output.take(piece));
    let rest = '';
    stderr!.setEncoding('utf8').on('data', (part: string) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.take(line);
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      // The streams may stay open in a process that is left, so their ends are not waited for.
      this.child.on('exit', (status, signal) => {
        this.finish()
          .then(() => {
            if (rest !== '') this.take(rest);
            this.output.end();
            const said = [...this.output.text.said, ...this.text.said];
            resolve({
              ...{ status, signal, starts: this.starts, ends: this.ends, said },
              ended: this.endedBy,
            });
          })
          .catch(reject);
      });
    });
  }

  /** The launcher's process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Asks the ranks to save and end, as Ctrl-C does in a single process; called again it ends them at once. */
  stop(): void {
    if (this.stage !== 'runs') {
      this.end('it was asked to end at once');
      return;
    }
    this.stage = 'asked';
    this.child.stdin!.write('stop\n');
    const { stop } = this.patience;
    this.after(stop, () => this.end(`the ranks did not stop within ${stop} s`));
  }

  /** Ends the ranks without saving: first by the launcher, then by force. */
  end(why: string): void {
    this.endedBy ??= why;
    if (this.stage === 'terminated' || this.stage === 'killed') {
      this.killAll();
      return;
    }
    this.stage = 'terminated';
    this.child.kill('SIGTERM');
    this.after(this.patience.terminate, () => this.killAll());
  }

  private killAll(): void {
    this.stage = 'killed';
    clearTimeout(this.timer);
    this.child.kill('SIGKILL');
    kill(this.processes());
  }

  private take(line: string): void {
    const { text, message } = splitMessage(line.replace(/\r$/, ''));
    if ((text !== '' || !message) && !this.text.takes(text)) this.options.stderr(text);
    if (!message) return;
    if (message.kind === 'start') this.starts.push(message);
    if (message.kind === 'end') {
      this.ends.push(message);
      const { abort } = this.patience;
      if (this.ends.length === 1 && (this.stage === 'runs' || this.stage === 'asked'))
        this.after(abort, () =>
          this.end(`the launcher did not end within ${abort} s of rank ${message.rank}`),
        );
    }
    this.options.onMessage?.(message);
  }

  private after(seconds: number, act: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, 1000 * seconds);
  }

  private processes(): number[] {
    return processesOf(this.options.environment[jobVariable] ?? '');
  }

  /** Waits for what the launcher left on this host, and for what it wrote; ends what stays. */
  private async finish(): Promise<void> {
    clearTimeout(this.timer);
    const until = performance.now() + 1000 * this.patience.leftovers;
    const isOpen = () => !this.child.stdout!.readableEnded || !this.child.stderr!.readableEnded;
    for (;;) {
      const left = this.processes();
      if (left.length === 0 && !isOpen()) return;
      if (performance.now() > until) {
        kill(left);
        for (const stream of [this.child.stdout!, this.child.stderr!]) stream.destroy();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
