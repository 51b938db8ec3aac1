/** MNIST and its like from the idx files that somebody hands over. */

import { UserError } from '../../common/errors.ts';
import { checkBelongTogether, type Idx, idxContentOf, isGzip, parseIdx } from '../../normface/data/mnist.ts';
import type { Pictures } from './pictures.ts';

/** What is needed of a browser's `File`. */
export interface NamedBytes {
  readonly name: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Labels are bytes; with more classes nobody could tell the colours apart. */
const mostClasses = 64;

/** Collects files until there are images with their labels; they may come together or one after the other. */
export class IdxCollector {
  private readonly images: Idx[] = [];
  private readonly labels: Idx[] = [];

  /**
   * Takes files in, plain or compressed by gzip.
   * @returns the pictures, or what is still missing in one sentence
   * @throws UserError naming a file that is no idx file or is damaged
   */
  async add(files: Iterable<NamedBytes>): Promise<Pictures | string> {
    for (const file of files) {
      const bytes = await bytesOf(file);
      const content = idxContentOf(bytes);
      if (!content)
        throw new UserError(
          `${file.name} is no idx file of images or labels, such as train-images-idx3-ubyte and train-labels-idx1-ubyte`,
        );
      // The newest comes first, so that dropping another set replaces the one before.
      this[content].unshift(parseIdx(bytes, file.name, content));
    }
    const { images, labels } = this;
    if (images.length === 0)
      return labels.length === 0 ? 'Drop an idx file of images and one of labels.' : 'Now drop the images.';
    if (labels.length === 0)
      return `${images[0]!.name} holds ${images[0]!.extents[0]} images. Now drop their labels.`;
    for (const some of images)
      for (const their of labels) if (some.extents[0] === their.extents[0]) return picturesOf(some, their);
    // No two belong together: this says so of the newest.
    return picturesOf(images[0]!, labels[0]!);
  }
}

async function bytesOf(file: NamedBytes): Promise<Uint8Array> {
  const stored = new Uint8Array(await file.arrayBuffer());
  if (!isGzip(stored)) return stored;
  try {
    const plain = new Blob([stored]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(plain).arrayBuffer());
  } catch {
    throw new UserError(`${file.name} cannot be decompressed: it is damaged or cut short`);
  }
}

/**
 * Pictures and their labels, which become classes in the order of their numbers.
 * @throws UserError when they do not belong together, are too small or have too many or too few classes
 */
export function picturesOf(images: Idx, labels: Idx): Pictures {
  checkBelongTogether(images, labels);
  const [count, height, width] = images.extents as [number, number, number];
  if (Math.min(height, width) < 8)
    throw new UserError(
      `${images.name} holds images of ${width} × ${height} pixels; they must have at least 8 × 8`,
    );
  const known = [...new Set(labels.values)].sort((a, b) => a - b);
  if (known.length < 2 || known.length > mostClasses)
    throw new UserError(
      `${labels.name} holds ${known.length} different labels; there must be 2 to ${mostClasses}`,
    );
  const numberOf = new Map(known.map((label, number) => [label, number]));
  return {
    title: `${count} images of ${images.name}`,
    classes: known.map(String),
    width,
    height,
    channels: 1,
    pixels: images.values,
    labels: labels.values.map((label) => numberOf.get(label)!),
    mirrored: false,
  };
}
