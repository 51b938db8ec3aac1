/** The weights of a checkpoint, or the state of its optimiser, put together from its files: all of it, or the rows of some classes. */

import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { bytesFrom, endOf, openClassFiles } from './class-files.node.ts';
import { type ClassPart, hasClassRows, type TensorKind } from './class-part.ts';
import type { Done } from './done.node.ts';
import { bytesOf, type SafetensorsFile, type StoredTensor } from './safetensors.ts';
import { ARRAYS, type DescribedTensor, elements } from './safetensors-header.ts';
import { TensorFile, type WantedBytes } from './tensor-file.node.ts';

export interface ReadOptions {
  /**
   * The rows that are wanted of everything that has a row for each class; `none`: nothing that is in files for classes alone, for those
   * who need the net only. Default: everything, as one model.
   */
  readonly classes?: ClassPart | 'none';
}

/** What is wanted of a file. */
interface Reading {
  readonly opened: TensorFile;
  readonly wanted: readonly WantedBytes[];
}

/**
 * Reads a file, and those with rows of classes that belong to it.
 * @param done what the checkpoint says of its files; without it nothing is compared, and only this file is read
 * @throws UserError when one of them is missing, damaged, or does not fit the others
 */
export function readTensors(
  file: string,
  kind: TensorKind,
  done: Done | undefined,
  { classes }: ReadOptions = {},
): SafetensorsFile {
  const main = new TensorFile(file);
  const tensors = new Map<string, StoredTensor>();
  const part = classes === 'none' ? undefined : classes;
  const readings = [
    { opened: main, wanted: main.header.tensors.map((tensor) => wantedOf(main, tensor, part, tensors)) },
    ...(classes === 'none' ? [] : readingsOfClasses(path.dirname(file), kind, done, part, tensors)),
  ];
  for (const { opened, wanted } of readings)
    opened.read(wanted, done && (done.sha256[path.basename(opened.file)] ?? ''));
  return { tensors, metadata: main.header.metadata };
}

/** The bytes of a tensor of a file that has all classes, or those of the rows that are wanted; memory for them is put into `tensors`. */
function wantedOf(
  { file }: TensorFile,
  tensor: DescribedTensor,
  part: ClassPart | undefined,
  tensors: Map<string, StoredTensor>,
): WantedBytes {
  const { name, shape, begin, end } = tensor;
  if (!part || !hasClassRows(name, part)) {
    const stored = allocate(tensor, shape);
    tensors.set(name, stored);
    return { begin, into: bytesOf(stored.data) };
  }
  const { rows, total } = part;
  const [extent, ...others] = shape;
  // An optimiser keeps the numbers of a row one after the other: then there are several times as many.
  if (extent === undefined || extent % total !== 0)
    throw new UserError(`${file}: "${name}" [${shape}] does not have a row for each of ${total} classes`);
  const stored = allocate(tensor, [(extent / total) * rows.count, ...others]);
  tensors.set(name, stored);
  return { begin: begin + rows.first * ((end - begin) / total), into: bytesOf(stored.data) };
}

/** What is wanted of those files with rows of classes that have any of it; memory for it is put into `tensors`. */
function readingsOfClasses(
  folder: string,
  kind: TensorKind,
  done: Done | undefined,
  part: ClassPart | undefined,
  tensors: Map<string, StoredTensor>,
): Reading[] {
  const files = openClassFiles(folder, kind, done);
  const [first] = files;
  if (!first) return [];
  const total = endOf(files.at(-1)!.rows);
  if (part && part.total !== total)
    throw new UserError(`the checkpoint ${folder} has ${total} classes, not ${part.total}`);
  const wholes = first.opened.header.tensors.map((tensor) => {
    const rows = part && hasClassRows(tensor.name, part) ? part.rows : { first: 0, count: total };
    const [extent, ...others] = tensor.shape;
    const stored = allocate(tensor, [(extent! / first.rows.count) * rows.count, ...others]);
    tensors.set(tensor.name, stored);
    return { name: tensor.name, rows, into: bytesOf(stored.data) };
  });
  return files
    .map((file) => ({
      opened: file.opened,
      wanted: wholes.flatMap(({ name, rows, into }) => bytesFrom(file, name, rows, into)),
    }))
    .filter(({ wanted }) => wanted.length > 0);
}

function allocate({ dtype }: DescribedTensor, shape: readonly number[]): StoredTensor {
  return { dtype, shape, data: new ARRAYS[dtype](elements(shape)) };
}
