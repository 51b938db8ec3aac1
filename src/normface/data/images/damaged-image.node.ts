import type { Source } from '../dataset.ts';
import { imageFormat } from './image-format.ts';
import { jpegDamage } from './jpeg-damage.ts';
import { withStored } from './large-images.node.ts';

/**
 * What is wrong with an image that was decoded nevertheless, in a few words; undefined when nothing is known to be. Only JPEG is looked
 * into: decoders of PNG, TIFF and AVIF refuse what is damaged, as far as those formats let anyone tell, and WebP's have nothing to tell it by.
 * @param source an image that can be decoded
 * @throws Error with the reason in a few words when the file can no longer be read
 */
export async function damageOf(source: Source): Promise<string | undefined> {
  if (source.kind === 'generated' || source.kind === 'grey') return undefined;
  return withStored(source, imageFormat, async (image, format) =>
    format?.name === 'JPEG' && typeof image !== 'string' ? jpegDamage(image) : undefined,
  );
}

/** The sentence about an image that is damaged and used. */
export const damagedText = (name: string, reason: string): string =>
  `the image ${name} is damaged and used as it can be read: ${reason}`;
