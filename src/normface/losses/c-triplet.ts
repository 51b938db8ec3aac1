import { z } from 'zod';
import { cTripletHead } from '../../engine/ops/heads/c_triplet_loss.ts';
import { Agents } from './agents.ts';
import { defineLoss } from './loss.ts';
import { agentSettings, squaredDistance } from './settings.ts';

/** C-triplet (arXiv 1704.06369, section 4, equation 11); the defaults are the released head's. */
export const cTriplet = defineLoss({
  name: 'c-triplet',
  schema: z.strictObject({
    name: z.literal('c-triplet'),
    margin: squaredDistance.default(0.8),
    addCenterLoss: z.boolean().default(true),
    hardestOnly: z.boolean().default(true),
    ...agentSettings,
  }),
  head: (config, context) => {
    const agents = new Agents(config, context);
    return {
      hasScale: false,
      declarations: agents.declarations,
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.ready(parameters);
        return cTripletHead(features, weights, labels, { ...config, normaliseWeights });
      },
    };
  },
});
