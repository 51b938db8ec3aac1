/** Writes a data set in another form. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError, UserError } from '../../../common/errors.ts';
import type { Dataset, ResolvedPair } from '../dataset.ts';
import { sizesOf } from '../describe.node.ts';
import { encodedImage } from './encoded-image.node.ts';
import { Staging } from './staging.node.ts';
import {
  binTarget,
  folderTarget,
  recordFiles,
  recordTarget,
  type Target,
  tarTarget,
} from './targets.node.ts';

/** Forms that are written. */
export type TargetKind = 'folder' | 'tar' | 'records' | 'bin';

const kinds: Readonly<Record<string, TargetKind>> = { '.rec': 'records', '.bin': 'bin', '.tar': 'tar' };

/** Endings of files that people may expect to be written, and are not. */
const notWritten =
  /\.(zip|gz|tgz|7z|rar|idx|lst|txt|list|csv|tsv|pkl|pickle|jpe?g|png|lmdb|h5|hdf5|parquet)$/i;

/** Images that are read at once. */
const readAtOnce = 16;

/** The form of a target by its name. @throws UsageError for the name of a file that is not written */
export function targetKind(out: string): TargetKind {
  const kind = kinds[path.extname(out).toLowerCase()];
  if (kind) return kind;
  if (notWritten.test(out))
    throw new UsageError(`${out}: written are .rec, .bin, .tar, and folders (a name without such an ending)`);
  return 'folder';
}

/** The files that would be made, or the folder. */
export function targetFiles(out: string): string[] {
  return targetKind(out) === 'records'
    ? recordFiles(out).map((name) => path.join(path.dirname(out), name))
    : [out];
}

/**
 * Refuses to overwrite: files unless `force` is given, folders with something in them always.
 * @throws UserError naming what is there
 */
export function checkTarget(out: string, force: boolean): void {
  for (const file of targetFiles(out)) {
    const found = fs.statSync(file, { throwIfNoEntry: false });
    if (!found) continue;
    if (targetKind(out) === 'folder') {
      if (!found.isDirectory()) throw new UserError(`${file} is a file; name a folder`);
      if (fs.readdirSync(file).length > 0)
        throw new UserError(`${file} is not empty; name a new folder, or remove what is in it`);
    } else if (found.isDirectory()) throw new UserError(`${file} is a folder; name a file`);
    else if (!force) throw new UserError(`${file} exists already; --force replaces it`);
  }
}

/** What a data set is written as. */
export interface ConvertOptions {
  /** Pairs of samples: what a `.bin` consists of. */
  readonly pairs?: readonly ResolvedPair[];
  readonly force?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes a data set as a folder, a `.tar`, a RecordIO file (`.rec`) or a verification set of insightface (`.bin`). Encoded images
 * are copied byte for byte; those that are in no file become PNG, and in `.rec` and `.bin` GIF and AVIF do, too.
 * @returns the files that were made, and how many images they hold
 * @throws UserError when an image cannot be read or something cannot be written: then nothing is left of it
 */
export async function convertDataset(
  dataset: Dataset,
  out: string,
  { pairs, force = false, onProgress }: ConvertOptions = {},
): Promise<{ files: string[]; images: number }> {
  const kind = targetKind(out);
  checkTarget(out, force);
  if (kind === 'bin' && !pairs) throw new UsageError(`${out} holds pairs: name a list of them with --pairs`);
  const order =
    kind === 'bin'
      ? Uint32Array.from(pairs!.flatMap(({ first, second }) => [first, second]))
      : Uint32Array.from(dataset.samples.keys());
  const size = kind === 'records' ? await usualSize(dataset) : undefined;
  const staging = new Staging(out);
  try {
    const target = targetOf(kind, staging, out, dataset, pairs, size);
    const usualOnly = kind === 'records' || kind === 'bin';
    for (let start = 0; start < order.length; start += readAtOnce) {
      const some = Array.from(order.subarray(start, start + readAtOnce), (index) => dataset.samples[index]!);
      const images = await Promise.all(some.map((sample) => encodedImage(sample, dataset.name, usualOnly)));
      for (const [i, image] of images.entries()) await target.add(image, some[i]!.identity);
      onProgress?.(Math.min(start + readAtOnce, order.length), order.length);
    }
    await target.finish();
  } catch (error) {
    staging.discard();
    throw error;
  }
  return { files: targetFiles(out), images: order.length };
}

function targetOf(
  kind: TargetKind,
  staging: Staging,
  out: string,
  dataset: Dataset,
  pairs: readonly ResolvedPair[] | undefined,
  size: readonly [number, number] | undefined,
): Target {
  switch (kind) {
    case 'folder':
      return folderTarget(staging);
    case 'tar':
      return tarTarget(staging, out);
    case 'records':
      return recordTarget(staging, out, dataset, size!);
    case 'bin':
      return binTarget(
        staging,
        out,
        pairs!.map(({ same }) => same),
      );
  }
}

/** The most frequent height and width of some of the images; 112 × 112, that of insightface's crops, where none is known. */
async function usualSize(dataset: Dataset): Promise<readonly [number, number]> {
  const [first] = (await sizesOf(dataset)).sizes;
  const match = first && /^(\d+) × (\d+)$/.exec(first.what);
  return match ? [Number(match[2]), Number(match[1])] : [112, 112];
}
