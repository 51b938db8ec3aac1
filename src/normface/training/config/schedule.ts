/** The learning rate of a run as its configuration describes it (docs/reference.md#schedules). */

import {
  constantSchedule,
  cosineSchedule,
  multistepSchedule,
  polynomialSchedule,
  type Schedule,
  stepSchedule,
  warmUp,
} from '../../../engine/optim/schedule.ts';
import type { ScheduleConfig } from './config.ts';

/** A position in a run of so many steps, or epochs; below 1 it is a fraction of the run. */
function inRun(position: number, length: number): number {
  return position < 1 ? Math.round(position * length) : position;
}

/** Steps or epochs between drops of the kind "step". */
function periodOf({ every = 1 }: ScheduleConfig, length: number): number {
  return Math.max(1, inRun(every, length));
}

/** The schedule without warm-up, in steps or in epochs. @param warmup how many of them the warm-up takes */
function shapeOf(config: ScheduleConfig, base: number, length: number, warmup: number): Schedule {
  const { gamma, power = 2 } = config;
  const final = config.final * base;
  switch (config.kind) {
    case 'constant':
      return constantSchedule(base);
    case 'step':
      return stepSchedule(base, { every: periodOf(config, length), gamma });
    case 'multistep':
      return multistepSchedule(base, {
        milestones: config.milestones.map((milestone) => inRun(milestone, length)),
        gamma,
      });
    case 'cosine':
      return cosineSchedule(base, { steps: length, final });
    case 'polynomial': {
      // A warm-up that the run does not outlast leaves nothing to fall.
      const falling = polynomialSchedule(base, { steps: Math.max(length - warmup, 1), power, final });
      return (step) => falling(step - warmup);
    }
  }
}

/** How many whole epochs are over before a step. What is rounded away is far less than a step. */
function epochOf(step: number, stepsPerEpoch: number): number {
  return Math.floor(step / stepsPerEpoch + 1e-9);
}

/**
 * The schedule of a run of `totalSteps` that starts at the rate `base`; positions below 1 are fractions of the run.
 * @param stepsPerEpoch steps of a pass over the images, which need not be a whole number; by default the run is one pass
 */
export function scheduleOf(
  config: ScheduleConfig,
  base: number,
  totalSteps: number,
  stepsPerEpoch = totalSteps,
): Schedule {
  const { unit, warmupSteps } = config;
  if (unit === 'step') return warmUp(shapeOf(config, base, totalSteps, warmupSteps), warmupSteps);
  const byEpoch = shapeOf(config, base, totalSteps / stepsPerEpoch, warmupSteps / stepsPerEpoch);
  return warmUp((step) => byEpoch(epochOf(step, stepsPerEpoch)), warmupSteps);
}

/** After how many steps the rate drops; those of the kind "step" end with the run, milestones may lie past it. */
export function dropsOf(config: ScheduleConfig, totalSteps: number, stepsPerEpoch = totalSteps): number[] {
  const stepsPerUnit = config.unit === 'epoch' ? stepsPerEpoch : 1;
  const length = totalSteps / stepsPerUnit;
  // Fractions are allowed: the rate of a step is that of the last drop at or before it, or at or before the beginning of its epoch.
  const toStep = (position: number) =>
    config.unit === 'epoch' ? Math.ceil(Math.ceil(position) * stepsPerUnit - 1e-6) : position;
  if (config.kind === 'multistep')
    return config.milestones.map((milestone) => Math.ceil(toStep(inRun(milestone, length))));
  if (config.kind !== 'step') return [];
  const period = periodOf(config, length);
  const drops: number[] = [];
  for (let drop = period; Math.ceil(toStep(drop)) < totalSteps; drop += period)
    drops.push(Math.ceil(toStep(drop)));
  return drops;
}

/** The rate at the steps that show how it goes: first and last, the end of the warm-up, drops, quarters of what falls smoothly. */
export function describeSchedule(
  config: ScheduleConfig,
  base: number,
  totalSteps: number,
  stepsPerEpoch = totalSteps,
): { readonly step: number; readonly learningRate: number }[] {
  const rate = scheduleOf(config, base, totalSteps, stepsPerEpoch);
  const { kind, warmupSteps } = config;
  const isSmooth = kind === 'cosine' || kind === 'polynomial';
  const quarters = isSmooth ? [0.25, 0.5, 0.75].map((part) => Math.round(part * totalSteps)) : [];
  const drops = dropsOf(config, totalSteps, stepsPerEpoch);
  const turns = [0, warmupSteps - 1, ...quarters, ...drops, totalSteps - 1];
  const steps = [...new Set(turns)].filter((step) => step >= 0 && step < totalSteps).sort((a, b) => a - b);
  // A long row of drops is told by its beginning and its end.
  const shown = steps.length > 12 ? [...steps.slice(0, 10), ...steps.slice(-1)] : steps;
  return shown.map((step) => ({ step: step + 1, learningRate: rate(step) }));
}
