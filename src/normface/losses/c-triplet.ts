import { z } from 'zod';
import { cTripletHead } from '../../engine/ops/heads/c_triplet_loss.ts';
import { Agents } from './agents.ts';
import { defineLoss } from './loss.ts';
import { agentOptionsOf, agentSettings, squaredDistance } from './settings.ts';

/** C-triplet (arXiv 1704.06369, section 4, equation 11); the defaults are the released head's. */
export const cTriplet = defineLoss({
  name: 'c-triplet',
  schema: z
    .strictObject({
      name: z.literal('c-triplet'),
      margin: squaredDistance
        .default(0.8)
        .describe('M: by how much other agents must be farther than the own one, in squared distance.'),
      addCenterLoss: z
        .boolean()
        .default(true)
        .describe('Keep pulling to the own agent where no hinge is active: "C-triplet + center".'),
      hardestOnly: z.boolean().default(true).describe('Only the negative with the largest entry counts.'),
      ...agentSettings,
    })
    .describe(
      'Triplet loss of features with the agents of the classes (arXiv 1704.06369, equation 11; docs/reference.md#c-triplet).',
    ),
  needsWholeBatch: () => undefined,
  margin: ({ margin }) => margin,
  head: (config, context) => {
    const agents = new Agents(config, context);
    const { margin, addCenterLoss, hardestOnly } = config;
    const options = { ...agentOptionsOf(config), margin, addCenterLoss, hardestOnly };
    return {
      hasScale: false,
      declarations: agents.declarations,
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.ready(parameters);
        return cTripletHead(features, weights, labels, {
          ...options,
          normaliseWeights,
          shard: context.shard,
        });
      },
    };
  },
});
