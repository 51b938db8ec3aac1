import { UserError } from '../../../common/errors.ts';
import { excerpt } from '../../../common/printable.ts';
import { createDataset, type Dataset, type LabelledSource } from '../dataset.ts';
import { Remarks } from '../remarks.ts';
import type { ListedImage } from './image-list.ts';

/** Numbers as im2rec writes them: whole, perhaps with a fraction of zeros. */
const wholeLabel = /^\d{1,15}(\.0*)?$/;

/**
 * A data set of listed images. Labels that are all whole numbers are written with as many digits as the largest, so that their
 * order as names is that of the numbers. An image is called `label/file`, by its path with `-` for `/` where a label has two such files.
 * @param fileOf where the image of a path lies
 * @throws UserError naming the line of a label that can be no name
 */
export function datasetOfList(
  name: string,
  images: readonly ListedImage[],
  fileOf: (path: string) => string,
): Dataset {
  if (images.length === 0) throw new UserError(`${name} lists no images`);
  const areNumbers = images.every(({ label }) => wholeLabel.test(label));
  const digits = areNumbers
    ? String(images.reduce((most, { label }) => Math.max(most, Number(label)), 0)).length
    : 0;
  const identityOf = ({ label, line }: ListedImage): string => {
    if (areNumbers) return String(Number(label)).padStart(digits, '0');
    if (/[/\\\0\r\n]/.test(label) || label === '.' || label === '..')
      throw new UserError(`${name} line ${line}: the label "${excerpt(label)}" can be no folder's name`);
    return label;
  };
  const shortKeyOf = (identity: string, path: string) =>
    `${identity}/${path.slice(path.lastIndexOf('/') + 1)}`;
  const uses = new Map<string, number>();
  for (const image of images) {
    const short = shortKeyOf(identityOf(image), slashed(image.path));
    uses.set(short, (uses.get(short) ?? 0) + 1);
  }
  const remarks = new Remarks();
  // One after the other: of millions as a list they would take as much memory as the data set.
  function* entries(): Generator<LabelledSource> {
    const longKeys = new Set<string>();
    const labels = new Map<string, string>();
    for (const image of images) {
      const identity = identityOf(image);
      const path = slashed(image.path);
      const short = shortKeyOf(identity, path);
      const isShort = uses.get(short) === 1;
      const key = isShort ? short : `${identity}/${path.replace(/^[./]+/, '').replaceAll('/', '-')}`;
      if (longKeys.has(key) || (!isShort && uses.get(key) === 1)) {
        remarks.add('images that are listed again passed over', key, true);
        continue;
      }
      if (!isShort) longKeys.add(key);
      const file = fileOf(path);
      yield { identity, key, source: { kind: 'file', path: file }, line: image.line };
      const other = labels.get(file);
      if (other === undefined) labels.set(file, identity);
      else if (other !== identity) remarks.add('files that are listed under two labels', path, true);
    }
  }
  return { ...createDataset(name, entries()), remarks: remarks.list() };
}

const slashed = (path: string): string => path.replaceAll('\\', '/');
