/** The learning rate of each step (paper section 7.5: steps of 0.1; fine-tuning: constant). */

import type { ScheduleConfig } from './config.ts';

/** Turns a position into a step: a number below 1 is a fraction of the run. */
function toStep(position: number, totalSteps: number): number {
  return position < 1 ? Math.round(position * totalSteps) : position;
}

/**
 * Learning rate of step `step` (counted from 0) of `totalSteps`: linear warm-up over `warmupSteps` (the first step already moves),
 * times the schedule's factor: step γ^⌊t/every⌋, multistep γ^(milestones passed), cosine final + (1 − final)·(1 + cos πt/T)/2.
 */
export function learningRateAt(
  schedule: ScheduleConfig,
  base: number,
  step: number,
  totalSteps: number,
): number {
  const warmup = step < schedule.warmupSteps ? (step + 1) / schedule.warmupSteps : 1;
  return base * warmup * factor(schedule, step, totalSteps);
}

function factor(schedule: ScheduleConfig, step: number, totalSteps: number): number {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.gamma ** Math.floor(step / Math.max(1, toStep(schedule.every ?? 1, totalSteps)));
    case 'multistep':
      return schedule.gamma ** schedule.milestones.filter((at) => step >= toStep(at, totalSteps)).length;
    case 'cosine': {
      const progress = Math.min(1, step / Math.max(1, totalSteps));
      return schedule.final + ((1 - schedule.final) * (1 + Math.cos(Math.PI * progress))) / 2;
    }
  }
}
