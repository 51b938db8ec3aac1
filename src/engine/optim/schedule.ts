import { checkArgument } from '../core/errors.ts';

/** Learning rate of a step; the first step is 0. */
export type Schedule = (step: number) => number;

/** The same rate at every step. */
export function constantSchedule(rate: number): Schedule {
  return () => rate;
}

/** rate·γ^⌊step / every⌋ (Caffe's policy "step"). */
export function stepSchedule(rate: number, { every, gamma }: { every: number; gamma: number }): Schedule {
  checkArgument(every > 0, 'stepSchedule', () => `every must be positive, not ${every}`);
  return (step) => rate * gamma ** Math.floor(step / every);
}

/** rate·γ^(number of milestones ≤ step) (Caffe's policy "multistep"). */
export function multistepSchedule(
  rate: number,
  { milestones, gamma }: { milestones: readonly number[]; gamma: number },
): Schedule {
  return (step) => rate * gamma ** milestones.filter((milestone) => step >= milestone).length;
}

/** Half a cosine from `rate` at step 0 to `final` (default 0) at step `steps` and after it (Loshchilov & Hutter, 2017). */
export function cosineSchedule(
  rate: number,
  { steps, final = 0 }: { steps: number; final?: number },
): Schedule {
  checkArgument(steps > 0, 'cosineSchedule', () => `steps must be positive, not ${steps}`);
  return (step) => final + ((rate - final) * (1 + Math.cos(Math.PI * Math.min(1, step / steps)))) / 2;
}

/**
 * From `rate` at step 0 to `final` (default 0) at step `steps` and after it, as (1 − step / steps)^power between them: Caffe's policy
 * "poly", and the PolyScheduler of insightface's arcface_torch with a power of 2.
 */
export function polynomialSchedule(
  rate: number,
  { steps, power, final = 0 }: { steps: number; power: number; final?: number },
): Schedule {
  checkArgument(steps > 0, 'polynomialSchedule', () => `steps must be positive, not ${steps}`);
  checkArgument(power > 0, 'polynomialSchedule', () => `power must be positive, not ${power}`);
  return (step) => final + (rate - final) * (1 - Math.min(1, Math.max(0, step) / steps)) ** power;
}

/** Multiplies a schedule by (step + 1) / steps during its first steps: the first one already moves. */
export function warmUp(schedule: Schedule, steps: number): Schedule {
  checkArgument(steps >= 0, 'warmUp', () => `steps must not be negative, not ${steps}`);
  return (step) => schedule(step) * Math.min(1, (step + 1) / Math.max(steps, 1));
}
