import { z } from 'zod';
import { centerHead } from '../../engine/ops/heads/center_loss.ts';
import { initialValues } from '../nets/initial.ts';
import { defineLoss } from './loss.ts';
import { factor, lossWeight } from './settings.ts';

/**
 * Center loss of Wen et al. (docs/reference.md#center-loss), usually the auxiliary loss of softmax. The defaults are those of the released training, whose
 * features are not normalised: `normalise: false` is the original.
 */
export const center = defineLoss({
  name: 'center',
  schema: z
    .strictObject({
      name: z.literal('center'),
      weight: lossWeight.default(0.008),
      alpha: factor.default(0.5).describe('Step of the centers, which no optimiser moves.'),
      normalise: z.boolean().default(true).describe('Of features of length 1; false is the original.'),
    })
    .describe('Center loss, usually the auxiliary loss of softmax (docs/reference.md#center-loss).'),
  needsWholeBatch: () => 'each batch moves its centers',
  head: ({ alpha, normalise }, { prefix, classes, featureSize, seed }) => {
    const name = `${prefix}.center`;
    const shape = [classes, featureSize];
    const init = () => initialValues('xavier', { name, shape, fanIn: featureSize }, seed);
    return {
      hasScale: false,
      // Moved in place by the loss; a parameter so that checkpoints have them.
      declarations: [{ name, shape, init, frozen: true }],
      reusable: [name],
      apply: (features, labels, parameters) =>
        centerHead(features, parameters.get(name), labels, { alpha, normalise }),
    };
  },
});
