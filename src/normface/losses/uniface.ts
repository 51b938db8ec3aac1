import { z } from 'zod';
import { uniFaceBias, uniFaceHead } from '../../engine/ops/heads/uniface_loss.ts';
import { Agents } from './agents.ts';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { factor, shared, weightNormalisation } from './settings.ts';

const bias = z
  .strictObject({
    initial: z
      .number()
      .optional()
      .describe('Where it starts; by default log(10·r·n) of n people, r the rate of classSampling or 1.'),
    learn: z.boolean().default(true).describe('Whether it is a parameter of the training.'),
    learningRateMultiplier: factor.default(1).describe('Factor of the learning rate for the bias.'),
    decayMultiplier: factor.default(1).describe('Factor of the weight decay for the bias.'),
  })
  .prefault({})
  .describe('b: b/s is the one threshold between own and other classes.');

/** UniFace (Zhou et al., ICCV 2023): unified cross-entropy, with one threshold for all classes. */
export const uniface = defineLoss({
  name: 'uniface',
  schema: z
    .strictObject({
      name: z.literal('uniface'),
      s: z.number().positive().default(64).describe('Scale of the cosines.'),
      margin: factor.default(0.4).describe('m, taken from the cosine to the own class.'),
      lambda: z
        .number()
        .positive()
        .default(1)
        .describe('λ, the weight of the other classes against the own one.'),
      clamped: z
        .boolean()
        .default(false)
        .describe(
          "Keep the arguments of the exponentials within [−s, s], as the authors' code does: past them there is no gradient.",
        ),
      bias,
      weightNormalisation,
      classSampling,
      ...shared,
    })
    .describe(
      'A binary problem for every class with one threshold for all (Zhou et al., ICCV 2023; docs/reference.md#uniface).',
    ),
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { classes, prefix, sampling, shard } = context;
    const { s, margin, lambda, clamped, classSampling } = config;
    const { initial = uniFaceBias(classes, classSampling?.rate), learn, ...rates } = config.bias;
    const agents = new Agents(config, context);
    const name = `${prefix}.bias`;
    const bias = { name, shape: [1], init: Float32Array.of(initial), frozen: !learn, ...rates };
    return {
      hasScale: false,
      declarations: [...agents.declarations, bias],
      subsets: agents.subsets,
      reusable: [agents.name],
      apply: (features, labels, parameters) => {
        const { weights, normaliseWeights } = agents.ready(parameters);
        return uniFaceHead(features, weights, labels, {
          bias: parameters.get(name),
          s,
          margin,
          lambda,
          clamped,
          normaliseWeights,
          classesInUse: sampling?.count,
          shard,
        });
      },
    };
  },
});
