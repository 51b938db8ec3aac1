import { z } from 'zod';
import { cContrastiveHead } from '../../engine/ops/heads/c_contrastive_loss.ts';
import { Agents } from './agents.ts';
import { defineLoss } from './loss.ts';
import { agentOptionsOf, agentSettings, squaredDistance } from './settings.ts';

/**
 * C-contrastive (arXiv 1704.06369, section 4, equation 10). With negativeMargin 0 it is the paper's center loss inside this framework
 * (docs/reference.md#c-contrastive): positives are pulled to their agents, and nothing pushes.
 */
export const cContrastive = defineLoss({
  name: 'c-contrastive',
  schema: z
    .strictObject({
      name: z.literal('c-contrastive'),
      positiveMargin: squaredDistance.default(0).describe('Own agents nearer than this cost nothing.'),
      negativeMargin: squaredDistance
        .default(1)
        .describe('M: other agents nearer than this cost; 0 leaves the center loss of the paper.'),
      positiveOutlierThreshold: squaredDistance
        .default(4)
        .describe('T: own agents farther than this cost a constant and have no gradient.'),
      maxNegativeOnly: z.boolean().default(false).describe('Only the largest negative entry of each sample.'),
      maxPositiveOnly: z
        .boolean()
        .default(false)
        .describe('Only one positive of the batch: the largest, with gradient "caffe" the smallest.'),
      expNegativeWeight: z.boolean().default(false).describe('Negatives cost exp(−D) instead of M − D.'),
      normalizeNegative: z
        .number()
        .positive()
        .optional()
        .describe(
          'v, with gradient "caffe" only: negative gradients are scaled down where their sum exceeds positiveWeight·v·n.',
        ),
      addIntraMae: z
        .boolean()
        .default(false)
        .describe('Add the running mean of the positives to the negative margin, up to maxNegativeMargin.'),
      maxNegativeMargin: squaredDistance.default(1.2).describe('The most that addIntraMae makes of M.'),
      ...agentSettings,
    })
    .describe(
      'Contrastive loss of features with the agents of the classes (arXiv 1704.06369, equation 10; docs/reference.md#c-contrastive).',
    ),
  contradiction: ({ normalizeNegative, gradient }) =>
    normalizeNegative !== undefined && gradient === 'exact'
      ? 'normalizeNegative rescales gradients, which needs gradient "caffe"'
      : undefined,
  needsWholeBatch: ({ addIntraMae, maxPositiveOnly, normalizeNegative }) => {
    if (addIntraMae) return 'addIntraMae moves its margin by each batch';
    if (maxPositiveOnly) return 'maxPositiveOnly takes one positive of each batch';
    if (normalizeNegative !== undefined) return 'normalizeNegative looks at sums over each batch';
    return undefined;
  },
  margin: ({ negativeMargin }) => negativeMargin,
  head: (config, context) => {
    const agents = new Agents(config, context);
    const { addIntraMae, positiveMargin, negativeMargin, positiveOutlierThreshold } = config;
    const { maxNegativeOnly, maxPositiveOnly, expNegativeWeight, normalizeNegative, maxNegativeMargin } =
      config;
    const options = {
      ...agentOptionsOf(config),
      positiveMargin,
      negativeMargin,
      positiveOutlierThreshold,
      maxNegativeOnly,
      maxPositiveOnly,
      expNegativeWeight,
      normalizeNegative,
      maxNegativeMargin,
    };
    const runningName = `${context.prefix}.running_positive`;
    // Kept in place by the loss; a parameter so that checkpoints have it.
    const running = { name: runningName, shape: [1], init: new Float32Array(1), frozen: true };
    return {
      hasScale: false,
      declarations: addIntraMae ? [...agents.declarations, running] : agents.declarations,
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.ready(parameters);
        const runningPositive = addIntraMae ? parameters.get(runningName) : undefined;
        return cContrastiveHead(features, weights, labels, {
          ...options,
          normaliseWeights,
          runningPositive,
          shard: context.shard,
        });
      },
    };
  },
});
