import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { LogitScale, scaleSettings } from './scale.ts';
import { factor, labelSmoothing, shared, weightNormalisation } from './settings.ts';

const defaultMargin = { arc: 0.5, cos: 0.35 };

/** ElasticFace (arXiv 2109.09416): ArcFace or CosFace with a margin of each sample and step from a normal distribution. */
export const elasticface = defineLoss({
  name: 'elasticface',
  schema: z
    .strictObject({
      name: z.literal('elasticface'),
      form: z
        .enum(['arc', 'cos'])
        .default('arc')
        .describe('s·cos(θ + m) or s·(cos θ − m) for the own class.'),
      margin: z
        .number()
        .min(0)
        .lt(2)
        .optional()
        .describe('Mean of the margins; by default 0.5 with form "arc", 0.35 with "cos".'),
      deviation: factor.default(0.05).describe('σ, the standard deviation of the margins (std).'),
      assignment: z
        .enum(['random', 'sorted', 'released'])
        .default('random')
        .describe(
          'random: as they are drawn; sorted: small margins for large cosines (ElasticFace+); ' +
            "released: as the authors' code does that (docs/reference.md#elasticface).",
        ),
      clamped: z.boolean().default(false).describe('Margins no farther than σ from their mean.'),
      scale: scaleSettings(64, false),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe('Margins drawn at random (arXiv 2109.09416; docs/reference.md#elasticface).')
    .transform((config) => ({ ...config, margin: config.margin ?? defaultMargin[config.form] })),
  idle: ({ deviation }) =>
    deviation === 0 ? [{ keys: ['assignment', 'clamped'], beside: 'deviation 0' }] : [],
  needsWholeBatch: () => 'its margins are drawn for a batch as a whole',
  head: (config, context) => {
    const { form, margin, deviation, assignment, clamped } = config;
    const scale = new LogitScale(config.scale, context.prefix);
    const of = form === 'arc' ? 'angle' : 'cosine';
    const head = marginHead(config, context, {
      margin: { kind: 'elastic', of, margin, deviation, assignment, clamped },
      scale: (parameters) => scale.of(parameters),
    });
    return { ...head, hasScale: true, declarations: [...head.declarations, ...scale.declarations] };
  },
});
