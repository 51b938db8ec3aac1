import { z } from 'zod';
import { sphereFace2Bias, sphereFace2Head } from '../../engine/ops/heads/sphereface2_loss.ts';
import { Agents } from './agents.ts';
import { defineLoss } from './loss.ts';
import { factor, shared, weightNormalisation } from './settings.ts';

/** The bias that all classes share; by default it starts where cosines of 0 leave it. */
const bias = z
  .strictObject({
    initial: z.number().optional(),
    learn: z.boolean().default(true),
    learningRateMultiplier: factor.default(1),
    decayMultiplier: factor.default(0),
  })
  .prefault({});

/** SphereFace2 (arXiv 2108.01513): a binary problem for every class instead of a softmax over them. */
export const sphereface2 = defineLoss({
  name: 'sphereface2',
  schema: z.strictObject({
    name: z.literal('sphereface2'),
    lambda: z.number().gt(0).lt(1).default(0.7),
    r: z.number().positive().default(40),
    margin: factor.default(0.4),
    t: z.number().min(1).default(3),
    /** `detached`: the gradient of the authors' code, as if the logit were r·cos θ + b. */
    gradient: z.enum(['exact', 'detached']).default('exact'),
    bias,
    weightNormalisation,
    ...shared,
    weight: factor.default(50),
  }),
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
        return sphereFace2Head(features, weights, labels, { bias: parameters.get(name), ...options });
      },
    };
  },
});
