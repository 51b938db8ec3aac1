import { z } from 'zod';
import { cosineSoftmaxHead } from '../../engine/ops/cosine_softmax_loss.ts';
import { Agents } from './agents.ts';
import { defineLoss } from './loss.ts';
import { factor, shared, weightNormalisation } from './settings.ts';

/** The learnable or fixed factor s of the cosine logits (section 3.4: the released head starts at 10, never below 0.01). */
const scale = z.strictObject({
  initial: z.number().positive().default(10),
  learn: z.boolean().default(true),
  minimum: z.number().positive().default(0.01),
  learningRateMultiplier: factor.default(1),
  decayMultiplier: factor.default(1),
});

/** Softmax over scaled cosines (equation 6, section 3). */
export const normface = defineLoss({
  name: 'normface',
  schema: z.strictObject({
    name: z.literal('normface'),
    scale: scale.prefault({}),
    weightNormalisation,
    ...shared,
  }),
  head: (config, place) => {
    const agents = new Agents(config, place);
    const scaleName = `${place.prefix}.scale`;
    const { initial, learn, minimum, ...rates } = config.scale;
    const scale = { name: scaleName, shape: [1], init: Float32Array.of(initial), ...rates };
    return {
      hasScale: true,
      declarations: learn ? [agents.declaration, scale] : [agents.declaration],
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.of(parameters);
        const s = learn ? parameters.get(scaleName) : initial;
        return cosineSoftmaxHead(features, weights, labels, s, { floor: minimum, normaliseWeights });
      },
    };
  },
});
