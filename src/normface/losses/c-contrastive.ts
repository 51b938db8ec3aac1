import { z } from 'zod';
import { cContrastiveHead } from '../../engine/ops/heads/c_contrastive_loss.ts';
import { Agents } from './agents.ts';
import { defineLoss } from './loss.ts';
import { agentSettings, squaredDistance } from './settings.ts';

/**
 * C-contrastive (arXiv 1704.06369, section 4, equation 10). With negativeMargin 0 it is the paper's center loss inside this framework
 * (docs/reference.md#c-contrastive): positives are pulled to their agents, and nothing pushes.
 */
export const cContrastive = defineLoss({
  name: 'c-contrastive',
  schema: z.strictObject({
    name: z.literal('c-contrastive'),
    positiveMargin: squaredDistance.default(0),
    negativeMargin: squaredDistance.default(1),
    positiveOutlierThreshold: squaredDistance.default(4),
    maxNegativeOnly: z.boolean().default(false),
    maxPositiveOnly: z.boolean().default(false),
    expNegativeWeight: z.boolean().default(false),
    /** Only with gradient "caffe". */
    normalizeNegative: z.number().positive().optional(),
    /** Add the running mean of the positives to the negative margin, up to maxNegativeMargin. */
    addIntraMae: z.boolean().default(false),
    maxNegativeMargin: squaredDistance.default(1.2),
    ...agentSettings,
  }),
  contradiction: ({ normalizeNegative, gradient }) =>
    normalizeNegative !== undefined && gradient === 'exact'
      ? 'normalizeNegative rescales gradients, which needs gradient "caffe"'
      : undefined,
  head: (config, context) => {
    const agents = new Agents(config, context);
    const { addIntraMae, ...options } = config;
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
        return cContrastiveHead(features, weights, labels, { ...options, normaliseWeights, runningPositive });
      },
    };
  },
});
