/** Files that `--out` and the like must not name: those that a command reads, and those of runs. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError, UserError } from '../common/errors.ts';
import type { Dataset } from '../normface/data/dataset.ts';

/**
 * As {@link checkOutput}, for a single file: commands that write one replace what is there only when they are told to. Folders that are
 * missing on the way are made.
 *
 * @param force the flag --force
 * @throws UserError when the file is there already, or is a folder
 */
export function checkNewFile(
  out: string,
  force: boolean | undefined,
  inputs: readonly string[] = [],
  flag = '--out',
): void {
  checkOutput(out, inputs, flag);
  if (!fs.existsSync(out)) return;
  if (fs.statSync(out).isDirectory()) throw new UserError(`cannot write ${out}: it is a folder`);
  if (!force) throw new UserError(`${out} exists already; --force replaces it`);
}

/**
 * @param out the file or folder that is to be written
 * @param inputs files that the command reads
 * @param flag what the sentence calls it; empty for an argument, which has its own name only
 * @throws UsageError when `out` is one of them, or lies in the folder of a run or checkpoint
 */
export function checkOutput(out: string, inputs: readonly string[] = [], flag = '--out'): void {
  const target = realPath(out);
  const named = flag === '' ? out : `${flag} ${out}`;
  if (fs.existsSync(target) && inputs.some((input) => realPath(input) === target))
    throw new UsageError(`${named}: this file is read; write to another one`);
  for (let folder = target; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const has = (...names: string[]) => names.every((name) => fs.existsSync(path.join(folder, name)));
    if (has('config.json', 'ckpt') || has('DONE', 'weights.safetensors'))
      throw new UsageError(`${named}: ${folder} is the folder of a run or checkpoint; write outside of it`);
  }
}

/** The image files and archives that the samples of a data set are read from. */
export function filesOf({ samples }: Dataset): string[] {
  const files = new Set<string>();
  for (const { source } of samples) if ('path' in source) files.add(source.path);
  return [...files];
}

/** The path without links, of what is there and of what is yet to be written. */
export function realPath(file: string): string {
  const absolute = path.resolve(file);
  if (fs.existsSync(absolute)) return fs.realpathSync(absolute);
  const parent = path.dirname(absolute);
  return parent === absolute ? absolute : path.join(realPath(parent), path.basename(absolute));
}
