/** MNIST and its like as data sets: folders of idx files, plain or compressed by gzip. */

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UsageError, UserError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.node.ts';
import { readRegularFile } from '../../common/regular-file.node.ts';
import { gunzip } from './archives/gunzip.node.ts';
import { createDataset, type Dataset } from './dataset.ts';
import { mostPixels, tooManyPixels } from './images/pixel-limit.node.ts';
import { checkBelongTogether, type Idx, type IdxContent, isGzip, parseIdx } from './mnist.ts';

/** Which images of a folder: those of one pair of files, `count` (default: all) from number `first` (from 0) on. */
interface MnistSpec {
  readonly folder: string;
  /** `train` or `t10k`: what the names of the files begin with. Default: `train` where it is there. */
  readonly part?: Part;
  readonly first: number;
  readonly count?: number;
}

/** Every image becomes an object of some hundred bytes; the largest set of this format in use has 814,255 (EMNIST). */
const mostImages = 2_000_000;

/** As much as a compressed one may become. */
const mostFileBytes = 2 ** 29;

const parts = ['train', 't10k'] as const;
type Part = (typeof parts)[number];

const fileName = /^(train|t10k)-(images|labels)[.-]idx[13]-ubyte(\.gz)?$/;

/** Whether a data set's name asks for idx files. */
export function isMnist(text: string): boolean {
  return text.startsWith('mnist:');
}

/** Whether a folder with these files is a data set of idx files. */
export function holdsIdxFiles(names: readonly string[]): boolean {
  return names.some((name) => fileName.exec(name)?.[2] === 'images');
}

/** Reads `mnist:FOLDER,part=t10k,first=0,count=8000`; all but the folder may be left out. @throws UsageError */
export function parseMnist(text: string): MnistSpec {
  const [folder, ...settings] = text.slice('mnist:'.length).split(',');
  if (!folder) throw new UsageError(`data set "${text}": write mnist:FOLDER, the folder of the idx files`);
  let spec: MnistSpec = { folder, first: 0 };
  for (const setting of settings) {
    const [key, value = ''] = setting.split('=').map((word) => word.trim());
    if (key === 'part') {
      const part = parts.find((name) => name === value);
      if (!part)
        throw new UsageError(`data set "${text}": part must be ${parts.join(' or ')}, got "${value}"`);
      spec = { ...spec, part };
    } else if (key === 'first' || key === 'count') {
      if (!/^\d+$/.test(value))
        throw new UsageError(`data set "${text}": ${key} must be a whole number from 0, got "${value}"`);
      if (key === 'count' && Number(value) === 0)
        throw new UsageError(`data set "${text}": count must be at least 1`);
      spec = { ...spec, [key]: Number(value) };
    } else throw new UsageError(`data set "${text}": unknown key "${key}" (known: part, first, count)`);
  }
  return spec;
}

/**
 * Opens images and labels of a folder; a class is a label, an image is called `7/t10k_00000` by its label and its number in the file.
 * @throws UserError when files are missing, cut short, of another type or do not belong together, or lack the wanted images
 */
export async function openMnist({ folder, part, first, count }: MnistSpec): Promise<Dataset> {
  const names = await readdir(folder).catch((error) => {
    throw new UserError(`cannot read the folder ${folder}: ${reasonOf(error)}`);
  });
  const find = (part: Part, content: IdxContent): string | undefined =>
    names.sort().find((name) => fileName.exec(name)?.slice(1, 3).join() === `${part},${content}`);
  const chosen = part ?? parts.find((part) => find(part, 'images')) ?? 'train';
  const read = (content: IdxContent): Promise<Idx> => {
    const name = find(chosen, content);
    if (!name)
      throw new UserError(
        `${folder} has no file ${chosen}-${content}-idx${content === 'images' ? 3 : 1}-ubyte`,
      );
    return readIdx(join(folder, name), content);
  };
  const images = await read('images');
  const labels = await read('labels');
  const [total, height, width] = images.extents as [number, number, number];
  checkBelongTogether(images, labels);
  const end = first + (count ?? total - first);
  if (first >= end || end > total) {
    throw new UserError(
      `${images.name} holds the images 0 to ${total - 1}, not ${first} to ${Math.max(first, end - 1)}`,
    );
  }
  const size = height * width;
  if (size > mostPixels())
    throw new UserError(`${images.name} cannot be read: ${tooManyPixels(`${width} × ${height}`)}`);
  if (end - first > mostImages)
    throw new UserError(
      `${images.name} holds ${end - first} images, more than ${mostImages}: name a part of them, as in mnist:${folder},first=0,count=${mostImages}`,
    );
  const entries = Array.from({ length: end - first }, (_, i) => {
    const index = first + i;
    const identity = String(labels.values[index]);
    // A copy: a view sent to a worker would take the whole file with it.
    const pixels = images.values.slice(index * size, (index + 1) * size);
    return {
      identity,
      key: `${identity}/${chosen}_${String(index).padStart(5, '0')}`,
      source: { kind: 'grey', width, height, pixels } as const,
    };
  });
  return createDataset(`${basename(folder)} (${chosen}, ${first} to ${end - 1})`, entries);
}

async function readIdx(path: string, content: IdxContent): Promise<Idx> {
  const name = basename(path);
  const refuse = (reason: string): never => {
    throw new UserError(`${name} ${reason}`);
  };
  const stored = await readRegularFile(path, mostFileBytes).catch((error) =>
    refuse(`cannot be read: ${reasonOf(error)}`),
  );
  if (!isGzip(stored)) return parseIdx(stored, name, content);
  let bytes: Uint8Array;
  try {
    bytes = gunzip(stored);
  } catch (error) {
    return refuse(`cannot be decompressed: ${(error as Error).message}`);
  }
  return parseIdx(bytes, name, content);
}
