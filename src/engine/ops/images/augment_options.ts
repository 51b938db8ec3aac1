/** What `augmentImages` may do, and the whole numbers that its kernels are made with. */

import { showValue } from '../../../common/show-value.ts';
import { checkArgument } from '../../core/errors.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';

/** Least and largest value of a draw, both possible. */
export type Range = readonly [least: number, most: number];

interface Probability {
  /** Share of the pictures that are changed so, 0 to 1, in steps of 2⁻²⁴. */
  readonly probability: number;
}

/** A rectangle at a random place in the picture. */
interface RectangleOptions extends Probability {
  /** Its area as a share of the picture's, drawn uniformly, 0 to 1, in steps of 1/1024. */
  readonly area?: Range;
  /** Its width over its height, drawn uniformly in the logarithm, 1/16 to 16, in steps of a 256th of an octave. */
  readonly aspect?: Range;
}

/** A random part of the picture stays, what is around it becomes black. Defaults: area 0.2 to 1, aspect 3/4 to 4/3. */
export type CropAugmentation = RectangleOptions;

/** The picture becomes smaller, by area averages or by the nearest pixels, and by nearest pixels, bilinear or bicubic as large as before. */
export interface LowResolutionAugmentation extends Probability {
  /** Smallest side, as a share of the side: the share is drawn uniformly from here to 1, in steps of 1/1024. Default 0.2. */
  readonly minimum?: number;
}

/** Brightness, contrast and saturation by factors drawn uniformly from 1 − x to 1 + x, in steps of 1/256, in a random order. */
export interface PhotometricAugmentation extends Probability {
  /** The x of each, 0 (never changed) to 1. Default 0.5. */
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
}

/** A random rectangle is covered. Defaults: area 0.02 to 0.4, aspect 3/10 to 10/3. */
export interface EraseAugmentation extends RectangleOptions {
  /** With what: a random colour for each pixel, or this level of grey, a byte. Default `random`. */
  readonly fill?: 'random' | number;
}

/** What becomes of pictures at random; what is left out is never done. */
export interface AugmentOptions {
  readonly crop?: CropAugmentation;
  readonly lowResolution?: LowResolutionAugmentation;
  readonly photometric?: PhotometricAugmentation;
  readonly erase?: EraseAugmentation;
}

/** What is taken where options are left out: of AdaFace's program (crop, low resolution, photometric) and arXiv 1708.04896 (erase). */
export const augmentDefaults = {
  crop: { probability: 0.2, area: [0.2, 1], aspect: [3 / 4, 4 / 3] },
  lowResolution: { probability: 0.2, minimum: 0.2 },
  photometric: { probability: 0.2, brightness: 0.5, contrast: 0.5, saturation: 0.5 },
  erase: { probability: 0.5, area: [0.02, 0.4], aspect: [3 / 10, 10 / 3], fill: 'random' },
} as const satisfies AugmentOptions;

/** A draw in whole numbers: `least` plus one of `count` numbers from 0, all equally likely. */
export interface WholeRange {
  readonly least: number;
  readonly count: number;
}

interface Chance {
  /** Of 2²⁴ equally likely numbers so many mean yes. */
  readonly threshold: number;
}

export interface RectangleSettings extends Chance {
  /** 1024ths of the picture's area. */
  readonly area: WholeRange;
  /** 256ths of an octave. */
  readonly aspect: WholeRange;
}

/** The options in the units of the draws; null: never. */
export interface AugmentSettings {
  readonly crop: RectangleSettings | null;
  /** `side`: 1024ths of the sides. */
  readonly lowResolution: (Chance & { readonly side: WholeRange }) | null;
  /** Factors in 256ths. */
  readonly photometric:
    | (Chance & {
        readonly brightness: WholeRange;
        readonly contrast: WholeRange;
        readonly saturation: WholeRange;
      })
    | null;
  readonly erase: (RectangleSettings & { readonly fill: 'random' | number }) | null;
}

const names: OptionNames<AugmentOptions> = {
  crop: true,
  lowResolution: true,
  photometric: true,
  erase: true,
};
const cropNames: OptionNames<CropAugmentation> = { probability: true, area: true, aspect: true };
const lowResolutionNames: OptionNames<LowResolutionAugmentation> = { probability: true, minimum: true };
const photometricNames: OptionNames<PhotometricAugmentation> = {
  probability: true,
  brightness: true,
  contrast: true,
  saturation: true,
};
const eraseNames: OptionNames<EraseAugmentation> = { ...cropNames, fill: true };

/** @throws ArgumentError in one sentence for an option that is unknown or outside of its range */
export function augmentSettings(options: AugmentOptions): AugmentSettings {
  checkOptionNames('augmentImages', options, names);
  const { crop, lowResolution, photometric, erase } = options;
  if (crop) checkOptionNames('augmentImages', crop, cropNames);
  if (lowResolution) checkOptionNames('augmentImages', lowResolution, lowResolutionNames);
  if (photometric) checkOptionNames('augmentImages', photometric, photometricNames);
  if (erase) checkOptionNames('augmentImages', erase, eraseNames);
  return {
    crop: crop ? rectangle('crop', withDefaults(augmentDefaults.crop, crop)) : null,
    lowResolution: lowResolution ? lowResolutionSettings(lowResolution) : null,
    photometric: photometric ? photometricSettings(photometric) : null,
    erase: erase ? eraseSettings(erase) : null,
  };
}

/** What is undefined is not given. */
function withDefaults<O extends object>(defaults: Required<O>, options: O): Required<O> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

function lowResolutionSettings({
  probability,
  minimum = augmentDefaults.lowResolution.minimum,
}: LowResolutionAugmentation) {
  checkNumber('lowResolution.minimum', minimum, [0, 1]);
  return { ...chance('lowResolution', probability), side: wholeRange([minimum, 1], 1024) };
}

function photometricSettings(options: PhotometricAugmentation) {
  const { probability, ...strengths } = withDefaults(augmentDefaults.photometric, options);
  const factor = (name: keyof typeof strengths): WholeRange => {
    checkNumber(`photometric.${name}`, strengths[name], [0, 1]);
    return wholeRange([1 - strengths[name], 1 + strengths[name]], 256);
  };
  return {
    ...chance('photometric', probability),
    brightness: factor('brightness'),
    contrast: factor('contrast'),
    saturation: factor('saturation'),
  };
}

function eraseSettings({ fill = augmentDefaults.erase.fill, ...options }: EraseAugmentation) {
  checkArgument(
    fill === 'random' || (Number.isInteger(fill) && fill >= 0 && fill <= 255),
    'augmentImages',
    () => `erase.fill is random, or a whole number from 0 to 255, not ${showValue(fill)}`,
  );
  return { ...rectangle('erase', withDefaults(augmentDefaults.erase, options)), fill };
}

function rectangle(
  name: 'crop' | 'erase',
  { probability, area, aspect }: Required<RectangleOptions>,
): RectangleSettings {
  checkRange(`${name}.area`, area, [0, 1]);
  checkRange(`${name}.aspect`, aspect, [1 / 16, 16]);
  return {
    ...chance(name, probability),
    area: wholeRange(area, 1024),
    aspect: wholeRange([Math.log2(aspect[0]), Math.log2(aspect[1])], 256),
  };
}

function chance(name: string, probability: number): Chance {
  checkNumber(`${name}.probability`, probability, [0, 1]);
  return { threshold: Math.round(probability * 2 ** 24) };
}

function wholeRange([least, most]: Range, unit: number): WholeRange {
  const first = Math.round(least * unit);
  return { least: first, count: Math.round(most * unit) - first + 1 };
}

function checkNumber(name: string, value: unknown, [least, most]: Range): void {
  checkArgument(
    typeof value === 'number' && value >= least && value <= most,
    'augmentImages',
    () => `${name} is a number from ${least} to ${most}, not ${showValue(value)}`,
  );
}

function checkRange(name: string, range: unknown, [least, most]: Range): void {
  checkArgument(
    Array.isArray(range) &&
      range.length === 2 &&
      least <= range[0] &&
      range[0] <= range[1] &&
      range[1] <= most,
    'augmentImages',
    () => `${name} is [least, most] from ${least} to ${most}, not ${showValue(range)}`,
  );
}
