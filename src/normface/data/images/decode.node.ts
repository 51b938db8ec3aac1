import sharp, { type Sharp } from 'sharp';
import { renderFace } from '../../faces/render.ts';
import type { Source } from '../dataset.ts';
import type { StoredSource } from '../source.node.ts';
import { headerSize } from './header-size.node.ts';
import type { Image, ImageSize } from './image.ts';
import { type ImageFormat, imageFormat } from './image-format.ts';
import { largePixels, oneAtATime, type StoredImage, withStored } from './large-images.node.ts';
import { decodeNetpbm, isNetpbm } from './netpbm.ts';
import { mostPixels, tooManyPixels } from './pixel-limit.node.ts';
import { isBareYCbCr } from './tiff.ts';

/** The image is sound but of another size than asked for, and resizing is switched off. */
export class WrongSizeError extends Error {
  override name = 'WrongSizeError';
}

/** Size of a generated face when none is asked for: that of the aligned crops (docs/reference.md#aligned-crops). */
const defaultSize: ImageSize = { width: 96, height: 112 };

/**
 * Decodes one image to 8-bit sRGB, turned upright as its EXIF data say, transparency on black. With a `size`, an image of
 * another size is scaled (bicubic) to cover it and cropped at the centre, never stretched; an image of that very size keeps its
 * decoded values. `resize: false` refuses other sizes instead.
 * @throws Error with the reason in a few words; WrongSizeError.
 */
export async function decodeSource(source: Source, size?: ImageSize, resize = true): Promise<Image> {
  if (source.kind === 'generated') {
    const { seed, identity, sample, quality } = source;
    return renderFace(seed, identity, sample, size ?? defaultSize, undefined, quality);
  }
  if (source.kind !== 'grey')
    return decodeStored(source, (input) => resized(input.autoOrient(), size, resize));
  const work = async () => {
    const image = rgbOfGrey(source);
    if (!size || (image.width === size.width && image.height === size.height)) return image;
    return resized(inputOfPixels(image), size, resize);
  };
  return source.pixels.length > largePixels ? oneAtATime(work) : work();
}

/** @throws Error with the reason in a few words; WrongSizeError */
async function resized(input: Sharp, size: ImageSize | undefined, resize: boolean): Promise<Image> {
  let pipeline = input;
  if (size && resize) {
    // Shrinking inside the JPEG decoder would be cheaper for large photographs, but aliases, and would make pixels depend on the
    // format. A colour space for the work is what switches it off altogether; `fastShrinkOnLoad` only limits it.
    const kernel = { fit: 'cover', position: 'centre', kernel: 'cubic', fastShrinkOnLoad: false } as const;
    pipeline = pipeline.pipelineColourspace('srgb').resize(size.width, size.height, kernel);
  }
  const image = await pixelsOf(pipeline);
  if (size && (image.width !== size.width || image.height !== size.height)) {
    throw new WrongSizeError(
      `is ${image.width} × ${image.height} pixels, not ${size.width} × ${size.height}, and resizing is switched off`,
    );
  }
  return image;
}

/**
 * Decodes one image as {@link decodeSource} does, scaled down to lie within a size: to be looked at, not to be computed with. Formats
 * that can shrink while they decode do, so that a large photograph is never in memory as a whole.
 */
export async function decodeWithin(source: Source, size: ImageSize): Promise<Image> {
  if (source.kind === 'generated') return decodeSource(source, size);
  const within = (input: Sharp) =>
    pixelsOf(input.resize(size.width, size.height, { fit: 'inside', withoutEnlargement: true }));
  if (source.kind === 'grey') return within(inputOfPixels(rgbOfGrey(source)));
  return decodeStored(source, (input) => within(input.autoOrient()));
}

/**
 * Opens an image file to decode it, one that has many bytes or pixels while no other such is in memory.
 * @param decode gets the image as it is stored, not turned upright
 */
export function decodeStored<Result>(
  source: StoredSource,
  decode: (input: Sharp) => Promise<Result>,
): Promise<Result> {
  return withStored(source, decodedFormat, async (image, format, alone) => {
    const work = async () => decode(inputOf(image, format));
    return !alone && (await isLarge(image, format)) ? oneAtATime(work) : work();
  });
}

/** A JPEG has a bit at least for 64 pixels; any other format may say in some hundred bytes that it is of any size. */
const leastBytesOfLargeJpeg = largePixels / 64 / 8;

async function isLarge(image: StoredImage, format: ImageFormat): Promise<boolean> {
  if (format.name === 'JPEG' && image.length < leastBytesOfLargeJpeg) return false;
  // What has no sound header is refused when it is decoded.
  const size = await headerSize(image, format).catch(() => undefined);
  return size !== undefined && size.width * size.height > largePixels;
}

/** 8-bit sRGB, transparency on black. @throws Error with the reason in a few words */
function pixelsOf(pipeline: Sharp): Promise<Image> {
  return rawPixels(pipeline.flatten().toColourspace('srgb'));
}

/** The bytes that a pipeline gives. @throws Error with the reason in a few words */
export async function rawPixels(pipeline: Sharp): Promise<Image> {
  const { data, info } = await pipeline
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw new Error(plainReason(error.message));
    });
  const { width, height } = info;
  return { width, height, pixels: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/**
 * Only the formats that are documented, by content: libvips would also render programs such as SVG, which need any amount of memory.
 * The error level "error" finds files that are cut short, yet lets pass what only deserves a warning, such as stray bytes. The level
 * "warning" would also refuse PNG and TIFF files with unusual entries, and still pass over scans of JPEG that are damaged: `jpeg-damage.ts`.
 */
function inputOf(image: StoredImage, format: ImageFormat): Sharp {
  if (typeof image !== 'string') {
    if (isNetpbm(image)) return inputOfPixels(decodeNetpbm(image, mostPixels()));
    if (format.name === 'TIFF' && isBareYCbCr(image))
      throw new Error('it is a TIFF in YCbCr colours, which are not read; save it in RGB');
  }
  return sharp(image, { failOn: 'error', limitInputPixels: mostPixels() });
}

/** @throws Error when bytes do not begin like an image that is decoded */
function decodedFormat(head: Uint8Array): ImageFormat {
  const format = imageFormat(head);
  if (!format) throw new Error(unknownFormat);
  if (!format.decoded) throw new Error(`it is ${format.name}, a format that is not read`);
  return format;
}

function inputOfPixels({ width, height, pixels }: Image): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

function rgbOfGrey({ width, height, pixels }: Extract<Source, { kind: 'grey' }>): Image {
  const rgb = new Uint8Array(3 * pixels.length);
  for (let from = 0, to = 0; from < pixels.length; from++, to += 3)
    rgb[to] = rgb[to + 1] = rgb[to + 2] = pixels[from]!;
  return { width, height, pixels: rgb };
}

const unknownFormat = 'not an image of a known format';

/** The first line of a libvips message without the names of its parts. */
function plainReason(message: string): string {
  // libvips keeps one text of errors for all threads: another image that is decoded at this moment may have emptied it.
  if (message.trim() === '' || message.includes('Unknown error')) return 'the image is damaged';
  if (message.includes('unsupported image format')) return unknownFormat;
  if (message.includes('exceeds pixel limit')) return tooManyPixels();
  const [line] = message.split('\n');
  return line!.replace(/^Input (buffer|file) has corrupt header: /, '').replace(/^\w+: /, '');
}
