/** What every command gets: where to print, which adapter to open, and whether a machine reads the output. */

import { printable } from '../common/printable.ts';
import type { Device } from '../engine/core/tensor.ts';
import type { DeviceOptions, OperandType } from '../engine/runtime/options.ts';
import type { TuneMode } from '../engine/tuning/tune.ts';
import type { StepTrace } from '../inspector/timing/step-trace.ts';
import { type ProgressSink, Stage } from '../normface/training/progress.ts';
import { Interrupt, type WhenLost } from '../normface/training/run/interrupt.node.ts';
import type { Output } from './output.ts';
import { StatusLine } from './status-line.node.ts';

/** The streams of a command; with `--json`, stdout carries nothing but JSON lines and people's text goes to stderr. */
export interface Streams {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Tells the caller who can stop at a good moment that one of them is lost. */
  readonly whenLost?: WhenLost;
  /** Nothing is written any more. */
  silence?(): void;
}

/** Flags that every command understands. */
export interface GlobalOptions {
  readonly adapter?: string;
  readonly allowSoftware?: boolean;
  readonly json?: boolean;
  readonly maxPixels?: number;
  readonly tune?: TuneMode;
  readonly tuneSeconds?: number;
  readonly tuneIn?: DeviceOptions['tuneIn'];
  readonly operands?: OperandType;
  readonly gflopPerSubmission?: number;
}

export class Context {
  /** Exit status of the process when the command ends without an error. */
  exitCode = 0;
  readonly options: GlobalOptions;
  /** The words of the command line, after `normface`. */
  readonly words: readonly string[];
  private streams: Streams;
  private isSilent = false;
  /** Where it is shown how far long work is: among the text for people. */
  progressSink: ProgressSink;
  private readonly stages: Stage[] = [];
  private device: Device | undefined;
  private deviceOptions: Pick<DeviceOptions, 'mode' | 'debug' | 'tune' | 'ignoreMeasurements'> = {};
  private trace: StepTrace | undefined;

  constructor(options: GlobalOptions, streams: Streams, words: readonly string[] = []) {
    this.options = options;
    this.words = words;
    this.streams = streams;
    this.progressSink = new StatusLine(this.forPeople);
  }

  /** From now on this is one of several processes that do the same: only rank 0 prints, the others no more than warnings with their number. */
  asRank(rank: number): void {
    if (rank === 0) return;
    const { stderr, whenLost } = this.streams;
    const silent = { write: () => {} };
    this.isSilent = true;
    this.streams = {
      stdout: silent,
      stderr: { write: (text) => stderr.write(`rank ${rank}: ${text}`) },
      whenLost,
    };
    this.progressSink = new StatusLine(silent);
  }

  /** Prints nothing any more, since nobody reads it. */
  fallSilent(): void {
    this.streams.silence?.();
  }

  private get forPeople(): Output {
    return this.options.json && !this.isSilent ? this.streams.stderr : this.streams.stdout;
  }

  /** Prints a line for people. What a terminal would obey, such as a control character in a file's name, is written out. */
  say(text = ''): void {
    this.progressSink.clear();
    this.forPeople.write(`${printable(text)}\n`);
  }

  /** Prints a warning for people, out of the way of results. */
  warn(text: string): void {
    this.progressSink.clear();
    this.streams.stderr.write(`warning: ${printable(text)}\n`);
  }

  /** With `--json`, prints one record as a line of JSON; otherwise nothing. */
  emit(record: unknown): void {
    if (!this.options.json) return;
    this.progressSink.clear();
    this.streams.stdout.write(`${JSON.stringify(record)}\n`);
  }

  /** Calls its argument also when the ranks' supervisor asks; set by what joins them. */
  whenAsked: WhenLost | undefined;

  private readonly whenToStop: WhenLost = (stop) => {
    const ends = [this.streams.whenLost?.(stop), this.whenAsked?.(stop)];
    return () => {
      for (const end of ends) end?.();
    };
  };

  /** Lets signals, lost streams and a supervisor stop this command where it can save; give it back with `dispose`. */
  interrupt(): Interrupt {
    return new Interrupt((text) => this.warn(text), { whenLost: this.whenToStop });
  }

  /** Shows what is being done until the stage ends, at the latest with the command. */
  stage(label: string): Stage {
    const stage = new Stage(this.progressSink, label);
    this.stages.push(stage);
    return stage;
  }

  /** The GPU; opened, and described to the person, at the first call. */
  async openDevice(
    options: Pick<DeviceOptions, 'mode' | 'debug' | 'tune' | 'ignoreMeasurements'> = {},
  ): Promise<Device> {
    if (this.device) return this.device;
    this.deviceOptions = options;
    // Dawn takes a tenth of a second to load; commands that do not compute should not pay for it.
    const [{ openDevice }, { describeAdapter }] = await Promise.all([
      import('../engine/runtime/device.node.ts'),
      import('../engine/runtime/adapter.ts'),
    ]);
    const { adapter, allowSoftware, tune, tuneSeconds, tuneIn, operands, gflopPerSubmission } = this.options;
    const wanted = { adapter, allowSoftware, tune, tuneSeconds, tuneIn, operands, gflopPerSubmission };
    this.device = await openDevice({ ...wanted, ...options });
    this.device.tuner.onNote = (sentence) => this.warn(sentence);
    this.say(describeAdapter(this.device.report));
    await this.traceSteps(this.device);
    return this.device;
  }

  /** Another device in place of one that was lost; what `openDevice` gives from now on. */
  reopenDevice = (): Promise<Device> => {
    this.device?.close();
    this.device = undefined;
    // What was measured once need not be measured again.
    return this.openDevice({ ...this.deviceOptions, ignoreMeasurements: false });
  };

  /** With DEBUG=1 to 5, tells of every run of a captured step on stderr. */
  private async traceSteps(device: Device): Promise<void> {
    const { DEBUG } = process.env;
    if (!DEBUG) return;
    const [{ debugLevelOf, StepTrace }, { runtimeOf }] = await Promise.all([
      import('../inspector/timing/step-trace.ts'),
      import('../engine/runtime/runtime.ts'),
    ]);
    const level = debugLevelOf(DEBUG);
    if (!level) return;
    this.trace = new StepTrace(device, level, (line) => void this.streams.stderr.write(`${line}\n`));
    runtimeOf(device).stepRunner = this.trace;
  }

  /** Frees the GPU, after the last lines about what it did. */
  async close(): Promise<void> {
    for (const stage of this.stages) stage.end();
    await this.trace?.settled();
    this.device?.close();
    this.device = undefined;
  }
}
