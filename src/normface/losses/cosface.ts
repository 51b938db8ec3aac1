import { z } from 'zod';
import { lossBound } from './bound.ts';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { LogitScale, scaleSettings } from './scale.ts';
import { labelSmoothing, shared, weightNormalisation } from './settings.ts';

/** CosFace and AM-Softmax (arXiv 1801.09414, arXiv 1801.05599): s·(cos θ − m) for the own class. The defaults are AM-Softmax's. */
export const cosface = defineLoss({
  name: 'cosface',
  schema: z
    .strictObject({
      name: z.literal('cosface'),
      margin: z.number().min(0).lt(2).default(0.35).describe('m of s·(cos θ − m).'),
      onlyAbove: z
        .boolean()
        .default(false)
        .describe("The margin only where cos θ > m, as in the author's layer for AM-Softmax."),
      scale: scaleSettings(30, false),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe(
      's·(cos θ − m) for the own class (arXiv 1801.09414, arXiv 1801.05599; docs/reference.md#cosface-and-am-softmax).',
    ),
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { margin, onlyAbove } = config;
    const scale = new LogitScale(config.scale, context.prefix);
    const head = marginHead(config, context, {
      margin: { kind: 'cosine', margin, onlyAbove },
      scale: (parameters) => scale.of(parameters),
    });
    return {
      ...head,
      hasScale: true,
      // Where the margin is left out the loss can fall to that of no margin.
      bound: (s) => lossBound(context.classes, s, onlyAbove ? 0 : margin),
      declarations: [...head.declarations, ...scale.declarations],
    };
  },
});
