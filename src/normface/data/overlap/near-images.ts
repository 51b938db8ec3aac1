/**
 * Images of one data set that look like another file of a second one. Images of one hash are compared once, and of each image only
 * the nearest other is kept: memory grows with the images, not with their pairs.
 */

import { eachNear, type HashPair, hashWords } from './difference-hash.ts';
import type { ImageHashes } from './image-overlap.node.ts';

/** Hash of an image's file, by sample index; undefined where there is no file. */
type FileHashes = readonly (string | undefined)[];

/** Different hashes of what images look like, in the order of their first image, and the images of each. */
interface HashGroups {
  readonly words: Uint32Array;
  readonly images: readonly (readonly number[])[];
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
  const chosen = b.images.map((images) => {
    const other = images.find((image) => isOther(filesB[images[0]!], filesB[image]));
    return other === undefined || other === images[0] ? images.slice(0, 1) : [images[0]!, other];
  });
  const nearest: (Nearest | undefined)[] = a.images.map(() => undefined);
  eachNear(a.words, b.words, distance, ({ a: group, b: other, distance: bits }) => {
    for (const image of chosen[other]!)
      nearest[group] = withCandidate(nearest[group], { image, distance: bits }, filesB);
  });
  const found: HashPair[] = [];
  a.images.forEach((images, group) => {
    for (const image of images) {
      const other = nearest[group]?.find((candidate) => isOther(filesA[image], filesB[candidate!.image]));
      if (other) found.push({ a: image, b: other.image, distance: other.distance });
    }
  });
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

function grouped({ words, indices }: ImageHashes): HashGroups {
  const groups = new Map<string, number[]>();
  const different: number[] = [];
  indices.forEach((image, i) => {
    const hash = words.subarray(hashWords * i, hashWords * (i + 1));
    const key = hash.join();
    const same = groups.get(key);
    if (same) same.push(image);
    else {
      groups.set(key, [image]);
      different.push(...hash);
    }
  });
  return { words: Uint32Array.from(different), images: [...groups.values()] };
}
