import { UserError } from '../errors.ts';
import { createDataset, type Dataset, type Source } from './dataset.ts';

/** Formats that can be decoded, by file name; the decoder itself looks at the bytes. */
export const imageExtensions: readonly string[] = [
  'jpg',
  'jpeg',
  'png',
  'webp',
  'pgm',
  'ppm',
  'tif',
  'tiff',
  'gif',
  'avif',
];

/** A file of a tree: its path inside the tree with `/` between folders, and where its bytes are. */
export interface TreeFile {
  readonly path: string;
  readonly source: Source;
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

function isImage(path: string): boolean {
  return imageExtensions.includes(path.slice(path.lastIndexOf('.') + 1).toLowerCase());
}

/** The files of a folder or an archive, and what it is called. */
export interface Tree {
  readonly name: string;
  readonly files: readonly TreeFile[];
}

/**
 * Data set of a tree `identity/image.jpg`, all of it possibly inside leading folders such as `lfw-112x96/`. With several `folders`
 * the innermost so many name a class: `person/video/frame.jpg` gives classes `person/video`.
 * Other files and hidden ones are ignored. @throws UserError when there is no image or the tree has another shape.
 */
export function datasetOfTree({ name, files }: Tree, folders: readonly string[] = ['identity']): Dataset {
  const visible = files.filter((file) => !isHidden(file.path));
  if (visible.length === 0) throw new UserError(`${name} is empty: it holds no files`);
  const images = visible.filter((file) => isImage(file.path));
  if (images.length === 0) {
    throw new UserError(
      `${name} holds no images: none of its ${visible.length} files ends in ${imageExtensions.map((e) => `.${e}`).join(', ')}`,
    );
  }
  const depth = folders.length;
  const parentOfIdentity = (path: string) =>
    path
      .split('/')
      .slice(0, -1 - depth)
      .join('/');
  const root = parentOfIdentity(images[0].path);
  const entries = images.map(({ path, source }) => {
    const parts = path.split('/');
    if (parts.length < 1 + depth || parentOfIdentity(path) !== root) {
      const shape = [...folders, 'image'].join('/');
      const expected = `expected ${root ? `${root}/` : ''}${shape} for every image`;
      throw new UserError(`${name} has an image outside the identity folders: ${path} (${expected})`);
    }
    const identity = parts.slice(-1 - depth, -1).join('/');
    return { identity, key: `${identity}/${parts[parts.length - 1]}`, source };
  });
  return createDataset(name, entries);
}
