import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import { augmentImagesReference } from './augment_images.reference.ts';
import { augmentImages, flopsPerPixel } from './augment_images.ts';
import type { AugmentOptions } from './augment_options.ts';

/** What the table of operators says beyond the options: the random state. */
interface AugmentAttributes extends AugmentOptions {
  readonly seed: number;
  readonly step: number;
  readonly firstRow?: number;
}

const pictures = (n: number, height: number, width: number): readonly InputSpec[] => [
  { shape: [n, height, width, 4], kind: 'pixels' },
];

/** Whole numbers: not one byte may be another. */
const exact = { forward: 0, scaledForward: 0 };

const always = { probability: 1 };
const often = { probability: 0.6 };

const cases: readonly { inputs: readonly InputSpec[]; attributes: AugmentAttributes }[] = [
  { inputs: pictures(9, 7, 10), attributes: { crop: always, seed: 1, step: 0 } },
  { inputs: pictures(1, 1, 1), attributes: { lowResolution: always, erase: always, seed: 2, step: 0 } },
  { inputs: pictures(17, 9, 11), attributes: { lowResolution: { ...always, minimum: 0 }, seed: 3, step: 9 } },
  { inputs: pictures(9, 7, 10), attributes: { photometric: always, seed: 4, step: 1 } },
  {
    inputs: pictures(9, 7, 10),
    attributes: { photometric: { ...often, contrast: 0, brightness: 1 }, seed: 5, step: 1 },
  },
  { inputs: pictures(9, 7, 10), attributes: { erase: often, seed: 6, step: 2 } },
  {
    inputs: pictures(9, 12, 3),
    attributes: { erase: { ...always, area: [0.9, 1], aspect: [1 / 16, 16], fill: 200 }, seed: 7, step: 3 },
  },
  {
    inputs: pictures(33, 13, 9),
    attributes: {
      crop: often,
      lowResolution: often,
      photometric: often,
      erase: often,
      seed: 0x89abcdef,
      step: 77,
      firstRow: 67_108_860,
    },
  },
];

export const augmentImagesOperator = defineOperator<AugmentAttributes>({
  name: 'augmentImages',
  family: 'images',
  apply: ([images], { seed, step, firstRow, ...options }) => {
    images!.device.setRandom(seed, step, firstRow);
    return augmentImages(images!, options);
  },
  reference: ([images], { seed, step, firstRow = 0, ...options }) =>
    augmentImagesReference(images!, options, { seed, step, firstRow }),
  cost: ([shape]) => {
    const pixels = elementCount(shape!) / 4;
    return { flops: flopsPerPixel * pixels, bytes: 8 * pixels };
  },
  cases: cases.map((sample) => ({ ...sample, tolerance: exact })),
  misuses: [
    {
      inputs: [{ shape: [1, 4, 4, 3] }],
      attributes: { crop: always, seed: 0, step: 0 },
      message: /augmentImages: images must be rgba8 .*not f32 \[1, 4, 4, 3\]/,
    },
    {
      inputs: pictures(1, 1, 1025),
      attributes: { crop: always, seed: 0, step: 0 },
      message: /augmentImages: images may have 1024 pixels a side, not 1 × 1025/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { crop: { probability: 1.5 }, seed: 0, step: 0 },
      message: /augmentImages: crop\.probability is a number from 0 to 1, not 1\.5/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { lowResolution: { probability: Number.NaN }, seed: 0, step: 0 },
      message: /augmentImages: lowResolution\.probability is a number from 0 to 1, not NaN/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { photometric: { probability: 1, contrast: 2 }, seed: 0, step: 0 },
      message: /augmentImages: photometric\.contrast is a number from 0 to 1, not 2/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { erase: { probability: 1, area: [0.4, 0.02] }, seed: 0, step: 0 },
      message: /augmentImages: erase\.area is \[least, most\] from 0 to 1, not \[0\.4,0\.02\]/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { erase: { probability: 1, fill: 256 }, seed: 0, step: 0 },
      message: /augmentImages: erase\.fill is random, or a whole number from 0 to 255, not 256/,
    },
  ],
});
