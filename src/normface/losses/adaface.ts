import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { LogitScale, scaleSettings } from './scale.ts';
import { labelSmoothing, shared, weightNormalisation } from './settings.ts';

/** Where mean and deviation of the lengths start in the authors' code. */
const start = { mean: 20, deviation: 100 };

/** AdaFace (arXiv 2204.00964): s·(cos(θ + g) − (m − g)) for the own class, g = −m·ẑ by the length of the feature. */
export const adaface = defineLoss({
  name: 'adaface',
  schema: z
    .strictObject({
      name: z.literal('adaface'),
      margin: z
        .number()
        .min(0)
        .lt(2)
        .default(0.4)
        .describe(
          'm: the own score is cos(θ + m) for the shortest features, cos θ − m for those of mean length, cos(θ − m) − 2m for the longest.',
        ),
      concentration: z
        .number()
        .default(0.333)
        .describe(
          'h, how much lengths count, in standard deviations; negative where good images have short features.',
        ),
      alpha: z
        .number()
        .min(0)
        .max(1)
        .default(0.01)
        .describe('Share of a batch in the running mean and deviation of the lengths (t_alpha).'),
      scale: scaleSettings(64, false),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe('A margin by the length of the feature (arXiv 2204.00964; docs/reference.md#adaface).'),
  needsWholeBatch: () => 'each batch moves the mean and the deviation of the lengths',
  head: (config, context) => {
    const { margin, concentration, alpha } = config;
    const scale = new LogitScale(config.scale, context.prefix);
    const name = `${context.prefix}.norms`;
    // Kept in place by the loss; a parameter so that checkpoints have it.
    const norms = { name, shape: [2], init: Float32Array.of(start.mean, start.deviation), frozen: true };
    const head = marginHead(config, context, {
      margin: (parameters) => ({
        kind: 'adaptive',
        margin,
        concentration,
        alpha,
        running: parameters.get(name),
      }),
      scale: (parameters) => scale.of(parameters),
    });
    return { ...head, hasScale: true, declarations: [...head.declarations, norms, ...scale.declarations] };
  },
});
