import { statSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { readText } from '../../../common/text.node.ts';
import type { Dataset } from '../dataset.ts';
import { headBytes, imageFormat } from '../images/image-format.ts';
import { isImageName } from '../recognise.node.ts';
import { readHead } from '../source.node.ts';
import { type ListedImage, parseImageList, parseImageTable } from './image-list.ts';
import { datasetOfList } from './list-dataset.ts';

/** Whether a file is a list of images: it has the name of one, and is no image itself. */
export async function isImageList(path: string): Promise<boolean> {
  if (!/^\.(txt|lst|list|csv|tsv)$/i.test(extname(path))) return false;
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  // What cannot be read is reported as a list.
  const head = await readHead({ kind: 'file', path }, headBytes).catch(() => new Uint8Array());
  return imageFormat(head) === undefined;
}

/** The images of a list, whose paths begin at the list's own folder. @throws UserError when it is no list or leads nowhere */
export function openImageList(file: string): Dataset {
  const path = resolve(file);
  const name = basename(path);
  const fileOf = (listed: string) => resolve(dirname(path), listed);
  const exists = (listed: string) =>
    statSync(fileOf(listed.replaceAll('\\', '/')), { throwIfNoEntry: false })?.isFile() === true;
  const text = readText(path, name);
  const images: ListedImage[] = /^\.(csv|tsv)$/i.test(extname(path))
    ? parseImageTable(text, name)
    : parseImageList(text, name, { isImage: (listed) => isImageName(listed) || exists(listed), exists });
  const [first] = images;
  // Images that are not there are reported when they are read; where not even the first is, all begin elsewhere.
  if (first && isSpecial(fileOf(first.path.replaceAll('\\', '/'))))
    throw new UserError(`${name} line ${first.line}: ${fileOf(first.path)} is not a regular file`);
  if (first && !exists(first.path))
    throw new UserError(
      `${name} line ${first.line}: there is no file ${fileOf(first.path)}; paths begin at the folder of the list`,
    );
  return datasetOfList(name, images, fileOf);
}

/** Whether there is something that is neither a file nor a folder, such as a pipe, whose end might never come. */
function isSpecial(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}
