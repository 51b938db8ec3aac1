/** Large images are in memory one after the other in a thread, which otherwise decodes several at once. */

import { readHead, readSource, type StoredSource, storedSize } from '../source.node.ts';
import { headBytes, type ImageFormat } from './image-format.ts';

/** A photograph of a telephone has less: 16 MiB, 16 megapixels. */
const largeBytes = 2 ** 24;
export const largePixels = 16e6;

let last: Promise<unknown> = Promise.resolve();

/** Does work when all that was given before is done. */
export function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = last.then(work);
  last = result.catch(() => {});
  return result;
}

/** An image file as the image library takes it: its bytes, or the path of one that is read where it lies. */
export type StoredImage = Uint8Array | string;

/** Formats whose files may be as large as their pixels, and of which nothing has to be looked at before they are decoded. */
const readInPlace: readonly string[] = ['PNG', 'WebP', 'GIF', 'AVIF'];

/**
 * Opens an image file for a use of it. A large one is opened when it is alone and its first bytes have passed `formatOf`, which may throw;
 * if it can be, it is not read into memory.
 * @param use its last argument says whether it is alone: if so it must not wait for {@link oneAtATime} again
 * @throws Error with the reason in a few words
 */
export async function withStored<Format extends ImageFormat | undefined, Result>(
  source: StoredSource,
  formatOf: (head: Uint8Array) => Format,
  use: (image: StoredImage, format: Format, alone: boolean) => Promise<Result>,
): Promise<Result> {
  const whole = async (alone: boolean) => {
    const bytes = await readSource(source);
    return use(bytes, formatOf(bytes.subarray(0, headBytes)), alone);
  };
  if ((await storedSize(source)) <= largeBytes) return whole(false);
  return oneAtATime(async () => {
    // Where not even they can be read, the whole tells why.
    const head = await readHead(source, headBytes).catch(() => undefined);
    const format = head && formatOf(head);
    // What stands in brackets at the end of a path would be taken for options.
    if (source.kind === 'file' && !source.path.endsWith(']') && format && readInPlace.includes(format.name))
      return use(source.path, format, true);
    return whole(true);
  });
}
