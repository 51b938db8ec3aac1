/** The profile of a captured step on a card that is not there. */

import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import { needsOf } from '../kernels/estimate.ts';
import { describeDispatch, memoryMapOf } from '../profile/measure.ts';
import type { StepProfile } from '../profile/profile.ts';
import type { Card } from './cards.ts';
import { estimateTime } from './time.ts';

/**
 * Estimates every dispatch of a step. The step must have been captured on an idle device of the card's adapter, so that its kernels are
 * those that the card would get; it is not run.
 */
export function estimateStep(step: CapturedStep<unknown>, card: Card, title: string): StepProfile {
  const dispatches = step.dispatches.map((prepared, index) => {
    const { kernel, grid, dispatch } = prepared;
    const { microseconds } = estimateTime(card, {
      grid,
      needs: needsOf(kernel.wgsl),
      ...dispatch.cost,
      isProduct: dispatch.kernel.mainloop !== undefined,
    });
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
