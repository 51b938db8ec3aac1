/** The keys of a configuration that say what is changed at random in images of the training. */

import { z } from 'zod';
import { augmentDefaults, type Range } from '../../../engine/ops/images/augment_options.ts';

const fraction = z.number().min(0).max(1);

const probability = (preset: number, what: string) =>
  fraction.default(preset).describe(`Share of the images that ${what}.`);

/** Least and largest value of a draw. */
const range = (each: z.ZodNumber, preset: Range, what: string) =>
  z
    .tuple([each, each])
    .refine(([least, most]) => least <= most, { error: 'expected the smaller number first' })
    .default([...preset])
    .describe(what);

const aspect = z
  .number()
  .min(1 / 16)
  .max(16);

const { crop, lowResolution, photometric, erase } = augmentDefaults;

const strength = (preset: number, what: string) =>
  fraction
    .default(preset)
    .describe(`${what} becomes 1 − x to 1 + x times what it was; this is the largest x.`);

export const augmentation = z.strictObject({
  mirror: z.boolean().default(true).describe('Mirror each image with probability 1/2.'),
  shift: z
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe('Largest shift of the image, or of a crop from its centre, in pixels.'),
  randomCrop: z
    .boolean()
    .default(true)
    .describe('With data.cropSize: crops from anywhere in the image; false: from its centre.'),
  crop: z
    .strictObject({
      probability: probability(crop.probability, 'are cut'),
      area: range(fraction, crop.area, "Least and largest part that stays, as a share of the image's area."),
      aspect: range(aspect, crop.aspect, 'Least and largest width over height of that part.'),
    })
    .optional()
    .describe(
      'Keep a random rectangle of an image in its place and make the rest black; the size stays (docs/reference.md#random-changes-of-images).',
    ),
  lowResolution: z
    .strictObject({
      probability: probability(lowResolution.probability, 'lose resolution'),
      minimum: fraction
        .default(lowResolution.minimum)
        .describe('Smallest side, as a share of the side; up to 1 all are equally likely.'),
    })
    .optional()
    .describe('Make an image smaller and enlarge it again.'),
  photometric: z
    .strictObject({
      probability: probability(photometric.probability, 'change their colours'),
      brightness: strength(photometric.brightness, 'Brightness'),
      contrast: strength(photometric.contrast, 'Contrast'),
      saturation: strength(photometric.saturation, 'Saturation'),
    })
    .optional()
    .describe('Change brightness, contrast and saturation of an image, in a random order.'),
  erase: z
    .strictObject({
      probability: probability(erase.probability, 'are covered in part'),
      area: range(
        fraction,
        erase.area,
        "Least and largest part that is covered, as a share of the image's area.",
      ),
      aspect: range(aspect, erase.aspect, 'Least and largest width over height of that part.'),
      fill: z
        .union([z.literal('random'), z.int().min(0).max(255)], {
          error: 'expected random, or a whole number from 0 to 255',
        })
        .default(erase.fill)
        .describe('What covers it: a random colour for each pixel, or this level of grey.'),
    })
    .optional()
    .describe('Cover a random rectangle of an image.'),
});
