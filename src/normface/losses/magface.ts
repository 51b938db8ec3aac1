import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { LogitScale, scaleSettings } from './scale.ts';
import { factor, labelSmoothing, shared, weightNormalisation } from './settings.ts';

const angle = z.number().min(0).lt(Math.PI);

/** MagFace (arXiv 2103.06627): ArcFace with a margin that grows with the length of the feature, and a term that wants long ones. */
export const magface = defineLoss({
  name: 'magface',
  schema: z
    .strictObject({
      name: z.literal('magface'),
      leastMargin: angle.default(0.45).describe('Margin of features of length leastNorm (l_margin).'),
      mostMargin: angle.default(0.8).describe('Margin of features of length mostNorm (u_margin).'),
      leastNorm: z
        .number()
        .positive()
        .default(10)
        .describe('Shorter features count as this long, and their lengths are left alone (l_a).'),
      mostNorm: z.number().positive().default(110).describe('The same of longer ones (u_a).'),
      lambda: factor
        .default(35)
        .describe('λ_g, the factor of the mean of a/mostNorm² + 1/a, a the length (lambda_g).'),
      easyMargin: z
        .boolean()
        .default(true)
        .describe("The margin only where cos θ > 0, as by default in the authors' code."),
      scale: scaleSettings(64, false),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe(
      'A margin that grows with the length of the feature (arXiv 2103.06627; docs/reference.md#magface).',
    ),
  contradiction: ({ leastMargin, mostMargin, leastNorm, mostNorm }) => {
    if (leastNorm >= mostNorm) return `leastNorm ${leastNorm} must be below mostNorm ${mostNorm}`;
    return leastMargin > mostMargin
      ? `leastMargin ${leastMargin} must not be above mostMargin ${mostMargin}`
      : undefined;
  },
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { leastMargin, mostMargin, leastNorm, mostNorm, lambda, easyMargin } = config;
    const scale = new LogitScale(config.scale, context.prefix);
    const head = marginHead(config, context, {
      margin: {
        kind: 'magnitude',
        margins: [leastMargin, mostMargin],
        norms: [leastNorm, mostNorm],
        regulariser: lambda,
        easy: easyMargin,
      },
      scale: (parameters) => scale.of(parameters),
    });
    return { ...head, hasScale: true, declarations: [...head.declarations, ...scale.declarations] };
  },
});
