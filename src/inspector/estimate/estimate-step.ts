/** The profile of a captured step on a card that is not there. */

import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import type { PreparedDispatch } from '../../engine/runtime/prepared.ts';
import { needsOf } from '../kernels/estimate.ts';
import { describeDispatch, memoryMapOf } from '../profile/measure.ts';
import type { StepProfile } from '../profile/profile.ts';
import type { Card } from './cards.ts';
import { type Estimate, estimateTime } from './time.ts';

export function estimateDispatch({ kernel, grid, dispatch }: PreparedDispatch, card: Card): Estimate {
  return estimateTime(card, {
    grid,
    needs: needsOf(kernel.wgsl),
    ...dispatch.cost,
    isProduct: dispatch.kernel.mainloop !== undefined,
  });
}

/**
 * Estimates every dispatch of a step. The step must have been captured on an idle device of the card's adapter, so that its kernels are
 * those that the card would get; it is not run.
 */
export function estimateStep(step: CapturedStep<unknown>, card: Card, title: string): StepProfile {
  const dispatches = step.dispatches.map((prepared, index) => {
    const { microseconds } = estimateDispatch(prepared, card);
    return describeDispatch(prepared, index, microseconds);
  });
  return {
    title,
    adapter: card.name,
    timer: 'estimate',
    runs: 0,
    roofline: { gflops: card.gflops, gigabytesPerSecond: card.gigabytesPerSecond },
    stepMicroseconds: dispatches.reduce((sum, { microseconds }) => sum + microseconds, 0),
    dispatches,
    memory: memoryMapOf(step),
  };
}
