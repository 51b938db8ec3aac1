/** What a number for some images is worth: whether they look like those that the net was trained on. */

import { UserError } from '../common/errors.ts';
import { reasonOf } from '../common/files.node.ts';
import { oneLine } from '../common/printable.ts';
import { isCropSize } from '../normface/alignment/template.ts';
import { type Dataset, imageName, type Source } from '../normface/data/dataset.ts';
import { sizeOf } from '../normface/data/describe.node.ts';
import { decodeSource } from '../normface/data/images/decode.node.ts';
import type { ImageSize } from '../normface/data/images/image.ts';
import { largePixels } from '../normface/data/images/large-images.node.ts';

/** What is said of images and the net that judges them, for people and, as it is, in JSON. */
export interface Suitability {
  /** What the net gets: images of another size are scaled to cover this, and cropped at the centre. */
  readonly input: ImageSize;
  /** What was done to the images, such as `to 112x96 by mtcnn`; without `--align` no face is looked for. */
  readonly alignment: string;
  /** The data that the net was trained on, or null where its file does not say. */
  readonly trainedOn: string | null;
  /** Sentences for people: why the result may mean nothing. */
  readonly warnings: readonly string[];
}

/** Images, with their sizes in pixels; generated ones have any size. @throws UserError when one cannot be read */
export async function imageSizes(
  { samples }: Dataset,
  indices: readonly number[],
): Promise<({ readonly file: string } & ImageSize)[]> {
  const photographs = indices
    .map((index) => samples[index]!)
    .filter(({ source }) => source.kind !== 'generated');
  return Promise.all(
    photographs.map(async (sample) => {
      const { key, source } = sample;
      const { width, height } = await sizeIn(source).catch((error) => {
        throw new UserError(`cannot read the image ${imageName(sample)}: ${reasonOf(error)}`);
      });
      return { file: key, width, height };
    }),
  );
}

/** Of what is decoded, so that what cannot be is told here; of a large photograph by its header: as a whole it would fill the memory. */
async function sizeIn(source: Source): Promise<ImageSize> {
  const size = await sizeOf(source).catch(() => undefined);
  return size && size.width * size.height > largePixels ? size : decodeSource(source);
}

/** Images that a warning names. */
const mostNamed = 3;

/** Whether an image has the size of the net's input, or is a crop of a usual size that is only scaled to it. */
function fits(image: ImageSize, input: ImageSize): boolean {
  if (image.width === input.width && image.height === input.height) return true;
  return isCropSize(image) && image.width * input.height === image.height * input.width;
}

/** Judges by size and provenance alone. */
export function suitability(
  images: readonly ({ readonly file: string } & ImageSize)[],
  { width, height }: ImageSize,
  trainedOn: string | null,
  alignment?: string,
): Suitability {
  const warnings: string[] = [];
  // What was aligned has the size of a template.
  const others = (alignment === undefined ? images : []).filter((image) => !fits(image, { width, height }));
  if (others.length > 0) {
    const named = others
      .slice(0, mostNamed)
      .map((image) => `${image.file} (${image.width} × ${image.height})`);
    const more = others.length > mostNamed ? ` and ${others.length - mostNamed} more` : '';
    warnings.push(
      `scaled and cropped to ${width} × ${height} pixels: ${named.join(', ')}${more}; no face is looked for, so unless they are ` +
        'aligned like the training images the result means nothing; --align looks for faces and aligns them',
    );
  }
  if (images.length > 0 && trainedOn !== null && /^generated\b/.test(trainedOn))
    warnings.push(
      `the net has only seen faces that this program drew (${oneLine(trainedOn)}): it knows nothing of photographs`,
    );
  return { input: { width, height }, alignment: alignment ?? 'not checked', trainedOn, warnings };
}

/** The line of text that goes with it. */
export const provenance = ({ trainedOn, alignment }: Suitability): string =>
  `trained on ${oneLine(trainedOn ?? 'data that its file does not name')}; alignment of the images: ${alignment}`;
