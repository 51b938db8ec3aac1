import source from '../../../shaders/images/image_batch.wesl';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { imageBatchReference } from './image_batch.reference.ts';

const kernel = { name: 'image_batch', source };

/** What becomes of pictures on their way into a net. */
export interface ImageBatchOptions {
  /** Height of the crop in pixels, at most that of the pictures. Default: all of it. */
  readonly height?: number;
  /** Width of the crop in pixels, at most that of the pictures. Default: all of it. */
  readonly width?: number;
  /** Whether a picture is mirrored left to right: `random` does so with probability 1/2. Default `never`. */
  readonly mirror?: 'random' | 'always' | 'never';
  /** Largest shift of the centred crop in pixels; each shift up to it is equally likely, in both directions. Default 0. */
  readonly shift?: number;
  /** Where the crop is before any shift: in the middle, or with `random` anywhere in the picture, all places equally likely. Default `centre`. */
  readonly crop?: 'centre' | 'random';
  /** 3: red, green, blue; 1: grey, 0.2989·red + 0.5870·green + 0.1140·blue. Default 3. */
  readonly channels?: 1 | 3;
  /** Subtracted from each byte. Default 127.5. */
  readonly mean?: number;
  /** Multiplies the difference. Default 1/128, which gives numbers between −1 and 1. */
  readonly scale?: number;
  /** How the result is stored. Default f32. */
  readonly stored?: 'f32' | 'f16';
}

const optionNames: OptionNames<ImageBatchOptions> = {
  height: true,
  width: true,
  mirror: true,
  shift: true,
  crop: true,
  channels: true,
  mean: true,
  scale: true,
  stored: true,
};

/**
 * Pictures as input of a net: (byte − mean)·scale of a crop, mirrored and moved at random where wanted. A crop
 * that a shift moves past the border repeats the border. Random bits follow from {@link Device.setRandom}: call it before
 * every step. Where the pictures are a part of a batch, of which `setRandom` has been told the first row, these are the bits that
 * they draw in the whole batch.
 *
 * @param images rgba8 [n, height, width, 4], as {@link Device.images} makes them; alpha is ignored
 * @returns [n, height of the crop, width of the crop, channels]
 */
export function imageBatch(images: Tensor, options: ImageBatchOptions = {}): Tensor {
  checkOperands('imageBatch', images);
  checkOptionNames('imageBatch', options, optionNames);
  check(
    images.dtype === 'rgba8' && images.shape.length === 4 && images.shape[3] === 4,
    'imageBatch',
    () => `images must be rgba8 [n, height, width, 4], not ${images.dtype} ${formatShape(images.shape)}`,
  );
  const [n, sourceHeight, sourceWidth] = images.shape as [number, number, number, number];
  const {
    height = sourceHeight,
    width = sourceWidth,
    mirror = 'never',
    shift = 0,
    crop = 'centre',
    channels = 3,
    mean = 127.5,
    scale = 1 / 128,
    stored = 'f32',
  } = options;
  const fits = (extent: number, limit: number): boolean =>
    Number.isInteger(extent) && extent > 0 && extent <= limit;
  check(
    fits(height, sourceHeight) && fits(width, sourceWidth),
    'imageBatch',
    () => `a crop of ${height} × ${width} does not fit in pictures of ${sourceHeight} × ${sourceWidth}`,
  );
  checkArgument(
    Number.isInteger(shift) && shift >= 0 && shift <= Math.max(sourceHeight, sourceWidth),
    'imageBatch',
    () =>
      `the shift must be a whole number of pixels from 0 to the larger side of the pictures (${sourceHeight} × ${sourceWidth}), not ${shift}`,
  );
  checkArgument(
    ['random', 'always', 'never'].includes(mirror),
    'imageBatch',
    () => `mirror must be random, always or never, not ${mirror}`,
  );
  checkArgument(
    crop === 'centre' || (crop === 'random' && shift === 0),
    'imageBatch',
    () =>
      `crop must be centre or random, and a random crop cannot be shifted, not ${crop} with the shift ${shift}`,
  );
  checkArgument(
    channels === 1 || channels === 3,
    'imageBatch',
    () => `channels must be 1 or 3, not ${channels}`,
  );
  checkArgument(
    Number.isFinite(mean) && Number.isFinite(scale),
    'imageBatch',
    () => `mean and scale must be finite numbers, not ${mean} and ${scale}`,
  );
  checkArgument(isReal(stored), 'imageBatch', () => `stored must be f32 or f16, not ${stored}`);
  const random = mirror === 'random' || crop === 'random' || shift > 0;
  const { device } = images;
  const y = device.empty([n, height, width, channels], stored);
  const { grid, constants } = elementGrid(device, n * height * width, 1);
  device.within('imageBatch', () =>
    device.dispatch({
      kernel,
      constants: {
        ...constants,
        SOURCE_HEIGHT: sourceHeight,
        SOURCE_WIDTH: sourceWidth,
        HEIGHT: height,
        WIDTH: width,
        STREAM: random ? runtimeOf(device).random.nextStream() : 0,
        SHIFT: shift,
        MEAN: mean,
        SCALE: scale,
      },
      conditions: {
        random,
        shift: shift > 0,
        crop_random: crop === 'random',
        grey: channels === 1,
        mirror_random: mirror === 'random',
        mirror_always: mirror === 'always',
      },
      bindings: random
        ? { pixels: images, random: runtimeOf(device).random.tensor, y }
        : { pixels: images, y },
      grid,
      cost: { flops: 2 * y.size, bytes: images.bytes + 4 * y.size },
    }),
  );
  return y;
}

/** What the table of operators says beyond the options: the random state. */
interface ImageBatchAttributes extends ImageBatchOptions {
  readonly seed?: number;
  readonly step?: number;
  readonly firstRow?: number;
}

const pictures = (n: number, height: number, width: number): readonly InputSpec[] => [
  { shape: [n, height, width, 4], kind: 'pixels' },
];

export const imageBatchOperator = defineOperator<ImageBatchAttributes>({
  name: 'imageBatch',
  family: 'images',
  apply: ([images], { seed = 0, step = 0, firstRow, ...options }) => {
    images!.device.setRandom(seed, step, firstRow);
    return imageBatch(images!, options);
  },
  reference: ([images], { seed = 0, step = 0, firstRow = 0, ...options }) =>
    imageBatchReference(images!, options, { seed, step, firstRow }),
  cost: ([shape]) => ({ flops: 1.5 * elementCount(shape!), bytes: 4 * elementCount(shape!) }),
  cases: [
    { inputs: pictures(2, 7, 5), attributes: {} },
    { inputs: pictures(1, 1, 1), attributes: { mirror: 'random', shift: 1, seed: 3 } },
    { inputs: pictures(3, 8, 9), attributes: { height: 5, width: 6, mirror: 'always' } },
    {
      inputs: pictures(33, 9, 8),
      attributes: { height: 7, width: 7, mirror: 'random', shift: 2, seed: 0x89abcdef, step: 77 },
    },
    { inputs: pictures(5, 6, 11), attributes: { shift: 9, mean: 0, scale: 1 / 255, seed: 5, step: 1 } },
    {
      inputs: pictures(33, 9, 8),
      attributes: { height: 5, width: 7, crop: 'random', mirror: 'random', channels: 1, seed: 9, step: 2 },
    },
    { inputs: pictures(5, 6, 6), attributes: { height: 3, width: 6, crop: 'random', mirror: 'always' } },
    { inputs: pictures(3, 5, 7), attributes: { channels: 1, mean: 0, scale: 1 / 255 } },
    { inputs: pictures(9, 4, 3), attributes: { mirror: 'random', seed: 1, step: 1 } },
    {
      inputs: pictures(33, 9, 8),
      attributes: { height: 7, width: 7, mirror: 'random', shift: 2, seed: 6, step: 5, firstRow: 31 },
    },
  ],
  misuses: [
    {
      inputs: [{ shape: [1, 4, 4, 3] }],
      attributes: {},
      message: /imageBatch: images must be rgba8 .*not f32 \[1, 4, 4, 3\]/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { height: 5 },
      message: /imageBatch: a crop of 5 × 4 does not fit in pictures of 4 × 4/,
    },
    { inputs: pictures(1, 4, 4), attributes: { shift: 0.5 }, message: /imageBatch: the shift .*not 0\.5/ },
    {
      inputs: pictures(1, 4, 4),
      attributes: { height: 3, crop: 'random', shift: 1 },
      message: /imageBatch: .*a random crop cannot be shifted, not random with the shift 1/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { channels: 2 as 1 },
      message: /imageBatch: channels must be 1 or 3, not 2/,
    },
    {
      inputs: pictures(1, 4, 4),
      attributes: { scale: Number.POSITIVE_INFINITY },
      message: /imageBatch: mean and scale .*Infinity/,
    },
  ],
});
