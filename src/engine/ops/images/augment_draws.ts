/** What `augmentImages` draws for a picture: the twin of shaders/images/augment_draw.wesl, to the bit. */

import { hash32 } from '../../core/random.ts';
import type { AugmentSettings, RectangleSettings, WholeRange } from './augment_options.ts';

/** The stream that the first change of pictures in a step draws from. */
export const firstPictureStream = 2 ** 32 - 1;

/** In pixels. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** What the random bits of a picture follow from: `row` is its number in the whole batch. */
export interface DrawKey {
  readonly seed: number;
  readonly step: number;
  readonly row: number;
  /** Default {@link firstPictureStream}. */
  readonly stream?: number;
}

export const downNames = ['nearest', 'area'] as const;
export const upNames = ['nearest', 'bilinear', 'bicubic'] as const;
export const photometricNames = ['brightness', 'contrast', 'saturation'] as const;

/** What becomes of one picture; null: not that. */
export interface AugmentationDraw {
  /** What stays. */
  readonly crop: Rectangle | null;
  /** The small picture, and how it is made and enlarged. */
  readonly lowResolution: {
    readonly height: number;
    readonly width: number;
    readonly down: (typeof downNames)[number];
    readonly up: (typeof upNames)[number];
  } | null;
  /** Factors in 256ths, and in which order they are applied. */
  readonly photometric:
    | (Readonly<Record<(typeof photometricNames)[number], number>> & {
        readonly order: readonly (typeof photometricNames)[number][];
      })
    | null;
  /** What is covered. `key` decides the colours where they are random. */
  readonly erase: (Rectangle & { readonly key: number }) | null;
}

/** Which word of a picture's 64 decides what. */
const words = {
  crop: 0,
  lowResolution: 1,
  photometric: 2,
  erase: 3,
  side: 4,
  down: 5,
  up: 6,
  order: 7,
  brightness: 8,
  contrast: 9,
  saturation: 10,
  key: 11,
  cropPlace: 12,
  erasePlace: 14,
  cropShape: 16,
  eraseShape: 36,
} as const;

/** Shapes that are drawn until one fits into the picture. */
const attempts = 10;

/** @param size of the picture in pixels */
export function drawAugmentation(
  settings: AugmentSettings,
  { height, width }: { readonly height: number; readonly width: number },
  { seed, step, row, stream = firstPictureStream }: DrawKey,
): AugmentationDraw {
  const word = (k: number): number => hash32(seed, step, stream, 64 * row + k);
  const between = (k: number, { least, count }: WholeRange): number => least + (word(k) % count);
  const isDrawn = (k: number, { threshold }: { threshold: number }): boolean => word(k) >>> 8 < threshold;

  const rectangle = (shape: number, place: number, { area, aspect }: RectangleSettings): Rectangle => {
    let [rows, columns] = [0, 0];
    for (let attempt = 0; attempt < attempts; attempt++) {
      // √(height·width·share) in 32nds of a pixel.
      const side = Math.floor(Math.sqrt(height * width * between(shape + 2 * attempt, area)));
      const slant = between(shape + 2 * attempt + 1, aspect);
      columns = Math.max(1, slanted(side, slant));
      rows = Math.max(1, slanted(side, -slant));
      if (columns <= width && rows <= height) break;
    }
    columns = Math.min(columns, width);
    rows = Math.min(rows, height);
    return {
      top: word(place) % (height - rows + 1),
      left: word(place + 1) % (width - columns + 1),
      height: rows,
      width: columns,
    };
  };

  const { crop, lowResolution, photometric, erase } = settings;
  const share = lowResolution ? between(words.side, lowResolution.side) : 0;
  const small = (extent: number): number => Math.max(1, Math.floor((share * extent) / 1024));
  return {
    crop: crop && isDrawn(words.crop, crop) ? rectangle(words.cropShape, words.cropPlace, crop) : null,
    lowResolution:
      lowResolution && isDrawn(words.lowResolution, lowResolution)
        ? {
            height: small(height),
            width: small(width),
            down: downNames[word(words.down) % 2]!,
            up: upNames[word(words.up) % 3]!,
          }
        : null,
    photometric:
      photometric && isDrawn(words.photometric, photometric)
        ? {
            order: orderOf(word(words.order) % 6),
            brightness: between(words.brightness, photometric.brightness),
            contrast: between(words.contrast, photometric.contrast),
            saturation: between(words.saturation, photometric.saturation),
          }
        : null,
    erase:
      erase && isDrawn(words.erase, erase)
        ? { ...rectangle(words.eraseShape, words.erasePlace, erase), key: word(words.key) }
        : null,
  };
}

/** side/32 · 2^(slant/512), rounded, with 2^f − 1 ≈ 0.6565 f + 0.3435 f² for 0 ≤ f < 1, which is exact to 0.3 %. */
function slanted(side: number, slant: number): number {
  const octaves = Math.floor(slant / 512);
  const f = slant - 512 * octaves;
  const power = 4096 + Math.floor((f * (2689 * 512 + 1407 * f)) / 2 ** 18);
  return Math.floor((Math.floor(side * power * 2 ** octaves) + 2 ** 16) / 2 ** 17);
}

/** The permutations of three. */
function orderOf(number: number): (typeof photometricNames)[number][] {
  const first = Math.floor(number / 2);
  const second = (first + 1 + (number % 2)) % 3;
  return [first, second, 3 - first - second].map((k) => photometricNames[k]!);
}
