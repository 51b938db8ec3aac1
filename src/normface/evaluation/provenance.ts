/** What belongs to every number that is printed, so that it can be compared with another one and found again. */

import { grouped } from '../../common/format.ts';
import { oneLine } from '../../common/printable.ts';

/** Bytes of an image as numbers for a net: (byte − mean)·scale. */
export interface PixelRange {
  readonly mean: number;
  readonly scale: number;
  /** 3: red, green, blue; 1: grey. */
  readonly channels: number;
}

/** Where the images of an evaluation lie in their frame, as far as that is known. */
export interface ImageProvenance {
  /** Width and height in pixels of the images as they are stored, where a sample of them has one size; null where they differ or are drawn. */
  readonly stored: readonly [width: number, height: number] | null;
  /** Size that they are scaled to cover, and the centre that the net sees of it. */
  readonly scaled: readonly [width: number, height: number];
  readonly crop: readonly [width: number, height: number];
  /** What is known of the alignment, such as "aligned to the template 112x96"; nothing looks for faces. */
  readonly alignment: string;
}

/** Where a number is from. */
export interface Provenance {
  /** The rule behind it, or behind the first of several. */
  readonly protocol: string;
  readonly pairs: {
    readonly name: string;
    readonly count: number;
    /** Of the list, whatever format it was read from: the first 12 hexadecimal digits. */
    readonly sha256: string;
  };
  readonly pixels: PixelRange;
  readonly images: ImageProvenance;
  readonly checkpoint: {
    readonly name: string;
    /** Of the weights file: the first 12 hexadecimal digits. */
    readonly sha256: string;
  };
}

/** "(byte − 127.5)/128, RGB". */
export function pixelText({ mean, scale, channels }: PixelRange): string {
  const centred = mean === 0 ? 'byte' : `(byte − ${plain(mean)})`;
  const order = channels === 1 ? 'grey' : 'RGB';
  if (scale === 1) return `${centred}, ${order}`;
  const divisor = 1 / scale;
  // Written as a division where the divisor is the rounder number.
  const factor = plain(divisor).length <= plain(scale).length ? `/${plain(divisor)}` : `·${plain(scale)}`;
  return `${centred}${factor}, ${order}`;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(9)));
}

/** "96 × 112, alignment not recorded", with how other sizes were brought to the net's. */
export function imageText({ stored, scaled, crop, alignment }: ImageProvenance): string {
  const size = ([width, height]: readonly [number, number]) => `${width} × ${height}`;
  const isOther = stored !== null && size(stored) !== size(scaled);
  const sizes = [
    isOther ? `${size(stored)} scaled to cover ${size(scaled)}` : size(scaled),
    ...(size(crop) === size(scaled) ? [] : [`centre ${size(crop)}`]),
  ];
  return `${sizes.join(', ')}, ${oneLine(alignment)}`;
}

/** All of it on one line. */
export function provenanceText({ protocol, pairs, pixels, images, checkpoint }: Provenance): string {
  return [
    oneLine(protocol),
    `${grouped(pairs.count)} pairs of ${oneLine(pairs.name)} (sha256 ${pairs.sha256})`,
    `pixels ${pixelText(pixels)}`,
    `images ${imageText(images)}`,
    `checkpoint ${oneLine(checkpoint.name)} (sha256 ${checkpoint.sha256})`,
  ].join('; ');
}
