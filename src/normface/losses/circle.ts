import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { labelSmoothing, shared, weightNormalisation } from './settings.ts';

/** Circle loss at class level (arXiv 2002.10857), with the numbers for faces. */
export const circle = defineLoss({
  name: 'circle',
  schema: z
    .strictObject({
      name: z.literal('circle'),
      margin: z
        .number()
        .min(0)
        .lt(2)
        .default(0.25)
        .describe('m: cosines to the own agent are wanted above 1 − m, to others below m.'),
      gamma: z.number().positive().default(256).describe('γ, the scale of the logits.'),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe('Circle loss at class level (arXiv 2002.10857; docs/reference.md#circle-loss).'),
  needsWholeBatch: () => undefined,
  head: (config, context) => ({
    ...marginHead(config, context, {
      margin: { kind: 'circle', margin: config.margin },
      scale: () => ({ scale: config.gamma }),
    }),
    hasScale: false,
  }),
});
