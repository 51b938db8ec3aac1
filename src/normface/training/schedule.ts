/** The learning rate of a run as its configuration describes it (paper section 7.5). */

import {
  constantSchedule,
  cosineSchedule,
  multistepSchedule,
  type Schedule,
  stepSchedule,
  warmUp,
} from '../../engine/optim/schedule.ts';
import type { ScheduleConfig } from './config.ts';

/** The schedule of a run of `totalSteps` that starts at the rate `base`; positions below 1 are fractions of the run. */
export function scheduleOf(config: ScheduleConfig, base: number, totalSteps: number): Schedule {
  const toStep = (position: number) => (position < 1 ? Math.round(position * totalSteps) : position);
  const { gamma } = config;
  const shape = (): Schedule => {
    switch (config.kind) {
      case 'constant':
        return constantSchedule(base);
      case 'step':
        return stepSchedule(base, { every: Math.max(1, toStep(config.every ?? 1)), gamma });
      case 'multistep':
        return multistepSchedule(base, { milestones: config.milestones.map(toStep), gamma });
      case 'cosine':
        return cosineSchedule(base, { steps: totalSteps, final: config.final * base });
    }
  };
  return warmUp(shape(), config.warmupSteps);
}
