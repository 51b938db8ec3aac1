/** Reading one image of a file, as users of the library do. */

import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { decodeSource, WrongSizeError } from './decode.node.ts';
import type { Image, ImageSize } from './image.ts';

/** Decodes one image file. @throws UserError naming the file and the reason. */
export async function readImage(path: string, size?: ImageSize, resize = true): Promise<Image> {
  try {
    return await decodeSource({ kind: 'file', path }, size, resize);
  } catch (error) {
    if (error instanceof WrongSizeError) throw new UserError(`image ${path} ${error.message}`);
    throw new UserError(`cannot read the image ${path}: ${reasonOf(error)}`);
  }
}
