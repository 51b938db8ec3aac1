/** Images that two data sets have in common: the same files, and others that look nearly the same. */

import { createHash } from 'node:crypto';
import { loadImages } from '../batches/loader.node.ts';
import type { Dataset } from '../dataset.ts';
import { ImageStore, type ImageStoreOptions } from '../images/image-store.node.ts';
import type { DecodePool } from '../images/worker-pool.node.ts';
import { readSource } from '../source.node.ts';
import { differenceHash, hashedSize, hashWords } from './difference-hash.ts';

/** An image of one data set and one of the other, by their sample indices. */
export interface ImagePair {
  readonly a: number;
  readonly b: number;
}

/** Images that are read at once. */
const readAtOnce = 32;

/** Called now and then with the number of images done. */
export type OnImages = (done: number) => void;

/** Hash of the bytes of every image's file, or undefined where there is no file or it cannot be read, which decoding tells. */
export async function fileHashes({ samples }: Dataset, onImages?: OnImages): Promise<(string | undefined)[]> {
  const hashes: (string | undefined)[] = [];
  for (let start = 0; start < samples.length; start += readAtOnce) {
    const some = samples.slice(start, start + readAtOnce).map(({ source }) => source);
    hashes.push(
      ...(await Promise.all(
        some.map(async (source) => {
          if (source.kind === 'grey' || source.kind === 'generated') return undefined;
          const bytes = await readSource(source).catch(() => undefined);
          return bytes && createHash('sha256').update(bytes).digest('base64');
        }),
      )),
    );
    onImages?.(hashes.length);
  }
  return hashes;
}

/** What two data sets have in common of files: counted are images, so that nine copies on both sides are nine, not 81. */
export interface SameFiles {
  /** Images of the first data set whose file is also in the second, and the other way round. */
  readonly inA: number;
  readonly inB: number;
  /** Different files among them. */
  readonly files: number;
  /** For each image of the first data set the first image of the second that is the same file. */
  readonly pairs: readonly ImagePair[];
}

/** Images whose files both data sets have. */
export function sameFiles(a: readonly (string | undefined)[], b: readonly (string | undefined)[]): SameFiles {
  const known = new Map<string, { first: number; count: number }>();
  b.forEach((hash, image) => {
    if (hash === undefined) return;
    const same = known.get(hash);
    if (same) same.count++;
    else known.set(hash, { first: image, count: 1 });
  });
  const pairs: ImagePair[] = [];
  const shared = new Set<string>();
  let inB = 0;
  a.forEach((hash, image) => {
    const same = hash === undefined ? undefined : known.get(hash);
    if (hash === undefined || !same) return;
    pairs.push({ a: image, b: same.first });
    if (shared.has(hash)) return;
    shared.add(hash);
    inB += same.count;
  });
  return { inA: pairs.length, inB, files: shared.size, pairs };
}

/** Difference hashes of all images that can be read, {@link hashWords} words each, and their sample indices. */
export interface ImageHashes {
  readonly words: Uint32Array;
  readonly indices: Uint32Array;
}

/** Decodes all images and hashes what they look like. Those that cannot be read are left out. */
export async function differenceHashes(
  dataset: Dataset,
  pool: DecodePool,
  {
    onImages,
    ...reports
  }: { readonly onImages?: OnImages } & Pick<ImageStoreOptions, 'onCorrupt' | 'onDamaged'> = {},
): Promise<ImageHashes> {
  const store = new ImageStore(dataset, { ...hashedSize, cacheBytes: 0, pool, ...reports });
  const words = new Uint32Array(hashWords * dataset.samples.length);
  const indices = new Uint32Array(dataset.samples.length);
  let done = 0;
  for await (const batch of loadImages(store, Uint32Array.from(dataset.samples.keys()), 256)) {
    batch.indices.forEach((index, i) => {
      const pixels = batch.pixels.subarray(i * store.bytesPerImage, (i + 1) * store.bytesPerImage);
      words.set(differenceHash(pixels), hashWords * done);
      indices[done++] = index;
    });
    onImages?.(done);
  }
  return { words: words.slice(0, hashWords * done), indices: indices.slice(0, done) };
}
