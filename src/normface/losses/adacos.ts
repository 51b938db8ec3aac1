import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { cosineSoftmaxHead } from '../../engine/ops/heads/cosine_softmax_loss.ts';
import { Agents } from './agents.ts';
import { lossBound } from './bound.ts';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { labelSmoothing, shared, weightNormalisation } from './settings.ts';

/** √2·log(classes − 1): the scale at which probabilities of 1/2 are about where cosines are cos π/4. */
export function adaCosScale(classes: number): number {
  return Math.SQRT2 * Math.log(classes - 1);
}

/** AdaCos (arXiv 1905.00292): softmax over cosines with a scale that follows from the number of classes, and if dynamic from each batch. */
export const adacos = defineLoss({
  name: 'adacos',
  schema: z
    .strictObject({
      name: z.literal('adacos'),
      dynamic: z
        .boolean()
        .default(false)
        .describe('Whether each batch moves the scale (docs/reference.md#adacos).'),
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe(
      'Softmax over cosines with a scale that follows from the number of classes (arXiv 1905.00292; docs/reference.md#adacos).',
    ),
  needsWholeBatch: ({ dynamic }) => (dynamic ? 'each batch moves its scale' : undefined),
  head: (config, context) => {
    const { classes, prefix, sampling } = context;
    if (classes < 3) throw new UserError(`the loss "adacos" needs at least 3 people, not ${classes}`);
    const agents = new Agents(config, context);
    const start = adaCosScale(classes);
    const name = `${prefix}.scale`;
    // Kept in place by the loss; a parameter so that checkpoints have it.
    const scale = { name, shape: [1], init: Float32Array.of(start), frozen: true };
    return {
      hasScale: true,
      bound: (s) => lossBound(classes, s),
      declarations: config.dynamic ? [...agents.declarations, scale] : agents.declarations,
      subsets: agents.subsets,
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.ready(parameters);
        const s = config.dynamic ? parameters.get(name) : start;
        return cosineSoftmaxHead(features, weights, labels, {
          scale: s,
          adaptive: config.dynamic,
          normaliseWeights,
          classesInUse: sampling?.count,
          shard: context.shard,
          labelSmoothing: config.labelSmoothing,
        });
      },
    };
  },
});
