import { z } from 'zod';
import { sphereFace2Bias, sphereFace2Head } from '../../engine/ops/heads/sphereface2_loss.ts';
import { Agents } from './agents.ts';
import { defineLoss } from './loss.ts';
import { factor, lossWeight, shared, weightNormalisation } from './settings.ts';

const bias = z
  .strictObject({
    initial: z.number().optional().describe('Where it starts; by default where cosines of 0 leave it.'),
    learn: z.boolean().default(true).describe('Whether it is a parameter of the training.'),
    learningRateMultiplier: factor.default(1).describe('Factor of the learning rate for the bias.'),
    decayMultiplier: factor.default(0).describe('Factor of the weight decay for the bias.'),
  })
  .prefault({})
  .describe('The bias b that all classes share.');

/** SphereFace2 (arXiv 2108.01513): a binary problem for every class instead of a softmax over them. */
export const sphereface2 = defineLoss({
  name: 'sphereface2',
  schema: z
    .strictObject({
      name: z.literal('sphereface2'),
      lambda: z
        .number()
        .gt(0)
        .lt(1)
        .default(0.7)
        .describe('λ, the share of the own class against the sum of the others.'),
      r: z.number().positive().default(40).describe('Scale of the cosines.'),
      margin: factor.default(0.4).describe('m, the margin of the cosines.'),
      t: z
        .number()
        .min(1)
        .default(3)
        .describe('Exponent of g: how much high cosines are told apart at the cost of low ones.'),
      gradient: z
        .enum(['exact', 'detached'])
        .default('exact')
        .describe(
          "exact: the gradient of the loss; detached: that of the authors' code, as if the logit were r·cos θ + b.",
        ),
      bias,
      weightNormalisation,
      ...shared,
      weight: lossWeight.default(50),
    })
    .describe(
      'A binary problem for every class instead of a softmax over them (arXiv 2108.01513; docs/reference.md#sphereface2).',
    ),
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { classes, prefix } = context;
    const { initial = classes > 1 ? sphereFace2Bias(classes, config) : 0, learn, ...rates } = config.bias;
    const agents = new Agents(config, context);
    const name = `${prefix}.bias`;
    const bias = { name, shape: [1], init: Float32Array.of(initial), frozen: !learn, ...rates };
    return {
      hasScale: false,
      declarations: [...agents.declarations, bias],
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.ready(parameters);
        const { lambda, r, margin, t, gradient } = config;
        const options = { lambda, r, margin, t, gradient, normaliseWeights };
        return sphereFace2Head(features, weights, labels, {
          bias: parameters.get(name),
          shard: context.shard,
          ...options,
        });
      },
    };
  },
});
