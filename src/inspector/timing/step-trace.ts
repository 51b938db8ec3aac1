/**
 * The DEBUG ladder: tells of every run of a captured step, the more the higher the level, after tinygrad's variable of that name.
 *
 *   1  a line a step: dispatches, time, GFLOP/s
 *   2  and a line a dispatch: kernel, time, GFLOP/s, GB/s
 *   3  and its variant with the reason, its grid and constants
 *   4  and the WGSL of every kernel, once
 *   5  and a summary of what it wrote
 */

import { bytesText, durationText, flopsText, percentText, significant } from '../../common/format.ts';
import { formatShape } from '../../engine/core/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { CapturedStep, StepRunner } from '../../engine/runtime/captured-step.ts';
import type { KernelArgument } from '../../engine/runtime/kernel.ts';
import { type PreparedDispatch, passText } from '../../engine/runtime/prepared.ts';
import { boundOf } from '../profile/bound.ts';
import { type StampedRun, Stopwatch } from './timing.ts';

export const debugLevels = [1, 2, 3, 4, 5] as const;
export type DebugLevel = (typeof debugLevels)[number];

/** Values of a tensor that its summary is made of: the first so many. */
const summarisedValues = 16_384;

/** Reads the level of an environment variable; null for anything else, which other programs may mean. */
export function debugLevelOf(text: string | undefined): DebugLevel | null {
  return debugLevels.find((level) => String(level) === text) ?? null;
}

/** Runs captured steps with a clock at every dispatch and writes down what happened. */
export class StepTrace implements StepRunner {
  private readonly level: DebugLevel;
  private readonly write: (line: string) => void;
  private readonly stopwatch: Stopwatch;
  private readonly shownKernels = new Set<string>();
  private steps = 0;
  private pending: Promise<void> = Promise.resolve();

  constructor(device: Device, level: DebugLevel, write: (line: string) => void) {
    this.level = level;
    this.write = write;
    this.stopwatch = new Stopwatch(device);
  }

  run(step: CapturedStep<unknown>): void {
    const number = this.steps++;
    const run = this.stopwatch.start(step, {
      // One pass for the whole step disturbs it least.
      separately: this.level >= 2,
      samples: this.level >= 5 ? summarisedValues : 0,
    });
    // Lines come in the order of the steps, however late their times arrive.
    this.pending = this.pending.then(() => this.tell(number, step, run)).catch(() => {}); // a lost device says so elsewhere
  }

  /** Resolves when everything has been written. */
  settled(): Promise<void> {
    return this.pending;
  }

  private async tell(number: number, step: CapturedStep<unknown>, run: StampedRun): Promise<void> {
    const { microseconds, total, contents } = await run.finished;
    const rate = total > 0 ? `, ${significant(step.flops / total / 1e3)} GFLOP/s` : '';
    this.write(
      `step ${number}: ${step.dispatches.length} dispatches, ${durationText(total)}, ${flopsText(step.flops)}${rate}, arena ${bytesText(step.arenaBytes)}`,
    );
    if (this.level < 2) return;
    step.dispatches.forEach((dispatch, index) => {
      this.tellDispatch(dispatch, index, microseconds?.[index] ?? null, total);
      for (const { tensor, name, values } of contents[index] ?? [])
        this.write(`      ${name} ${formatShape(tensor.shape)}: ${summaryOf(tensor, values)}`);
    });
  }

  private tellDispatch(
    prepared: PreparedDispatch,
    index: number,
    microseconds: number | null,
    total: number,
  ): void {
    const { dispatch, kernel, grid, decisions } = prepared;
    const { mainloop, name } = dispatch.kernel;
    const { flops, bytes } = dispatch.cost;
    const label = `  #${index} ${passText(prepared)}: ${mainloop ? `${name}/${mainloop.name}` : name}`;
    if (microseconds === null) this.write(`${label}, no timestamps here`);
    else {
      const none = { gflops: Number.POSITIVE_INFINITY, gigabytesPerSecond: Number.POSITIVE_INFINITY };
      const { gflops, gigabytesPerSecond } = boundOf({ flops, bytes, microseconds }, none);
      this.write(
        `${label}, ${durationText(microseconds)}, ${percentText(microseconds / total)}, ${significant(gflops)} GFLOP/s, ${significant(gigabytesPerSecond)} GB/s`,
      );
    }
    if (this.level < 3) return;
    for (const { operation, variant, reason } of decisions)
      this.write(`      ${operation}: ${variant}, ${reason}`);
    const constants = Object.entries(dispatch.constants).map(([key, value]) => `${key}=${value}`);
    const on = Object.entries(dispatch.conditions ?? {}).flatMap(([key, value]) => (value ? [key] : []));
    this.write(`      grid ${grid.join('×')}; ${[...constants, ...on].join(' ')}`);
    if (this.level < 4 || this.shownKernels.has(kernel.key)) return;
    this.shownKernels.add(kernel.key);
    this.write(kernel.wgsl.trim());
  }
}

/** Least, mean and greatest value, and what is remarkable: zeros, NaN, infinities. */
function summaryOf({ size }: KernelArgument, values: ArrayLike<number>): string {
  let [least, greatest, sum, zeros, notFinite] = [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    0,
    0,
  ];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      notFinite++;
      continue;
    }
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    sum += value;
    if (value === 0) zeros++;
  }
  const finite = values.length - notFinite;
  const number = (value: number): string => value.toPrecision(4);
  return [
    finite > 0 ? `${number(least)} … ${number(greatest)}, mean ${number(sum / finite)}` : 'no finite value',
    ...(zeros > 0 ? [`${percentText(zeros / values.length)} zeros`] : []),
    ...(notFinite > 0 ? [`${notFinite} NOT FINITE`] : []),
    ...(values.length < size ? [`of the first ${values.length}`] : []),
  ].join(', ');
}
