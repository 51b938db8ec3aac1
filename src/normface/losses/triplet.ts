import { z } from 'zod';
import { tripletHead } from '../../engine/ops/pairs/triplet_loss.ts';
import { defineLoss } from './loss.ts';
import { wrongPairBatches } from './pair-batches.ts';
import { lossWeight, squaredDistance } from './settings.ts';

/** Triplet loss of images (arXiv 1704.06369, equation 8). It has no class weights; batches need several images of a person. */
export const triplet = defineLoss({
  name: 'triplet',
  schema: z
    .strictObject({
      name: z.literal('triplet'),
      weight: lossWeight.default(1),
      margin: squaredDistance
        .default(0.2)
        .describe('By how much the squared distance to another person must exceed that to the same person.'),
      mining: z
        .enum(['all', 'semi-hard', 'hardest'])
        .default('semi-hard')
        .describe('Which triplets of the batch are used.'),
      normalise: z.boolean().default(true).describe('Of features of length 1.'),
    })
    .describe(
      'Triplet loss of images (arXiv 1704.06369, equation 8; docs/reference.md#contrastive-and-triplet-losses-of-samples); batches need several images of a person.',
    ),
  batchContradiction: ({ name }, batches) => wrongPairBatches(name, batches),
  needsWholeBatch: () => 'it is a mean over triplets within a batch',
  margin: ({ margin }) => margin,
  head: ({ margin, mining, normalise }) => ({
    hasScale: false,
    declarations: [],
    reusable: [],
    apply: (features, labels) => tripletHead(features, labels, { margin, mining, normalise }),
  }),
});
