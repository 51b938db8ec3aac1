import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { shared, weightNormalisation } from './settings.ts';

/** Circle loss at class level (arXiv 2002.10857), with the numbers for faces. */
export const circle = defineLoss({
  name: 'circle',
  schema: z.strictObject({
    name: z.literal('circle'),
    margin: z.number().min(0).lt(2).default(0.25),
    gamma: z.number().positive().default(256),
    weightNormalisation,
    classSampling,
    ...shared,
  }),
  head: (config, context) => ({
    ...marginHead(config, context, {
      margin: { kind: 'circle', margin: config.margin },
      scale: () => ({ scale: config.gamma }),
    }),
    hasScale: false,
  }),
});
