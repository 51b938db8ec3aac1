import type { Device } from '../../src/engine/core/tensor.ts';
import type { CapturedStep } from '../../src/engine/runtime/captured-step.ts';

/** Something whose kernels are looked at. */
export interface Work {
  readonly name: string;
  /** @param device of an idle adapter */
  capture(device: Device): readonly CapturedStep<unknown>[];
}

/** Images in a batch, as far as one rank has them. */
export const batch = 64;

/** Ranks that train together, where several do. */
export const ranks = 4;
