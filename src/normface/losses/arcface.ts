import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { LogitScale, scaleSettings } from './scale.ts';
import { labelSmoothing, shared, weightNormalisation } from './settings.ts';

/** ArcFace (arXiv 1801.07698): s·cos(θ + m) for the own class. */
export const arcface = defineLoss({
  name: 'arcface',
  schema: z
    .strictObject({
      name: z.literal('arcface'),
      margin: z.number().min(0).lt(Math.PI).default(0.5).describe('m of s·cos(θ + m), an angle in radians.'),
      easyMargin: z.boolean().default(false).describe('The margin only where cos θ > 0.'),
      straightThrough: z
        .boolean()
        .default(false)
        .describe(
          'Take the slope of the margin for 1, as code does that differentiates around the arc cosine.',
        ),
      scale: scaleSettings(64, false),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe('s·cos(θ + m) for the own class (arXiv 1801.07698; docs/reference.md#arcface).'),
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { margin, easyMargin, straightThrough } = config;
    const scale = new LogitScale(config.scale, context.prefix);
    const head = marginHead(config, context, {
      margin: { kind: 'angle', margin, easy: easyMargin, straightThrough },
      scale: (parameters) => scale.of(parameters),
    });
    return { ...head, hasScale: true, declarations: [...head.declarations, ...scale.declarations] };
  },
});
