/** Files that `--out` and the like must not name: those that a command reads, and those of runs. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../common/errors.ts';
import type { Dataset } from '../normface/data/dataset.ts';

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
