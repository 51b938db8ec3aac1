/** Images as a net sees them, decoded by the browser. */

import { UserError } from '../../common/errors.ts';
import type { Image } from '../../normface/data/images/image.ts';
import { decodeNetpbm, isNetpbm } from '../../normface/data/images/netpbm.ts';
import { coverSize, type Pixels } from '../../normface/data/images/resample.ts';
import { isCutShort } from './cut-short.ts';

/** Height and width in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A decoded image at the size of a net. */
export interface Picture extends Size {
  /** RGBA, opaque. */
  readonly pixels: Uint8Array;
  /** The size of the image as it was, or of the part of a photograph that an aligned crop shows. */
  readonly original: Size;
  /** Of a face that was found in a photograph. */
  readonly aligned?: {
    /** Root mean square distance of its points from where the net expects them, in pixels of a crop of 112 rows. */
    readonly error: number;
  };
}

/**
 * Decodes an image as `decodeSource` of the command line does: turned upright as its EXIF data say, transparency on black, and
 * where it has another size, scaled to cover the wanted one and cropped at the centre.
 * @throws UserError when this browser cannot decode it
 */
export async function decodePicture(name: string, file: Blob, size: Size): Promise<Picture> {
  return pictureOf(await decodePixels(name, file), size);
}

/** A picture (RGBA) at the size of a net: scaled to cover it and cropped at the centre. */
export function pictureOf(whole: Pixels, size: Size): Picture {
  const { data } = coverSize(whole, size.width, size.height);
  const { width, height } = whole;
  return {
    ...size,
    pixels: new Uint8Array(data.buffer, data.byteOffset, data.length),
    original: { width, height },
  };
}

/** The pixels (RGBA) of a whole image, upright. @throws UserError when this browser cannot decode it */
export async function decodePixels(name: string, file: Blob): Promise<Pixels> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length === 0) throw new UserError(`${name} is empty`);
  if (isNetpbm(bytes)) return rgba(readNetpbm(name, bytes));
  if (isCutShort(bytes)) throw new UserError(`${name} is damaged: it is cut short`);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new UserError(`${name} is not an image that this browser can decode`);
  }
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new UserError(`${name} is too large for this browser (${width} × ${height} pixels)`);
    context.fillRect(0, 0, width, height); // black, for what is transparent
    context.drawImage(bitmap, 0, 0);
    return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

function readNetpbm(name: string, bytes: Uint8Array): Image {
  try {
    return decodeNetpbm(bytes);
  } catch (error) {
    throw new UserError(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** An opaque picture of an RGB image. */
export function rgba({ width, height, pixels }: Image): Pixels {
  const data = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) data.set(pixels.subarray(3 * i, 3 * i + 3), 4 * i);
  return { width, height, channels: 4, data };
}

/** Whether a canvas gives back what was drawn: protections against fingerprinting add noise in some browsers. */
export function canvasIsExact(): boolean {
  const context = new OffscreenCanvas(16, 16).getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  const drawn = new ImageData(16, 16);
  drawn.data.forEach((_, i) => {
    drawn.data[i] = i % 4 === 3 ? 255 : (i * 37) % 256;
  });
  context.putImageData(drawn, 0, 0);
  const read = context.getImageData(0, 0, 16, 16).data;
  return drawn.data.every((value, i) => value === read[i]);
}
