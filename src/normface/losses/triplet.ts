import { z } from 'zod';
import { tripletHead } from '../../engine/ops/pairs/triplet_loss.ts';
import { defineLoss } from './loss.ts';
import { wrongPairBatches } from './pair-batches.ts';
import { factor, squaredDistance } from './settings.ts';

/** Triplet loss of images (arXiv 1704.06369, equation 8). It has no class weights; batches need several images of a person. */
export const triplet = defineLoss({
  name: 'triplet',
  schema: z.strictObject({
    name: z.literal('triplet'),
    weight: factor.default(1),
    margin: squaredDistance.default(0.2),
    /** Which triplets of the batch are used. */
    mining: z.enum(['all', 'semi-hard', 'hardest']).default('semi-hard'),
    normalise: z.boolean().default(true),
  }),
  batchContradiction: ({ name }, batches) => wrongPairBatches(name, batches),
  head: (config) => ({
    hasScale: false,
    declarations: [],
    reusable: [],
    apply: (features, labels) => tripletHead(features, labels, config),
  }),
});
