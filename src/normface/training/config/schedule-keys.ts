/** The keys of a configuration on how the learning rate goes, and when training ends before its time. */

import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const count = z.int().min(1);
const factor = z.number().min(0);

export const stopEarly = z.strictObject({
  metric: z
    .enum(['accuracy', 'areaUnderCurve', 'equalErrorRate'])
    .default('accuracy')
    .describe(
      'What has to get better: the accuracy that the log shows, or what does not depend on a threshold.',
    ),
  patience: count.describe('After so many evaluations in a row without a gain training ends.'),
  minimumGain: factor.default(0).describe('By how much an evaluation must exceed the last gain to be one.'),
});

export const schedule = z.strictObject({
  kind: z
    .enum(['constant', 'step', 'multistep', 'cosine', 'polynomial'])
    .default('constant')
    .describe(
      'How the learning rate falls: not, every so many steps, at milestones, along a cosine, or as a power of what is left of the run ' +
        'after its warm-up (docs/reference.md#schedules).',
    ),
  unit: z
    .enum(['step', 'epoch'])
    .default('step')
    .describe(
      'What `milestones` and `every` count; `epoch` also keeps the rate of any kind as it is for a whole epoch. `warmupSteps` are steps.',
    ),
  milestones: z
    .array(z.number().positive())
    .default([])
    .describe(
      'Multistep: where the rate drops; a number below 1 is a fraction of the run, otherwise a step or epoch.',
    ),
  every: z
    .number()
    .positive()
    .optional()
    .describe(
      'Step: the rate drops every so many steps or epochs; a number below 1 is a fraction of the run.',
    ),
  gamma: z.number().positive().max(1).default(0.1).describe('Step and multistep: factor of each drop.'),
  final: fraction
    .default(0)
    .describe('Cosine and polynomial: the rate at the end as a fraction of the first.'),
  power: z.number().positive().max(10).optional().describe('Polynomial: the exponent, 2 if not given.'),
  warmupSteps: z
    .int()
    .min(0)
    .default(0)
    .describe('Steps at the beginning in which the rate rises linearly to its first value.'),
});
