/** The files of a checkpoint that have the rows of classes, see class-part.ts. */

import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import type { RowRange } from '../../../engine/distributed/range.ts';
import { classFileMetadata, parseClassFileName, type TensorKind } from './class-part.ts';
import type { Done } from './done.node.ts';
import type { DescribedTensor } from './safetensors-header.ts';
import { TensorFile, type WantedBytes } from './tensor-file.node.ts';

/** A file with rows, at least one, of several tensors. */
export interface ClassFile {
  readonly opened: TensorFile;
  readonly rows: RowRange;
}

/**
 * Opens the files of a kind that a checkpoint's DONE lists.
 * @returns them in the order of their rows, which together are those of all classes
 * @throws UserError when one is missing, when they leave rows out or have some twice, or have other rows or tensors than they should
 */
export function openClassFiles(folder: string, kind: TensorKind, done: Done | undefined): ClassFile[] {
  const listed = Object.keys(done?.sha256 ?? {}).flatMap((name) => {
    const parsed = parseClassFileName(name);
    return parsed?.kind === kind ? [{ file: path.join(folder, name), rows: parsed.rows }] : [];
  });
  listed.sort((a, b) => a.rows.first - b.rows.first || a.rows.count - b.rows.count);
  let next = 0;
  for (const { file, rows } of listed) {
    if (rows.first > next || rows.count < 1)
      throw new UserError(`${file} is not the next of its kind: the rows from ${next} on are in no file`);
    if (rows.first < next) throw new UserError(`${file} has rows below ${next}, which another file has, too`);
    next = endOf(rows);
  }
  const files = listed.map(({ file, rows }) => ({ opened: new TensorFile(file), rows }));
  for (const one of files) checkFile(one, files[0]!, next);
  return files;
}

/** @throws UserError when a file does not have the rows that its name says, or other tensors than the first one */
function checkFile({ opened, rows }: ClassFile, first: ClassFile, total: number): void {
  const { file, header } = opened;
  for (const [key, value] of Object.entries(classFileMetadata(rows, total))) {
    if (header.metadata[key] !== value)
      throw new UserError(`${file} is damaged: its ${key} is ${header.metadata[key]}, not ${value}`);
  }
  for (const { name, shape } of header.tensors) {
    if (shape[0] === undefined || shape[0] % rows.count !== 0)
      throw new UserError(`${file} is damaged: "${name}" [${shape}] has not ${rows.count} rows`);
  }
  const others = new Set(first.opened.header.tensors.map((tensor) => rowText(tensor, first.rows)));
  const areSame = header.tensors.every((tensor) => others.has(rowText(tensor, rows)));
  if (!areSame || header.tensors.length !== others.size)
    throw new UserError(`${file} is damaged: it has other tensors than ${first.opened.file}`);
}

/** What a row of a tensor is: the same in all files. */
function rowText({ name, dtype, shape: [extent, ...others] }: DescribedTensor, { count }: RowRange): string {
  return JSON.stringify([name, dtype, extent! / count, ...others]);
}

/** Row after the last. */
export function endOf({ first, count }: RowRange): number {
  return first + count;
}

/**
 * Those of the wanted rows of a tensor that a file has.
 * @param into memory for all wanted rows
 */
export function bytesFrom(
  { opened, rows: own }: ClassFile,
  tensor: string,
  rows: RowRange,
  into: Uint8Array,
): WantedBytes[] {
  const [first, end] = [Math.max(own.first, rows.first), Math.min(endOf(own), endOf(rows))];
  if (first >= end) return [];
  const { begin, end: behind } = opened.header.tensors.find(({ name }) => name === tensor)!;
  const rowBytes = (behind - begin) / own.count;
  return [
    {
      begin: begin + (first - own.first) * rowBytes,
      into: into.subarray((first - rows.first) * rowBytes, (end - rows.first) * rowBytes),
    },
  ];
}
