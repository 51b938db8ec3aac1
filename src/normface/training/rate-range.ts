/**
 * The learning-rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv 1506.01186, section 3.3): the rate
 * rises from step to step, here by a constant factor, and the loss tells which rates train.
 */

import { lossOf } from '../losses/index.ts';
import type { TrainingConfig } from './config/config.ts';

/** A step of the test. */
export interface RatePoint {
  readonly learningRate: number;
  readonly loss: number;
}

export interface SmoothedPoint extends RatePoint {
  /** Exponential moving mean of the losses up to this one, without the pull of its start at 0. */
  readonly smoothed: number;
}

/** Share of the mean that is kept in each step. */
const kept = 0.9;

/** The rate of a step of so many, from one rate to another by a constant factor. @param step from 0 */
export function rateOf(
  step: number,
  { from, to, steps }: { from: number; to: number; steps: number },
): number {
  return steps < 2 ? from : from * (to / from) ** (step / (steps - 1));
}

/** The losses smoothed, as mean / (1 − 0.9^steps). */
export function smooth(points: readonly RatePoint[]): SmoothedPoint[] {
  let mean = 0;
  return points.map((point, i) => {
    mean = kept * mean + (1 - kept) * point.loss;
    return { ...point, smoothed: mean / (1 - kept ** (i + 1)) };
  });
}

/** The margin of the losses of a training; 0 for those that are no hinge. */
export function marginOf({ loss, auxiliaryLoss }: Pick<TrainingConfig, 'loss' | 'auxiliaryLoss'>): number {
  return [loss, ...(auxiliaryLoss ? [auxiliaryLoss] : [])].reduce(
    (sum, one) => sum + one.weight * (lossOf(one).margin?.(one) ?? 0),
    0,
  );
}

/**
 * Whether the loss has gone past all measure: more than four times its least, or no number; what follows tells nothing. A hinge may be as
 * good as 0, and many times that says as little: there the least counts as no less than the margin.
 */
export function hasDiverged(points: readonly SmoothedPoint[], margin = 0): boolean {
  const last = points.at(-1);
  if (!last) return false;
  const least = Math.min(...points.map(({ smoothed }) => smoothed));
  return !(last.smoothed <= 4 * Math.max(least, margin, 1e-6));
}

export interface RateSuggestion {
  /** Where the smoothed loss falls fastest over the logarithm of the rate. */
  readonly steepest: number;
  /** Where it is least: a rate that is too high already. */
  readonly least: number;
}

/** Points on either side over which a slope is taken. */
const reach = 2;

/** The rates to try, or undefined where the loss does not fall. */
export function suggestRate(points: readonly SmoothedPoint[]): RateSuggestion | undefined {
  const finite = points.filter(({ smoothed }) => Number.isFinite(smoothed));
  let leastAt = 0;
  finite.forEach(({ smoothed }, i) => {
    if (smoothed < finite[leastAt]!.smoothed) leastAt = i;
  });
  let best: { readonly slope: number; readonly rate: number } | undefined;
  // Before the least loss, and behind the first points, whose mean is of few.
  for (let i = reach; i <= leastAt - reach; i++) {
    const [a, b] = [finite[i - reach]!, finite[i + reach]!];
    const slope = (b.smoothed - a.smoothed) / Math.log(b.learningRate / a.learningRate);
    if (slope < 0 && (!best || slope < best.slope)) best = { slope, rate: finite[i]!.learningRate };
  }
  return best && { steepest: best.rate, least: finite[leastAt]!.learningRate };
}
