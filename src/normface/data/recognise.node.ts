import { UserError } from '../../common/errors.ts';
import type { Tree, TreeFile } from './archives/walk.ts';
import { remarkText } from './dataset.ts';
import { headBytes, type ImageFormat, imageFormat } from './images/image-format.ts';
import { Remarks } from './remarks.ts';
import { readHead, type StoredSource } from './source.node.ts';

/** Endings that need no look inside: the decoder, which goes by the bytes, reports what is not what it says. */
const imageEndings: ReadonlySet<string> = new Set(
  ['jpg', 'jpeg', 'png', 'webp', 'pgm', 'ppm', 'tif', 'tiff', 'gif', 'avif'].map((ending) => `.${ending}`),
);

/** Files that are looked into at once. */
const openedAtOnce = 32;

/**
 * Only the images of a tree: files of a usual ending, and those of any other that begin like an image that can be decoded. What
 * is passed over is in the remarks, images of other formats and files of other kinds each by their endings.
 * @throws UserError when no image remains
 */
export async function imagesOf({ name, files, remarks }: Tree): Promise<Tree> {
  const unusual = files.filter(({ path }) => !imageEndings.has(endingOf(path)));
  const formats = new Map<TreeFile, ImageFormat | undefined>();
  for (let start = 0; start < unusual.length; start += openedAtOnce) {
    await Promise.all(
      unusual.slice(start, start + openedAtOnce).map(async (file) => formats.set(file, await formatOf(file))),
    );
  }
  const found = new Remarks();
  const images = files.filter((file) => {
    if (!formats.has(file)) return true;
    const format = formats.get(file);
    const ending = endingOf(file.path) || 'no ending';
    if (format?.decoded)
      found.add(`${format.name} images whose names end otherwise (${ending}) read`, file.path);
    else if (format)
      found.add(`${format.name} images (${ending}) passed over, a format that is not read`, file.path, true);
    else found.add(`files that are no images (${ending}) passed over`, file.path);
    return format?.decoded === true;
  });
  const all = [...remarks, ...found.list()];
  if (images.length > 0) return { name, files: images, remarks: all };
  if (all.length === 0) throw new UserError(`${name} is empty: it holds no files`);
  throw new UserError(`${name} holds no images that can be read; ${all.map(remarkText).join('; ')}`);
}

/** Whether a path ends as images usually do. */
export function isImageName(path: string): boolean {
  return imageEndings.has(endingOf(path));
}

async function formatOf({ source }: TreeFile): Promise<ImageFormat | undefined> {
  // What cannot be opened is no image to anybody here; an image of a usual ending is reported when it is decoded.
  const head = await readHead(source as StoredSource, headBytes).catch(() => new Uint8Array());
  return imageFormat(head);
}

/** `.jpg` of `a/1.JPG`; empty when the name has none. */
export function endingOf(path: string): string {
  return /\.[^./]+$/.exec(path)?.[0].toLowerCase() ?? '';
}
