import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { hash32 } from '../../core/random.ts';
import { type AugmentationDraw, type DrawKey, drawAugmentation, type Rectangle } from './augment_draws.ts';
import { type AugmentOptions, augmentSettings } from './augment_options.ts';

/** Red, green and blue of a picture. */
type Colour = readonly [number, number, number];
type Picture = readonly (readonly Colour[])[];

const black: Colour = [0, 0, 0];
const rounded = (value: number): number => Math.floor(value + 0.5);
const byte = (value: number): number => Math.min(Math.max(rounded(value), 0), 255);
/** `merge` of each channel by itself. */
const each = (merge: (channel: 0 | 1 | 2) => number): Colour => [merge(0), merge(1), merge(2)];
const made = (height: number, width: number, at: (row: number, column: number) => Colour): Picture =>
  Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_, column) => at(row, column)));
const within = ({ top, left, height, width }: Rectangle, row: number, column: number): boolean =>
  row >= top && row < top + height && column >= left && column < left + width;

/** `augmentImages` as the first operator that changes pictures in a step, of a part of a batch that begins with picture `firstRow`. */
export function augmentImagesReference(
  images: ReferenceArray,
  options: AugmentOptions,
  { seed, step, firstRow }: { readonly seed: number; readonly step: number; readonly firstRow: number },
): ReferenceArray {
  const [n, height, width] = images.shape as [number, number, number];
  const settings = augmentSettings(options);
  const y = referenceArray(images.shape);
  for (let image = 0; image < n; image++) {
    const key: DrawKey = { seed, step, row: firstRow + image };
    const draw = drawAugmentation(settings, { height, width }, key);
    const start = 4 * image * height * width;
    const source = made(height, width, (row, column) =>
      each((k) => images.data[start + 4 * (row * width + column) + k]!),
    );
    const changed = augmentedPicture(source, draw, settings.erase?.fill ?? 0);
    changed.flat().forEach((colour, pixel) => {
      y.data.set([...colour, 255], start + 4 * pixel);
    });
  }
  return y;
}

function augmentedPicture(
  source: Picture,
  { crop, lowResolution, photometric, erase }: AugmentationDraw,
  fill: 'random' | number,
): Picture {
  const [height, width] = [source.length, source[0]!.length];
  let picture = source;
  if (crop)
    picture = made(height, width, (row, column) =>
      within(crop, row, column) ? source[row]![column]! : black,
    );
  if (lowResolution) picture = enlarged(shrunk(picture, lowResolution), { height, width }, lowResolution.up);
  for (const name of photometric?.order ?? []) picture = withFactor(picture, name, photometric![name] / 256);
  if (!erase) return picture;
  return made(height, width, (row, column) => {
    if (!within(erase, row, column)) return picture[row]![column]!;
    if (fill !== 'random') return [fill, fill, fill];
    const hash = hash32(erase.key, row * width + column);
    return each((k) => (hash >>> (8 * k)) & 255);
  });
}

/** A pixel as the weighted mean of others: numbers of rows and columns, clamped to the picture, with their weights. */
type Taps = readonly (readonly [number, number])[];

function weighted(picture: Picture, rows: Taps, columns: Taps): Colour {
  const clamp = (value: number, extent: number): number => Math.min(Math.max(value, 0), extent - 1);
  return each((k) => {
    let sum = 0;
    for (const [row, rowWeight] of rows) {
      const line = picture[clamp(row, picture.length)]!;
      for (const [column, weight] of columns)
        sum += rowWeight * weight * line[clamp(column, line.length)]![k];
    }
    // Means of bytes with rational weights: a half is meant to be one.
    return byte(sum + 1e-9);
  });
}

function shrunk(
  picture: Picture,
  { height, width, down }: NonNullable<AugmentationDraw['lowResolution']>,
): Picture {
  const taps = (at: number, size: number, extent: number): Taps => {
    if (down === 'nearest') return [[Math.floor(((at + 0.5) * extent) / size), 1]];
    const [first, end] = [(at * extent) / size, ((at + 1) * extent) / size];
    return Array.from({ length: extent }, (_, p) => [
      p,
      Math.max(0, Math.min(end, p + 1) - Math.max(first, p)) / (end - first),
    ]);
  };
  return made(height, width, (row, column) =>
    weighted(picture, taps(row, height, picture.length), taps(column, width, picture[0]!.length)),
  );
}

/** Keys' cubic with a = −1/2. */
function cubic(distance: number): number {
  const d = Math.abs(distance);
  if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
  return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
}

function enlarged(
  picture: Picture,
  { height, width }: { height: number; width: number },
  up: NonNullable<AugmentationDraw['lowResolution']>['up'],
): Picture {
  const taps = (at: number, extent: number, size: number): Taps => {
    // The exact quotient of whole numbers where it is one.
    if (up === 'nearest') return [[Math.floor(((2 * at + 1) * size) / (2 * extent)), 1]];
    const numerator = (2 * at + 1) * size - extent;
    const first = Math.floor(numerator / (2 * extent));
    const past = (numerator - 2 * extent * first) / (2 * extent);
    if (up === 'bilinear')
      return [
        [first, 1 - past],
        [first + 1, past],
      ];
    const t = Math.floor(32 * past) / 32;
    return [-1, 0, 1, 2].map((k) => [first + k, cubic(k - t)]);
  };
  if (up !== 'bicubic')
    return made(height, width, (row, column) =>
      weighted(picture, taps(row, height, picture.length), taps(column, width, picture[0]!.length)),
    );
  return made(height, width, (row, column) => {
    const columns = taps(column, width, picture[0]!.length);
    // Lines are rounded to 32nds of a level.
    return each((k) => {
      let sum = 0;
      for (const [r, weight] of taps(row, height, picture.length)) {
        const line = picture[Math.min(Math.max(r, 0), picture.length - 1)]!;
        const value = columns.reduce(
          (total, [c, share]) => total + share * line[Math.min(Math.max(c, 0), line.length - 1)]![k],
          0,
        );
        sum += (weight * rounded(32 * value)) / 32;
      }
      return byte(sum);
    });
  });
}

const greyOf = ([red, green, blue]: Colour): number =>
  rounded((19595 * red + 38470 * green + 7471 * blue) / 65536);

function withFactor(
  picture: Picture,
  name: 'brightness' | 'contrast' | 'saturation',
  factor: number,
): Picture {
  const pixels = picture.flat();
  const mean = rounded(pixels.reduce((sum, colour) => sum + greyOf(colour), 0) / pixels.length);
  return picture.map((line) =>
    line.map((colour) => {
      const grey = { brightness: 0, contrast: mean, saturation: greyOf(colour) }[name];
      return each((k) => byte(factor * colour[k] + (1 - factor) * grey));
    }),
  );
}
