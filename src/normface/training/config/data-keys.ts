/** The keys of a configuration on the images: what is trained on, in which batches, and what judges. */

import { z } from 'zod';
import { casiaOverlap } from '../../data/protocols/casia-overlap.ts';

const count = z.int().min(1);

const heightAndWidth = z.tuple([z.int().min(8).max(1024), z.int().min(8).max(1024)]);

const overlapLists = Object.keys(casiaOverlap) as (keyof typeof casiaOverlap)[];

export const data = z.strictObject({
  path: z
    .string()
    .min(1)
    .default('generated')
    .describe(
      'The images: a folder `identity/image.jpg`, an archive of one (`.tar`, `.tar.gz`, `.zip`), a RecordIO file (`.rec`), a list (`.txt`, `.lst`, `.csv`), MNIST such as ' +
        '`mnist:data/mnist,first=0,count=8000`, or generated faces such as `generated:identities=200,samples=20,seed=1`.',
    ),
  pairs: z
    .string()
    .min(1)
    .optional()
    .describe("A list of pairs in the format of LFW's `pairs.txt`, for excludeFolds and for the evaluation."),
  excludeFolds: z
    .array(count)
    .default([])
    .describe('Folds of data.pairs whose people are left out of the training.'),
  removeIdentities: z
    .union([z.enum(overlapLists), z.array(z.string().min(1))], {
      error: `expected one of ${overlapLists.join(', ')}, or a list of names`,
    })
    .optional()
    .describe(
      'People who are left out: a list of those that CASIA-WebFace shares with LFW (docs/reference.md#casia-webface-without-lfw), ' +
        'or their names.',
    ),
  blufr: z
    .strictObject({
      splits: z
        .string()
        .min(1)
        .describe('`blufr_lfw_config.mat`, or its lists as text: a folder, `.tar` or `.tar.gz`.'),
      trial: count.describe('Which of the trials.'),
    })
    .optional()
    .describe(
      'Only the training images of one trial of BLUFR; its test images may judge the run (docs/reference.md#blufr).',
    ),
  minimumImages: count.default(2).describe('People with fewer images are left out.'),
  imageSize: heightAndWidth
    .optional()
    .describe('Height and width of the images; by default those the net was designed for.'),
  cropSize: heightAndWidth
    .optional()
    .describe(
      'Height and width of the part of each image that the net gets: in training anywhere, otherwise its centre ' +
        '(docs/reference.md#aligned-crops). Default: all.',
    ),
  resize: z.boolean().default(true).describe('Scale images of another size; false stops at the first one.'),
  strict: z
    .boolean()
    .default(false)
    .describe('Stop at the first image that cannot be read instead of leaving it out.'),
});

export const sampling = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('shuffled').describe('All images in a random order, a new one for each pass.'),
  }),
  z.strictObject({
    kind: z
      .literal('balanced')
      .describe('Batches of so many people with so many images each, for losses of pairs and triplets.'),
    people: count.min(2).describe('People in a batch.'),
    images: count.describe('Images of each; people × images is batchSize.'),
  }),
]);

export const evaluation = z.strictObject({
  everySteps: z.int().min(0).default(0).describe('Steps between evaluations while training; 0: none.'),
  data: z
    .string()
    .min(1)
    .optional()
    .describe('Images to evaluate on; by default those of data.path, with the pairs of data.pairs.'),
  pairs: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A list of pairs; without one they are drawn from evaluation.data: ten folds of so many pairs of each kind.',
    ),
  pairsPerFold: count.default(100).describe('Pairs of each kind in a drawn fold.'),
  folds: z.array(count).min(2).optional().describe('Look at the pairs of these folds only; by default all.'),
  thresholdFold: count
    .optional()
    .describe(
      'Judge one fold (testFold) at the threshold that is best on this; while training only this fold is looked at.',
    ),
  testFold: count.optional().describe('The fold that is judged, where thresholdFold is given.'),
});
