/** Large images are in memory one after the other in a thread, which otherwise decodes several at once. */

import { readHead, readSource, type StoredSource, storedSize } from '../source.node.ts';
import { headBytes } from './image-format.ts';

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

/**
 * Reads an image file for a use of its bytes. A large one is read when it is alone and its first bytes have passed `check`, which throws.
 * @param use its second argument says whether it is alone: if so it must not wait for {@link oneAtATime} again
 * @throws Error with the reason in a few words
 */
export async function withBytes<Result>(
  source: StoredSource,
  check: (head: Uint8Array) => unknown,
  use: (bytes: Uint8Array, alone: boolean) => Promise<Result>,
): Promise<Result> {
  if ((await storedSize(source)) <= largeBytes) return use(await readSource(source), false);
  return oneAtATime(async () => {
    // Where not even they can be read, the whole tells why.
    const head = await readHead(source, headBytes).catch(() => undefined);
    if (head) check(head);
    return use(await readSource(source), true);
  });
}
