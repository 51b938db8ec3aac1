/** What is watched while it learns. */

import type { Device } from '../../engine/core/tensor.ts';
import type { StepMetrics } from '../../normface/training/loop.ts';
import type { Embedding } from './embedding.ts';

export interface LiveLearner {
  /** Images, or fixed features, in a step. */
  readonly batchSize: number;
  /** Numbers that are trained. */
  readonly parameterCount: number;
  /** Optimiser steps done. */
  readonly steps: number;
  /** What the loss of the next step is called. */
  readonly lossTitle: string;
  /**
   * Compiles what the first step and embedding need.
   * @param onProgress kernels compiled, of how many
   */
  prepare(onProgress?: (done: number, total: number) => void): Promise<void>;
  /** One optimiser step; call it again only when the promise is settled. */
  step(learningRate: number): Promise<StepMetrics>;
  /** The sample as it is now; not while a step is under way. */
  embed(): Promise<Embedding>;
  /** Copies to the host what training needs to go on from here; not while a step is under way. */
  keep(): Promise<void>;
  /** Goes on with another device, in place of one that was lost, from where it was kept last; from the beginning if it never was. */
  moveTo(device: Device): void;
  /** Frees everything on the GPU; not while a step or an embedding is under way. */
  dispose(): void;
}
