import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { LogitScale, scaleSettings } from './scale.ts';
import { labelSmoothing, shared, weightNormalisation } from './settings.ts';

/** CurricularFace (arXiv 2004.00288): ArcFace, and a weight for hard classes that grows as the training goes on. */
export const curricularface = defineLoss({
  name: 'curricularface',
  schema: z
    .strictObject({
      name: z.literal('curricularface'),
      margin: z.number().min(0).lt(Math.PI).default(0.5).describe('m of s·cos(θ + m), an angle in radians.'),
      momentum: z
        .number()
        .min(0)
        .lt(1)
        .default(0.99)
        .describe('Share of t, the running mean of the cosines to the own class, that stays in a step.'),
      scale: scaleSettings(64, false),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe(
      'ArcFace with a weight for hard classes that grows as the training goes on (arXiv 2004.00288; docs/reference.md#curricularface).',
    ),
  needsWholeBatch: () => 'each batch moves the running mean of its cosines',
  head: (config, context) => {
    const { margin, momentum } = config;
    const scale = new LogitScale(config.scale, context.prefix);
    const name = `${context.prefix}.t`;
    // Kept in place by the loss; a parameter so that checkpoints have it.
    const t = { name, shape: [1], init: new Float32Array(1), frozen: true };
    const head = marginHead(config, context, {
      margin: (parameters) => ({ kind: 'curricular', margin, t: parameters.get(name), momentum }),
      scale: (parameters) => scale.of(parameters),
    });
    return { ...head, hasScale: true, declarations: [...head.declarations, ...scale.declarations, t] };
  },
});
