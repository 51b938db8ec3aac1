import sharp from 'sharp';
import type { ImageSize } from './image.ts';
import { type ImageFormat, imageFormat } from './image-format.ts';

/** Upright size of an image by its header; undefined when it is of no format that is decoded. @throws Error when the header is damaged */
export async function headerSize(
  bytes: Uint8Array,
  format: ImageFormat | undefined = imageFormat(bytes),
): Promise<ImageSize | undefined> {
  if (!format?.decoded) return undefined;
  if (format.name !== 'PGM or PPM')
    return (await sharp(bytes, { limitInputPixels: false }).metadata()).autoOrient;
  // Two numbers after the letters, with white space and comments before them.
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const match = /^P\d(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)/.exec(head);
  return match ? { width: Number(match[1]), height: Number(match[2]) } : undefined;
}
