import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { LogitScale, scaleSettings } from './scale.ts';
import { shared, weightNormalisation } from './settings.ts';

/** ArcFace (arXiv 1801.07698): s·cos(θ + m) for the own class. */
export const arcface = defineLoss({
  name: 'arcface',
  schema: z.strictObject({
    name: z.literal('arcface'),
    /** An angle in radians. */
    margin: z.number().min(0).lt(Math.PI).default(0.5),
    /** Only where cos θ > 0. */
    easyMargin: z.boolean().default(false),
    /** Take the slope of the margin for 1, as code does that differentiates around the arc cosine. */
    straightThrough: z.boolean().default(false),
    scale: scaleSettings(64, false),
    weightNormalisation,
    classSampling,
    ...shared,
  }),
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
