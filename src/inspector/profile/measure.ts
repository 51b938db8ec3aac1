/** Takes the profile of a captured step. */

import type { Device } from '../../engine/core/tensor.ts';
import { describeAdapter } from '../../engine/runtime/adapter.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import type { PreparedDispatch } from '../../engine/runtime/prepared.ts';
import type { KnownPeaks } from '../timing/peaks.ts';
import { median, Stopwatch } from '../timing/timing.ts';
import type { DispatchProfile, MemoryMap, StepProfile } from './profile.ts';

export interface ProfileOptions {
  /** What is profiled, for people. */
  readonly title: string;
  /** How often it runs; default 9. */
  readonly runs?: number;
  /** What the adapter does at most. */
  readonly peaks: KnownPeaks;
}

/**
 * Runs a step over and over, and times it as a whole and dispatch by dispatch: with timestamps each dispatch in a pass of its own,
 * without them each one alone, repeated until the clock can tell. Whatever the step changes, such as parameters, it changes in
 * every run.
 */
export async function profileStep(
  device: Device,
  step: CapturedStep<unknown>,
  { title, runs = 9, peaks }: ProfileOptions,
): Promise<StepProfile> {
  const stopwatch = new Stopwatch(device);
  await step.compile();
  step.run();
  await device.synchronize();
  const whole: number[] = [];
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    step.run();
    await device.synchronize();
    whole.push(1000 * (performance.now() - started));
  }
  const times = await dispatchTimes(stopwatch, step, runs);
  const dispatches = step.dispatches.map((dispatch, index) =>
    describeDispatch(dispatch, index, times[index]!),
  );
  return {
    title,
    adapter: describeAdapter(device.report)
      .split('\n')[0]!
      .replace(/^adapter /, ''),
    timer: stopwatch.timer,
    runs,
    roofline: await peaks.covering(dispatches),
    stepMicroseconds: median(whole),
    dispatches,
    memory: memoryMapOf(step),
  };
}

/** Medians, in microseconds. */
async function dispatchTimes(
  stopwatch: Stopwatch,
  step: CapturedStep<unknown>,
  runs: number,
): Promise<number[]> {
  if (stopwatch.timer === 'wall clock') {
    const times: number[] = [];
    for (let first = 0; first < step.dispatches.length; first++) {
      const [timing] = await stopwatch.time([{ step, first, end: first + 1 }], { rounds: runs, roundMs: 5 });
      times.push(median(timing!.microseconds));
    }
    return times;
  }
  const rounds: Float64Array[] = [];
  for (let i = 0; i < runs; i++) rounds.push((await stopwatch.dispatches(step))!);
  return step.dispatches.map((_, index) => median(rounds.map((round) => round[index]!)));
}

export function describeDispatch(
  prepared: PreparedDispatch,
  index: number,
  microseconds: number,
): DispatchProfile {
  const { kernel, tensors, grid, operator, phase, part, call, dispatch, decisions } = prepared;
  const { mainloop, name } = dispatch.kernel;
  const [outer] = decisions;
  return {
    index,
    operator,
    phase,
    part,
    call,
    kernel: mainloop ? `${name}/${mainloop.name}` : name,
    choice: outer
      ? {
          operation: outer.operation,
          // A choice inside a choice: Winograd's products are matrix products with tiles of their own.
          variant: decisions.map(({ variant }) => variant).join(' › '),
          reason: decisions.at(-1)!.reason,
        }
      : null,
    constants: dispatch.constants,
    conditions: Object.entries(dispatch.conditions ?? {}).flatMap(([key, on]) => (on ? [key] : [])),
    grid,
    bindings: kernel.bindings.map(({ name, writable }, i) => {
      const { shape, dtype, bytes } = tensors[i]!;
      return { name, shape, dtype, bytes, writable };
    }),
    flops: dispatch.cost.flops,
    bytes: dispatch.cost.bytes,
    microseconds,
  };
}

/** Where the planner has put the intermediates of a step. */
export function memoryMapOf({ plan, dispatches }: CapturedStep<unknown>): MemoryMap {
  const residents = [...plan.placements].map(([{ label = '', bytes, first, last }, { block, offset }]) => ({
    label,
    bytes,
    block,
    offset,
    first,
    last,
  }));
  return { blocks: plan.blocks, residents, dispatches: dispatches.length };
}
