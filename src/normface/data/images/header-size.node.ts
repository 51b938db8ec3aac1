import sharp from 'sharp';
import type { ImageSize } from './image.ts';
import type { ImageFormat } from './image-format.ts';
import type { StoredImage } from './large-images.node.ts';

/** Upright size of an image by its header; undefined when it is of no format that is decoded. @throws Error when the header is damaged */
export async function headerSize(
  image: StoredImage,
  format: ImageFormat | undefined,
): Promise<ImageSize | undefined> {
  if (!format?.decoded) return undefined;
  if (format.name !== 'PGM or PPM' || typeof image === 'string')
    return (await sharp(image, { limitInputPixels: false }).metadata()).autoOrient;
  // Two numbers after the letters, with white space and comments before them.
  const head = Buffer.from(image.subarray(0, 1024)).toString('latin1');
  const match = /^P\d(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)/.exec(head);
  return match ? { width: Number(match[1]), height: Number(match[2]) } : undefined;
}
