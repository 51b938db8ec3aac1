/**
 * Photographs in memory. Of a large one that is a smaller picture: detectors look at no more of it, and of a crop so much is needed as it
 * has pixels itself; a part of the photograph is decoded once more where it has fewer.
 */

import sharp, { type Sharp } from 'sharp';
import type { Source } from '../data/dataset.ts';
import { decodeSource, decodeStored, rawPixels } from '../data/images/decode.node.ts';
import type { ImageSize } from '../data/images/image.ts';
import { largePixels } from '../data/images/large-images.node.ts';
import type { StoredSource } from '../data/source.node.ts';
import type { DetectedFace, Point, RgbaImage } from '../detection/detector.ts';
import type { Aligner, CutFace } from './aligner.ts';
import { type Region, storedRegion, turnedUpright } from './orientation.ts';
import type { Similarity } from './similarity.ts';
import { tilePlace, tileSide } from './tile.ts';

export interface Picture {
  /** Of the upright photograph, whose pixels faces are told in. */
  readonly size: ImageSize;
  /** The whole of it, upright; smaller than `size` where that is large. */
  readonly image: RgbaImage;
  /** Decodes a part in full; null where `image` is that, or nothing better can be had. */
  readonly part: ((region: Region) => Promise<RgbaImage>) | null;
}

/**
 * Decodes a photograph.
 * @param size what its header says, where it does
 * @param most pixels of a picture; a photograph with more is made smaller
 * @throws Error with the reason in a few words
 */
export async function openPicture(
  source: Source,
  size: ImageSize | undefined,
  most = largePixels,
): Promise<Picture> {
  if (source.kind === 'generated' || source.kind === 'grey') {
    const { width, height, pixels } = await decodeSource(source);
    return whole(await rgbaOf(sharp(pixels, { raw: { width, height, channels: 3 } })));
  }
  if (size && size.width * size.height > most) return smaller(source, size, most);
  return whole(await decodeStored(source, (input) => rgbaOf(input.autoOrient())));
}

const whole = (image: RgbaImage): Picture => ({
  size: { width: image.width, height: image.height },
  image,
  part: null,
});

/** Transparency on black, as everywhere. */
async function rgbaOf(pipeline: Sharp): Promise<RgbaImage> {
  const { width, height, pixels } = await rawPixels(pipeline.flatten().toColourspace('srgb').ensureAlpha());
  return { width, height, data: pixels };
}

/** Turned only when it is small: to turn a picture all of its pixels are needed at once. */
async function smaller(source: StoredSource, size: ImageSize, most: number): Promise<Picture> {
  const scale = Math.sqrt((size.width * size.height) / most);
  return decodeStored(source, async (input) => {
    const { width, height, orientation = 1, format, isProgressive } = await input.metadata();
    const stored = { width: width ?? 0, height: height ?? 0 };
    const extent = (pixels: number) => Math.max(1, Math.floor(pixels / scale));
    const image = await rgbaOf(
      input.resize(extent(stored.width), extent(stored.height), { fit: 'fill', kernel: 'cubic' }),
    );
    const part = async (region: Region) =>
      turnedUpright(
        await decodeStored(source, (again) =>
          rgbaOf(again.extract(storedRegion(region, stored, orientation))),
        ),
        orientation,
      );
    // Decoders of other formats need the whole picture for any part.
    const hasParts = format === 'jpeg' || format === 'tiff' || (format === 'png' && !isProgressive);
    return { size, image: turnedUpright(image, orientation), part: hasParts ? part : null };
  });
}

/** Pixels of a photograph for one of its picture, along both axes. */
function scaleOf({ size, image }: Picture): Point {
  return { x: size.width / image.width, y: size.height / image.height };
}

/** A face of the picture as one of the photograph. */
export function inPhotograph(face: DetectedFace, picture: Picture): DetectedFace {
  const scale = scaleOf(picture);
  if (scale.x === 1 && scale.y === 1) return face;
  // The centre of the first pixel is 0, its edge −1/2.
  const placed = ({ x, y }: Point): Point => ({
    x: (x + 0.5) * scale.x - 0.5,
    y: (y + 0.5) * scale.y - 0.5,
  });
  const [a, b, c, d, e] = face.points;
  return {
    ...face,
    box: { ...placed(face.box), width: face.box.width * scale.x, height: face.box.height * scale.y },
    points: [placed(a), placed(b), placed(c), placed(d), placed(e)],
  };
}

/** What cuts out faces for crops of a size: {@link Aligner}. */
export type Cutter = Pick<Aligner, 'template' | 'cut'>;

/** Cuts a face out of a photograph. @throws Error with the reason in a few words when the file can no longer be read */
export async function cutFace(cutter: Cutter, picture: Picture, similarity: Similarity): Promise<CutFace> {
  const scale = scaleOf(picture);
  // A pixel of the picture is as much as one of the crop.
  if (!picture.part || similarity.step >= Math.max(scale.x, scale.y))
    return cutter.cut({ image: picture.image, similarity: inPicture(similarity, scale) });
  const { left, top, block } = tilePlace(similarity, cutter.template);
  const extent = block * tileSide(cutter.template);
  const region = within({ left, top, width: extent, height: extent }, picture.size);
  if (!region) return cutter.cut({ image: picture.image, similarity: inPicture(similarity, scale) });
  const [a, b, c, d, e, f] = similarity.matrix;
  return cutter.cut({
    image: await picture.part(region),
    similarity: { ...similarity, matrix: [a, b, c - region.left, d, e, f - region.top] },
  });
}

/** A place of a crop in the photograph as one in the picture. */
function inPicture(similarity: Similarity, scale: Point): Similarity {
  if (scale.x === 1 && scale.y === 1) return similarity;
  const [a, b, c, d, e, f] = similarity.matrix;
  return {
    ...similarity,
    matrix: [
      a / scale.x,
      b / scale.x,
      (c + 0.5) / scale.x - 0.5,
      d / scale.y,
      e / scale.y,
      (f + 0.5) / scale.y - 0.5,
    ],
    step: similarity.step / Math.max(scale.x, scale.y),
  };
}

/** What of a region lies in a photograph; undefined where nothing does. */
function within({ left, top, width, height }: Region, size: ImageSize): Region | undefined {
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  const [right, bottom] = [Math.min(size.width, left + width), Math.min(size.height, top + height)];
  return x < right && y < bottom ? { left: x, top: y, width: right - x, height: bottom - y } : undefined;
}
