/** The learning rate of a run as its configuration describes it (docs/reference.md#schedules). */

import {
  constantSchedule,
  cosineSchedule,
  multistepSchedule,
  type Schedule,
  stepSchedule,
  warmUp,
} from '../../../engine/optim/schedule.ts';
import type { ScheduleConfig } from './config.ts';

/** A position in a run of `totalSteps` in steps; below 1 it is a fraction of the run. */
function toStep(position: number, totalSteps: number): number {
  return position < 1 ? Math.round(position * totalSteps) : position;
}

/** Steps between drops of the kind "step". */
function periodOf({ every = 1 }: ScheduleConfig, totalSteps: number): number {
  return Math.max(1, toStep(every, totalSteps));
}

/** The schedule of a run of `totalSteps` that starts at the rate `base`; positions below 1 are fractions of the run. */
export function scheduleOf(config: ScheduleConfig, base: number, totalSteps: number): Schedule {
  const { gamma } = config;
  const shape = (): Schedule => {
    switch (config.kind) {
      case 'constant':
        return constantSchedule(base);
      case 'step':
        return stepSchedule(base, { every: periodOf(config, totalSteps), gamma });
      case 'multistep':
        return multistepSchedule(base, {
          milestones: config.milestones.map((milestone) => toStep(milestone, totalSteps)),
          gamma,
        });
      case 'cosine':
        return cosineSchedule(base, { steps: totalSteps, final: config.final * base });
    }
  };
  return warmUp(shape(), config.warmupSteps);
}

/** After how many steps the rate drops; those of the kind "step" end with the run, milestones may lie past it. */
export function dropsOf(config: ScheduleConfig, totalSteps: number): number[] {
  if (config.kind === 'multistep') return config.milestones.map((milestone) => toStep(milestone, totalSteps));
  if (config.kind !== 'step') return [];
  const period = periodOf(config, totalSteps);
  // Fractions of a step are allowed: the rate of a step is that of the last drop at or before it.
  const drops: number[] = [];
  for (let drop = period; Math.ceil(drop) < totalSteps; drop += period) drops.push(Math.ceil(drop));
  return drops;
}

/** The rate at the steps that show how it goes: first and last, the end of the warm-up, drops, quarters of a cosine. */
export function describeSchedule(
  config: ScheduleConfig,
  base: number,
  totalSteps: number,
): { readonly step: number; readonly learningRate: number }[] {
  const rate = scheduleOf(config, base, totalSteps);
  const quarters =
    config.kind === 'cosine' ? [0.25, 0.5, 0.75].map((part) => Math.round(part * totalSteps)) : [];
  const turns = [0, config.warmupSteps - 1, ...quarters, ...dropsOf(config, totalSteps), totalSteps - 1];
  const steps = [...new Set(turns)].filter((step) => step >= 0 && step < totalSteps).sort((a, b) => a - b);
  // A long row of drops is told by its beginning and its end.
  const shown = steps.length > 12 ? [...steps.slice(0, 10), ...steps.slice(-1)] : steps;
  return shown.map((step) => ({ step: step + 1, learningRate: rate(step) }));
}
