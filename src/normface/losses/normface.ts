import { z } from 'zod';
import { cosineSoftmaxHead } from '../../engine/ops/heads/cosine_softmax_loss.ts';
import { Agents } from './agents.ts';
import { lossBound } from './bound.ts';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { LogitScale, openScaleSettings } from './scale.ts';
import { labelSmoothing, shared, weightNormalisation } from './settings.ts';

/** The released head starts at 10; where features are not normalised no scale is needed (docs/reference.md#scale, arXiv 1704.06369, section 5.2). */
const scaleDefaults = (normalise: 'both' | 'features' | 'weights') =>
  normalise === 'weights' ? { initial: 1, learn: false } : { initial: 10, learn: true };

/**
 * Softmax over scaled cosines (arXiv 1704.06369, section 3.3, equation 6), and with one side as it is over s·⟨f̂, w⟩ or ⟨f, ŵ⟩: the
 * ablations of its section 5.2.
 */
export const normface = defineLoss({
  name: 'normface',
  schema: z
    .strictObject({
      name: z.literal('normface'),
      normalise: z
        .enum(['both', 'features', 'weights'])
        .default('both')
        .describe(
          'What is normalised. The scale starts at 10 and is learnt, with weights alone it is fixed at 1, unless scale says otherwise.',
        ),
      scale: openScaleSettings,
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe(
      'Softmax over scaled cosines (arXiv 1704.06369, equation 6; docs/reference.md#scaled-cosine-softmax).',
    )
    .transform((config) => ({
      ...config,
      scale: { ...scaleDefaults(config.normalise), ...config.scale },
    })),
  contradiction: ({ normalise, weightNormalisation }) =>
    normalise === 'features' && weightNormalisation === 'hard'
      ? 'normalise "features" leaves the class weights as they are, and weightNormalisation "hard" does not'
      : undefined,
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { normalise } = config;
    const agents = new Agents(config, context);
    const scale = new LogitScale(config.scale, context.prefix);
    return {
      hasScale: true,
      bound: normalise === 'both' ? (s) => lossBound(context.classes, s) : undefined,
      declarations: [...agents.declarations, ...scale.declarations],
      subsets: agents.subsets,
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.ready(parameters);
        const { scale: s, floor } = scale.of(parameters);
        return cosineSoftmaxHead(features, weights, labels, {
          scale: s,
          floor,
          normaliseFeatures: normalise !== 'weights',
          normaliseWeights: normaliseWeights && normalise !== 'features',
          classesInUse: context.sampling?.count,
          shard: context.shard,
          labelSmoothing: config.labelSmoothing,
        });
      },
    };
  },
});
