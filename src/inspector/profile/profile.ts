/** What the measurement of a captured step hands to everything that shows it: plain data, which JSON carries unchanged. */

import { countText } from '../../common/format.ts';
import type { DataType } from '../../engine/core/data-type.ts';
import type { Phase } from '../../engine/core/phase.ts';
import type { Shape } from '../../engine/core/shape.ts';
import type { Roofline } from './bound.ts';

/** A tensor bound by a dispatch. */
export interface BindingProfile {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DataType;
  readonly bytes: number;
  readonly writable: boolean;
}

/** One kernel call of the step. */
export interface DispatchProfile {
  readonly index: number;
  /** `conv2d`, `SGD` … */
  readonly operator: string;
  readonly phase: Phase;
  /** The layer of the net, or another part of the program, that it belongs to. */
  readonly part?: string | null;
  /** Number of the operator call that it is a part of. Without it, neighbours of the same operator count as one call. */
  readonly call?: number;
  /** File name of the kernel, with its mainloop: `gemm/tile_product_subgroup`. */
  readonly kernel: string;
  /** The variant that was chosen and why; null where there was nothing to choose. */
  readonly choice: { readonly operation: string; readonly variant: string; readonly reason: string } | null;
  readonly constants: Readonly<Record<string, number>>;
  /** Those that are on. */
  readonly conditions: readonly string[];
  /** Workgroups. */
  readonly grid: readonly [number, number, number];
  readonly bindings: readonly BindingProfile[];
  /** Arithmetic and compulsory traffic that the operator states for this call. */
  readonly flops: number;
  readonly bytes: number;
  /** Median over the runs. */
  readonly microseconds: number;
}

/** One intermediate of the step: where it lies, and the first and the last dispatch that touch it. */
export interface Resident {
  readonly label: string;
  readonly bytes: number;
  readonly block: number;
  readonly offset: number;
  readonly first: number;
  /** `dispatches` of the map for what the step returns, since that outlives the last dispatch. */
  readonly last: number;
}

export interface MemoryMap {
  /** Bytes of each block: the buffers that the arena consists of. */
  readonly blocks: readonly number[];
  readonly residents: readonly Resident[];
  /** Number of dispatches of the step. */
  readonly dispatches: number;
}

export interface StepProfile {
  /** `small, batch 64, normface, 1,334 people` */
  readonly title: string;
  readonly adapter: string;
  /** How the times were got: an estimate comes from a model, and nothing was run. */
  readonly timer: 'timestamp queries' | 'wall clock' | 'estimate';
  /** That medians were taken of; 0 for an estimate. */
  readonly runs: number;
  readonly roofline: Roofline;
  /** Median of a plain replay of the whole step, wall clock; of an estimate the sum of its dispatches. */
  readonly stepMicroseconds: number;
  readonly dispatches: readonly DispatchProfile[];
  readonly memory: MemoryMap;
}

/** `median of 9 runs, timestamp queries` */
export function timingText({ timer, runs }: Pick<StepProfile, 'timer' | 'runs'>): string {
  return timer === 'estimate'
    ? 'estimated, nothing was run'
    : `median of ${countText(runs, 'run')}, ${timer}`;
}
