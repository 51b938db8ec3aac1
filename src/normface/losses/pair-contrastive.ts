import { z } from 'zod';
import { contrastiveHead } from '../../engine/ops/pairs/contrastive_loss.ts';
import { defineLoss } from './loss.ts';
import { wrongPairBatches } from './pair-batches.ts';
import { lossWeight, squaredDistance } from './settings.ts';

/** Contrastive loss of pairs of images (arXiv 1704.06369, equation 7). It has no class weights; batches need several images of a person. */
export const pairContrastive = defineLoss({
  name: 'pair-contrastive',
  schema: z
    .strictObject({
      name: z.literal('pair-contrastive'),
      weight: lossWeight.default(1),
      margin: squaredDistance.default(1).describe('Squared distance up to which two people push each other.'),
      pairs: z
        .enum(['all', 'adjacent'])
        .default('all')
        .describe(
          'All pairs of the batch, or its first image with the second, the third with the fourth and so on.',
        ),
      normalise: z.boolean().default(true).describe('Of features of length 1.'),
    })
    .describe(
      'Contrastive loss of pairs of images (arXiv 1704.06369, equation 7; docs/reference.md#contrastive-and-triplet-losses-of-samples); batches need several images of a person.',
    ),
  batchContradiction: ({ name, pairs }, batches) => {
    const { batchSize, imagesPerPerson } = batches;
    const wrong = wrongPairBatches(name, batches);
    if (wrong || pairs === 'all') return wrong;
    if (batchSize % 2 === 1) return `pairs "adjacent" needs an even batchSize, not ${batchSize}`;
    return imagesPerPerson !== null && imagesPerPerson % 2 === 0
      ? `pairs "adjacent" with ${imagesPerPerson} images a person never meets two people: make sampling.images odd`
      : undefined;
  },
  needsWholeBatch: () => 'it is a mean over pairs within a batch',
  margin: ({ margin }) => margin,
  head: ({ margin, pairs, normalise }) => ({
    hasScale: false,
    declarations: [],
    reusable: [],
    apply: (features, labels) => contrastiveHead(features, labels, { margin, pairs, normalise }),
  }),
});
