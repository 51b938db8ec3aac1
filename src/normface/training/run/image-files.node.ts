/** Whether the images of a resumed run are still those that it was started on. */

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { type Dataset, imageName, type Sample, type Source } from '../../data/dataset.ts';
import { readSource } from '../../data/source.node.ts';
import type { TrainingState } from '../checkpoint/checkpoint.ts';

/** What checkpoints keep of the images. */
export type ImageRecord = Pick<TrainingState, 'imagesHash' | 'imageFiles' | 'contentsHash'>;

/** Files looked at in one go. */
const AT_ONCE = 64;

/**
 * Hashes of the sizes of all images and of the times of their files, in whole seconds, which survive most ways of copying. Images
 * that lie in no file of their own count with their size alone.
 */
export async function describeImageFiles({ samples }: Dataset): Promise<{ sizes: string; times: string }> {
  const [sizes, times] = [createHash('sha256'), createHash('sha256')];
  const known = new Map<string, ReturnType<typeof describeFile>>();
  const describe = (path: string) => {
    const found = known.get(path) ?? describeFile(path);
    known.set(path, found);
    return found;
  };
  for (let first = 0; first < samples.length; first += AT_ONCE) {
    const some = samples.slice(first, first + AT_ONCE);
    const described = await Promise.all(some.map(({ source }) => fileOf(source, describe)));
    some.forEach(({ key }, i) => {
      const { size, seconds } = described[i]!;
      sizes.update(`${key}\n${size}\n`);
      times.update(`${key}\n${seconds}\n`);
    });
  }
  return { sizes: sizes.digest('hex'), times: times.digest('hex') };
}

interface FileFacts {
  readonly size: number;
  readonly seconds: number;
}

async function fileOf(source: Source, describe: (path: string) => Promise<FileFacts>): Promise<FileFacts> {
  switch (source.kind) {
    case 'file':
      return describe(source.path);
    case 'range':
      return { size: source.length, seconds: (await describe(source.path)).seconds };
    case 'record':
      // Its file's size says as much of it as its own, which only reading tells.
      return describe(source.path);
    case 'bytes':
      return { size: source.bytes.length, seconds: 0 };
    case 'grey':
      return { size: source.pixels.length, seconds: 0 };
    case 'generated':
      return { size: 0, seconds: 0 };
  }
}

/** A file that is not there is left to the caller who wants to read it. */
async function describeFile(path: string): Promise<FileFacts> {
  const found = await stat(path).catch(() => undefined);
  return { size: found?.size ?? -1, seconds: Math.floor((found?.mtimeMs ?? 0) / 1000) };
}

/** Hash of what all images hold, each with its name. @throws UserError naming the first that cannot be read */
export async function hashContents({ samples }: Dataset): Promise<string> {
  const hash = createHash('sha256');
  for (const sample of samples) {
    hash.update(`\n${sample.key}\n`);
    await addContents(hash, sample);
  }
  return hash.digest('hex');
}

async function addContents(hash: Hash, sample: Sample): Promise<void> {
  const { source } = sample;
  if (source.kind === 'grey') hash.update(source.pixels);
  if (source.kind === 'generated') hash.update(JSON.stringify(source));
  if (source.kind === 'bytes') hash.update(source.bytes);
  if (source.kind === 'record') {
    hash.update(
      await readSource(source).catch((error: Error) => {
        throw new UserError(`cannot read the image ${imageName(sample)} to verify it: ${error.message}`);
      }),
    );
  }
  if (source.kind !== 'file' && source.kind !== 'range') return;
  // The end of a range is its last byte.
  const range =
    source.kind === 'range' ? { start: source.offset, end: source.offset + source.length - 1 } : undefined;
  if (range && range.end < range.start) return;
  try {
    for await (const chunk of createReadStream(source.path, range)) hash.update(chunk as Buffer);
  } catch (error) {
    throw new UserError(`cannot read the image ${imageName(sample)} to verify it: ${reasonOf(error)}`);
  }
}
