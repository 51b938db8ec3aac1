/** A contact sheet of what a training makes of images at random: each beside versions of it, with what was drawn. */

import type { Device } from '../engine/core/tensor.ts';
import { type AugmentationDraw, drawAugmentation } from '../engine/ops/images/augment_draws.ts';
import { augmentImages } from '../engine/ops/images/augment_images.ts';
import { augmentSettings } from '../engine/ops/images/augment_options.ts';
import { imageBatch } from '../engine/ops/images/image_batch.ts';
import { drawPlace } from '../engine/ops/images/image_batch_draws.ts';
import { type Dataset, imageName, samplesByIdentity } from '../normface/data/dataset.ts';
import {
  type ContactSheetOptions,
  type Tile,
  writeContactSheet,
} from '../normface/data/images/contact-sheet.node.ts';
import { decodeSource } from '../normface/data/images/decode.node.ts';
import type { Image } from '../normface/data/images/image.ts';
import { peopleShown } from '../normface/data/preview.node.ts';
import { imageTitles } from '../normface/data/protocols/image-numbers.ts';
import { netOf } from '../normface/nets/index.ts';
import { batchChanges } from '../normface/training/batch-changes.ts';
import { inputSize, type TrainingConfig } from '../normface/training/config/config.ts';

export interface AugmentSheetOptions extends ContactSheetOptions {
  /** Number of images shown, each of another person and in a row of its own. */
  readonly rows: number;
  /** Decides whose images are shown; the seed of the configuration decides what is drawn. */
  readonly seed: number;
  /** Called for every image that cannot be read; it is left out. */
  readonly onCorrupt: (name: string, reason: string) => void;
}

/** What became of an image in one step of a training; factors as they are, not in 256ths. */
export interface Version extends AugmentationDraw {
  /** By how many pixels, where the part that the net gets is not the centre. */
  readonly moved: { readonly down: number; readonly right: number } | null;
  readonly mirrored: boolean;
}

/** An image that is shown, and what was drawn for each version of it, from step 0 on. */
export interface AugmentedImage {
  readonly key: string;
  readonly versions: readonly Version[];
}

/**
 * Writes the sheet: in each row an image and `columns` − 1 versions of it, those that image 0, 1, … of the batch is in the training's
 * first steps, by the kernels that train.
 * @returns the images, and the size of the sheet. @throws UserError when nothing can be shown or written.
 */
export async function writeAugmentSheet(
  device: Device,
  dataset: Dataset,
  path: string,
  config: TrainingConfig,
  options: AugmentSheetOptions,
): Promise<{ images: AugmentedImage[]; width: number; height: number }> {
  const { rows, columns, seed, onCorrupt } = options;
  const [height, width] = config.data.imageSize;
  const titles = imageTitles(dataset);
  const originals: { key: string; title: string; image: Image }[] = [];
  for (const { group } of peopleShown(samplesByIdentity(dataset), rows, 1, seed)) {
    const index = group[0]!;
    const sample = dataset.samples[index]!;
    try {
      const image = await decodeSource(sample.source, { width, height });
      originals.push({ key: sample.key, title: titles[index]!, image });
    } catch (error) {
      onCorrupt(imageName(sample), (error as Error).message);
    }
  }
  const steps = Array.from({ length: columns - 1 }, (_, step) => step);
  const images = originals.map(({ image }) => image);
  const pictures = images.length > 0 ? await augmented(device, images, config, steps) : [];
  const shown = originals.map(({ key }, row) => ({
    key,
    versions: steps.map((step) => versionOf(config, { step, row })),
  }));
  const tiles = originals.flatMap(({ title, image }, row): Tile[] => [
    { images: [image], caption: title },
    ...steps.map((step) => ({
      images: [pictures[step]![row]!],
      caption: [`step ${step}`, ...versionText(shown[row]!.versions[step]!)].join('\n'),
    })),
  ]);
  return { images: shown, ...(await writeContactSheet(path, tiles, options)) };
}

/** What the net would see of the images in each of some steps, before bytes become its numbers. */
async function augmented(
  device: Device,
  images: readonly Image[],
  config: TrainingConfig,
  steps: readonly number[],
): Promise<Image[][]> {
  const [height, width] = config.data.imageSize;
  const [rows, columns] = inputSize(config.data);
  const channels = netOf(config.net).input[2] === 1 ? 1 : 3;
  const rgba = Uint8Array.from({ length: 4 * images.length * height * width }, (_, i) => {
    const { pixels } = images[Math.floor(i / (4 * height * width))]!;
    const pixel = Math.floor(i / 4) % (height * width);
    return i % 4 === 3 ? 255 : pixels[3 * pixel + (i % 4)]!;
  });
  const source = device.images(rgba, [images.length, height, width]);
  const { changes, place } = batchChanges(config);
  const results: Image[][] = [];
  for (const step of steps) {
    device.setRandom(config.seed, step);
    const levels = await imageBatch(augmentImages(source, changes), {
      height: rows,
      width: columns,
      channels,
      mean: 0,
      scale: 1,
      ...place,
    }).readFloats();
    const bytes = Uint8Array.from({ length: 3 * images.length * rows * columns }, (_, i) =>
      Math.round(levels[channels === 1 ? Math.floor(i / 3) : i]!),
    );
    const size = 3 * rows * columns;
    results.push(
      images.map((_, row) => ({
        width: columns,
        height: rows,
        pixels: bytes.slice(row * size, (row + 1) * size),
      })),
    );
  }
  source.dispose();
  return results;
}

function versionOf(config: TrainingConfig, { step, row }: { step: number; row: number }): Version {
  const [height, width] = config.data.imageSize;
  const [rows, columns] = inputSize(config.data);
  const { changes, place } = batchChanges(config);
  const key = { seed: config.seed, step, row };
  const draw = drawAugmentation(augmentSettings(changes), { height, width }, key);
  const { mirrored, top, left } = drawPlace(place, { rows: height - rows, columns: width - columns }, key);
  const down = Math.floor((height - rows) / 2) - top;
  const right = Math.floor((width - columns) / 2) - left;
  const { photometric } = draw;
  return {
    ...draw,
    photometric: photometric && {
      order: photometric.order,
      brightness: photometric.brightness / 256,
      contrast: photometric.contrast / 256,
      saturation: photometric.saturation / 256,
    },
    mirrored,
    // A mirror turns the direction around.
    moved: down === 0 && right === 0 ? null : { down, right: mirrored ? -right : right },
  };
}

/** What was drawn, a paragraph each. */
function versionText({ crop, lowResolution, photometric, erase, moved, mirrored }: Version): string[] {
  const signed = (value: number): string => `${value < 0 ? '−' : value > 0 ? '+' : ''}${Math.abs(value)}`;
  const text = [
    crop && `cut to ${crop.width} × ${crop.height}`,
    lowResolution &&
      `${lowResolution.width} × ${lowResolution.height} pixels (${lowResolution.down}, ${lowResolution.up})`,
    ...(photometric?.order ?? []).map((name) => `${name} ${photometric![name].toFixed(2)}`),
    erase && `covered ${erase.width} × ${erase.height}`,
    moved && `moved ${signed(moved.right)}, ${signed(moved.down)}`,
    mirrored && 'mirrored',
  ].filter((line) => typeof line === 'string');
  return text.length > 0 ? text : ['as it is'];
}
