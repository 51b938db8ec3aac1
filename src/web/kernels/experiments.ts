import { UserError } from '../../common/errors.ts';
import { durationText } from '../../common/format.ts';
import { isRight } from '../../engine/testing/check.ts';
import type { RunOptions, RunStage } from '../../inspector/kernels/contest.ts';
import type { DispatchView, KernelRequest } from '../../inspector/kernels/inspect.ts';
import {
  raceVersions,
  runKernel,
  type Sweep,
  type SweepResult,
  sweepKernel,
} from '../../inspector/kernels/run.ts';
import { afterPaint, type Bench } from './bench.ts';
import { comparisonView } from './compare-view.ts';
import { compileText } from './compile.ts';
import { firstError, type Problem } from './diagnostics.ts';
import { type OpenedKernel, requestOf } from './opened.ts';
import { ReferenceThread } from './reference-thread.ts';
import { resultsView } from './results-view.ts';
import { TaskQueue } from './task-queue.ts';
import type { Grid, KernelState } from './url-state.ts';
import type { Version } from './versions.ts';

/** What is on the page when a run begins. */
export interface Running {
  readonly opened: OpenedKernel;
  readonly state: KernelState;
  /** The dispatch in the editor. */
  readonly view: DispatchView;
  /** Its edited text; null where it is the default. */
  readonly edited: string | null;
  /** Its workgroups, where they are not the default ones. */
  readonly grid: Grid | undefined;
}

type Say = (text: string) => void;

/** What a run gives to see, and to say. */
export interface Outcome {
  readonly output: HTMLElement;
  readonly done: string;
}

/** What a run does now, in words. */
function stageText(stage: RunStage, done: number, of: number): string {
  if (stage === 'timing') return `timing, ${done} of ${of} rounds`;
  return `checking against the float64 reference${of > 1 ? `, ${done} of ${of}` : ''}`;
}

/** Everything of the page that runs on the GPU, one after the other. */
export class Experiments {
  private readonly bench: Bench;
  private readonly queue = new TaskQueue();
  private readonly thread = new ReferenceThread();

  constructor(bench: Bench) {
    this.bench = bench;
  }

  /** Runs a task when nothing else does; what runs is asked to stop. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    return this.queue.run(task);
  }

  stop(): void {
    this.queue.stop();
  }

  dispose(): void {
    this.queue.stop();
    this.thread.dispose();
  }

  /** Checks and times what is on the page, beside the default kernel where it differs from that. */
  run(running: Running, say: Say, onProblems: (problems: readonly Problem[]) => void): Promise<Outcome> {
    const { opened, state, view, edited } = running;
    return this.queue.run(async (signal) => {
      if (edited !== null) {
        say('compiling');
        const problems = await compileText(this.bench.device, edited);
        onProblems(problems);
        refuse('The text', problems);
      }
      await this.ready(say, signal);
      const isSet = state.variant !== undefined || Object.keys(state.constants).length > 0;
      const baseline = edited !== null || isSet;
      const { device, inspector, peaks } = this.bench;
      const request = edited === null ? requestOf(opened, state) : this.requestFor(running, edited);
      const run = await runKernel(device, inspector, request, peaks, {
        ...this.options(say, signal),
        baseline,
      });
      const label = edited !== null ? 'edited' : baseline ? 'changed' : 'default';
      const speed = run.speeds?.find(({ index }) => index === view.index) ?? run.speeds?.[0];
      return {
        output: resultsView({ run, dispatch: view.index, label }),
        done: speed ? `right, ${durationText(speed.median)}` : 'wrong, not timed',
      };
    });
  }

  /** Several values of a constant, or all variants, of the default kernel. */
  sweep({ opened, state }: Running, sweep: Sweep, say: Say): Promise<SweepResult> {
    return this.queue.run(async (signal) => {
      await this.ready(say, signal);
      const request = requestOf(opened, sweep.name === 'variant' ? { ...state, constants: {} } : state);
      const { device, inspector, peaks } = this.bench;
      return sweepKernel(device, inspector, request, sweep, peaks, this.options(say, signal));
    });
  }

  /** Two texts of the dispatch in the editor, in one race. */
  compare(running: Running, versions: readonly [Version, Version], say: Say): Promise<Outcome> {
    return this.queue.run(async (signal) => {
      say('compiling');
      for (const { name, text } of versions) refuse(name, await compileText(this.bench.device, text));
      await this.ready(say, signal);
      const requests = versions.map(({ text }) => this.requestFor(running, text));
      const { device, inspector, peaks } = this.bench;
      const race = await raceVersions(device, inspector, requests, peaks, this.options(say, signal));
      const [left, right] = versions;
      const wrong = race.versions.filter(({ check }) => !isRight(check)).length;
      return {
        output: comparisonView([left.name, right.name], race, running.view.index),
        done: wrong === 0 ? 'both ran' : `${wrong === 1 ? 'one is' : 'both are'} wrong, not timed`,
      };
    });
  }

  /** The dispatch in the editor with a text of one's own; the default text needs none. */
  private requestFor({ opened, state, view, grid }: Running, text: string): KernelRequest {
    const request = requestOf(opened, state);
    if (text === view.wgsl) return request;
    return {
      ...request,
      source: text,
      dispatch: view.index,
      grid,
    };
  }

  /** Knows what the adapter can do, and lets the page be drawn before the recording that follows. */
  private async ready(say: Say, signal: AbortSignal): Promise<void> {
    const { peaks } = this.bench;
    if (!peaks.known) say('measuring what the adapter can do at most');
    await peaks.measured();
    signal.throwIfAborted();
    say('recording');
    await afterPaint();
  }

  private options(say: Say, signal: AbortSignal): RunOptions {
    return {
      signal,
      onStage: (...stage) => say(stageText(...stage)),
      reference: (operator, sample, results) => this.thread.check(operator, sample, results, signal),
    };
  }
}

/** @throws UserError if the compiler objects */
function refuse(what: string, problems: readonly Problem[]): void {
  const error = firstError(problems);
  if (error !== null) throw new UserError(`${what} does not compile: ${error}`);
}
