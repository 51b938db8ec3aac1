/**
 * Images of one data set that look like another file of a second one. Images of one hash are compared once, and of each image only
 * the nearest other is kept: memory grows with the images, not with their pairs.
 */

import { hashWords } from './difference-hash.ts';
import type { ImageHashes } from './image-overlap.node.ts';
import { eachNear, type HashPair } from './near-hashes.ts';

/** Hash of an image's file, by sample index; undefined where there is no file. */
type FileHashes = readonly (string | undefined)[];

/** Different hashes of what images look like, and the images of each: those of hash i are `images[start[i]]` up to before `start[i + 1]`. */
interface HashGroups {
  readonly words: Uint32Array;
  readonly images: Uint32Array;
  readonly start: Uint32Array;
}

/** The nearest image, and the nearest whose file is another one than that: one of both is another file than any given one. */
type Nearest = readonly [Candidate, Candidate?];

interface Candidate {
  readonly image: number;
  readonly distance: number;
}

/**
 * For every image of `a` that looks like images of `b` which are other files, the nearest of those; nearest first, then in the order of `a`.
 * @param distance bits in which hashes may differ, 0 to 7
 */
export function nearImages(
  [looksA, filesA]: readonly [ImageHashes, FileHashes],
  [looksB, filesB]: readonly [ImageHashes, FileHashes],
  distance: number,
): HashPair[] {
  const a = grouped(looksA);
  const b = grouped(looksB);
  // Two of each group suffice: the first image, and the first of another file.
  const others = Array.from({ length: b.start.length - 1 }, (_, group) => {
    const [first, ...images] = imagesOf(b, group);
    return images.find((image) => isOther(filesB[first!], filesB[image]));
  });
  const nearest = new Map<number, Nearest>();
  eachNear(a.words, b.words, distance, ({ a: group, b: other, distance: bits }) => {
    for (const image of [b.images[b.start[other]!], others[other]])
      if (image !== undefined)
        nearest.set(group, withCandidate(nearest.get(group), { image, distance: bits }, filesB));
  });
  const found: HashPair[] = [];
  for (const [group, candidates] of nearest)
    for (const image of imagesOf(a, group)) {
      const other = candidates.find((candidate) => isOther(filesA[image], filesB[candidate!.image]));
      if (other) found.push({ a: image, b: other.image, distance: other.distance });
    }
  return found.sort((x, y) => x.distance - y.distance || x.a - y.a);
}

function isOther(file: string | undefined, other: string | undefined): boolean {
  return file === undefined || file !== other;
}

function isNearer(x: Candidate, y: Candidate): boolean {
  return x.distance < y.distance || (x.distance === y.distance && x.image < y.image);
}

function withCandidate(known: Nearest | undefined, candidate: Candidate, files: FileHashes): Nearest {
  if (!known) return [candidate];
  const [first, second] = known;
  const differs = isOther(files[first.image], files[candidate.image]);
  if (isNearer(candidate, first))
    return differs ? [candidate, first] : second ? [candidate, second] : [candidate];
  return differs && (!second || isNearer(candidate, second)) ? [first, candidate] : known;
}

function imagesOf({ images, start }: HashGroups, group: number): Uint32Array {
  return images.subarray(start[group], start[group + 1]);
}

/** By sorting columns of numbers, of which millions take less memory than a map. Images of a hash stay in order. */
function grouped({ words, indices }: ImageHashes): HashGroups {
  const compare = (x: number, y: number): number => {
    for (let word = 0; word < hashWords; word++) {
      const difference = words[hashWords * x + word]! - words[hashWords * y + word]!;
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const order = Uint32Array.from(indices.keys()).sort((x, y) => compare(x, y) || x - y);
  const isFirst = (place: number): boolean => place === 0 || compare(order[place]!, order[place - 1]!) !== 0;
  const places = Uint32Array.from(order.keys()).filter(isFirst);
  const start = Uint32Array.from({ length: places.length + 1 }, (_, i) => places[i] ?? order.length);
  const different = new Uint32Array(hashWords * (start.length - 1));
  for (let group = 0; group + 1 < start.length; group++) {
    const row = hashWords * order[start[group]!]!;
    different.set(words.subarray(row, row + hashWords), hashWords * group);
  }
  return { words: different, images: order.map((row) => indices[row]!), start };
}
