import sharp from 'sharp';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { imageName, type Sample } from '../dataset.ts';
import { decodeSource } from '../images/decode.node.ts';
import { headBytes, imageFormat } from '../images/image-format.ts';
import { isImageName } from '../recognise.node.ts';
import { readSource } from '../source.node.ts';

/** An image as the bytes of a file, and the path `identity/file` that it has in a folder. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly path: string;
}

/** Endings of files by what {@link imageFormat} calls their formats. */
const endings: Readonly<Record<string, string>> = {
  JPEG: '.jpg',
  PNG: '.png',
  WebP: '.webp',
  TIFF: '.tif',
  GIF: '.gif',
  AVIF: '.avif',
  'PGM or PPM': '.ppm',
};

/** Formats that OpenCV, with which readers of `.rec` and `.bin` decode, does not read in all of its versions. */
const unusual: ReadonlySet<string> = new Set(['GIF', 'AVIF']);

/**
 * The bytes of an image: those of its file as they are, or a PNG of what is in no file, such as generated faces.
 * @param usualOnly whether images that not every reader decodes become PNG, too
 * @throws UserError naming the image when it cannot be read or its bytes begin like no image
 */
export async function encodedImage(
  sample: Sample,
  dataset: string,
  usualOnly: boolean,
): Promise<EncodedImage> {
  const { key, source } = sample;
  try {
    if (source.kind === 'grey' || source.kind === 'generated')
      return { bytes: await pngOf(source), path: safePath(`${key}.png`) };
    const bytes = await readSource(source);
    const format = imageFormat(bytes.subarray(0, headBytes))?.name;
    const ending = format && endings[format];
    if (!ending)
      throw new Error(
        format ? `it is ${format}, a format that is not read` : 'it is no image of a known format',
      );
    if (usualOnly && unusual.has(format)) return { bytes: await pngOf(source), path: safePath(`${key}.png`) };
    return { bytes, path: safePath(isImageName(key) ? key : key + ending) };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${dataset}: the image ${imageName(sample)} cannot be written elsewhere: ${reasonOf(error)}`,
    );
  }
}

async function pngOf(source: Sample['source']): Promise<Uint8Array> {
  if (source.kind === 'grey') {
    const { width, height, pixels } = source;
    return sharp(pixels, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer();
  }
  const { width, height, pixels } = await decodeSource(source);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** @throws Error when a path would lead out of the folder that it is written in */
function safePath(path: string): string {
  const parts = path.split('/');
  const isName = (part: string) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part);
  if (parts.length < 2 || !parts.every(isName)) throw new Error(`"${path}" can be no path identity/file`);
  return path;
}
