import { UserError } from '../../../normface/errors.ts';
import { passes } from '../../kernels/check.ts';
import type { DispatchView, KernelRequest } from '../../kernels/inspect.ts';
import {
  type RunOptions,
  raceVersions,
  runKernel,
  type Sweep,
  type SweepRow,
  sweepKernel,
} from '../../kernels/run.ts';
import type { Roofline } from '../../profile/bound.ts';
import { durationText } from '../../profile/format.ts';
import { afterPaint, type Bench } from './bench.ts';
import { comparisonView } from './compare-view.ts';
import { compileText } from './compile.ts';
import { firstError, type Problem } from './diagnostics.ts';
import { Lane } from './lane.ts';
import { type OpenedKernel, requestOf } from './opened.ts';
import { ReferenceThread } from './reference-thread.ts';
import { resultsView } from './results-view.ts';
import type { KernelState } from './url-state.ts';
import type { Version } from './versions.ts';

/** What is on the page when a run begins. */
export interface Running {
  readonly opened: OpenedKernel;
  readonly state: KernelState;
  /** The dispatch in the editor. */
  readonly view: DispatchView;
  /** Its edited text; null where it is as shipped. */
  readonly edited: string | null;
}

type Say = (text: string) => void;

/** What a run gives to see, and to say. */
export interface Outcome {
  readonly output: HTMLElement;
  readonly done: string;
}

const stages = { checking: 'checking against the float64 reference', timing: 'timing' } as const;

/** Everything of the page that runs on the GPU, one after the other. */
export class Experiments {
  private readonly bench: Bench;
  private readonly lane = new Lane();
  private readonly thread = new ReferenceThread();

  constructor(bench: Bench) {
    this.bench = bench;
  }

  /** Runs a task when nothing else does; what runs is asked to stop. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    return this.lane.run(task);
  }

  stop(): void {
    this.lane.stop();
  }

  dispose(): void {
    this.lane.stop();
    this.thread.dispose();
  }

  /** Checks and times what is on the page, beside the shipped kernel where it differs from that. */
  run(running: Running, say: Say, onProblems: (problems: readonly Problem[]) => void): Promise<Outcome> {
    const { opened, state, view, edited } = running;
    return this.lane.run(async (signal) => {
      if (edited !== null) {
        say('compiling');
        const problems = await compileText(this.bench.device, edited);
        onProblems(problems);
        refuse('The text', problems);
      }
      const roofline = await this.roofline(say, signal);
      const isSet = state.variant !== undefined || Object.keys(state.constants).length > 0;
      const baseline = edited !== null || isSet;
      const { device, inspector } = this.bench;
      const request = edited === null ? requestOf(opened, state) : this.requestFor(running, edited);
      const run = await runKernel(device, inspector, request, roofline, {
        ...this.options(say, signal),
        baseline,
      });
      const label = edited !== null ? 'edited' : baseline ? 'changed' : 'shipped';
      const wrong = run.check?.comparisons.some((comparison) => !passes(comparison));
      const { median } = run.speeds.find(({ index }) => index === view.index) ?? run.speeds[0];
      return {
        output: resultsView({ run, roofline, dispatch: view.index, label }),
        done: `${wrong ? 'wrong' : 'right'}, ${durationText(median)}`,
      };
    });
  }

  /** Several values of a constant, or all variants, of the shipped kernel. */
  sweep({ opened, state }: Running, sweep: Sweep, say: Say): Promise<readonly SweepRow[]> {
    return this.lane.run(async (signal) => {
      const roofline = await this.roofline(say, signal);
      const request = requestOf(opened, sweep.name === 'variant' ? { ...state, constants: {} } : state);
      const { device, inspector } = this.bench;
      return sweepKernel(device, inspector, request, sweep, roofline, this.options(say, signal));
    });
  }

  /** Two texts of the dispatch in the editor, in one race. */
  compare(running: Running, versions: readonly [Version, Version], say: Say): Promise<Outcome> {
    return this.lane.run(async (signal) => {
      say('compiling');
      for (const { name, text } of versions) refuse(name, await compileText(this.bench.device, text));
      const roofline = await this.roofline(say, signal);
      const requests = versions.map(({ text }) => this.requestFor(running, text));
      const { device, inspector } = this.bench;
      const raced = await raceVersions(device, inspector, requests, roofline, this.options(say, signal));
      const [left, right] = versions;
      return {
        output: comparisonView([left.name, right.name], raced, roofline, running.view.index),
        done: 'both ran',
      };
    });
  }

  /** The dispatch in the editor with a text of one's own; the shipped text needs none. */
  private requestFor({ opened, state, view }: Running, text: string): KernelRequest {
    const request = requestOf(opened, state);
    if (text === view.wgsl) return request;
    return {
      ...request,
      source: text,
      dispatch: view.index,
      ...(state.grid && { grid: state.grid }),
    };
  }

  private async roofline(say: Say, signal: AbortSignal): Promise<Roofline> {
    if (!this.bench.knownRoofline) say('measuring what the adapter can do at most');
    const roofline = await this.bench.roofline();
    signal.throwIfAborted();
    say('recording');
    await afterPaint();
    return roofline;
  }

  private options(say: Say, signal: AbortSignal): RunOptions {
    return {
      signal,
      onStage: (stage) => say(stages[stage]),
      reference: (operator, sample, results) => this.thread.check(operator, sample, results, signal),
    };
  }
}

/** @throws UserError if the compiler objects */
function refuse(what: string, problems: readonly Problem[]): void {
  const error = firstError(problems);
  if (error !== null) throw new UserError(`${what} does not compile: ${error}`);
}
