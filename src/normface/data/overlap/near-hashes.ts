/**
 * Pairs of hashes that differ in few bits, without comparing each with each: of two hashes that differ in at most d bits one of d + 1
 * bands of bits is the same in both (pigeonhole principle), so only hashes with a band in common are compared (multi-index hashing:
 * Norouzi, Punjani, Fleet, arXiv 1307.2982).
 */

import { hash32 } from '../../../engine/core/random.ts';
import { hashBits, hashWords } from './difference-hash.ts';

/** The greatest distance that is looked for: bands become too narrow to tell hashes apart. */
export const mostDistance = 7;

/** Two images and the number of bits in which their hashes differ. */
export interface HashPair {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/**
 * Calls `found` once with every pair whose hashes, {@link hashWords} words for each image, differ in at most `distance` bits (0 to 7).
 * Time and memory grow with the images and with the pairs that share a band.
 */
export function eachNear(
  a: Uint32Array,
  b: Uint32Array,
  distance: number,
  found: (pair: HashPair) => void,
): void {
  const [countA, countB] = [a.length / hashWords, b.length / hashWords];
  const masks = bandMasks(distance + 1);
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, countB)));
  masks.forEach((mask, band) => {
    const { start, images } = bucketed(b, countB, mask, buckets);
    for (let image = 0; image < countA; image++) {
      const bucket = bucketOf(a, image, mask, buckets);
      for (let place = start[bucket]!; place < start[bucket + 1]!; place++) {
        const other = images[place]!;
        const bits = differingBits(a, image, b, other, distance);
        if (bits > distance || !isFirstShared(masks, band, a, image, b, other)) continue;
        found({ a: image, b: other, distance: bits });
      }
    }
  });
}

/** Bits of one band, as a mask of a hash's words. */
type Mask = Uint32Array;

/** Disjoint bands. Each has bits from everywhere, since bits of places side by side are often alike and tell less apart. */
function bandMasks(count: number): Mask[] {
  const masks = Array.from({ length: count }, () => new Uint32Array(hashWords));
  for (let bit = 0; bit < hashBits; bit++) masks[bit % count]![bit >> 5]! |= 1 << (bit & 31);
  return masks;
}

function bucketOf(hashes: Uint32Array, image: number, mask: Mask, buckets: number): number {
  const at = hashWords * image;
  const hash = hash32(
    hashes[at]! & mask[0]!,
    hashes[at + 1]! & mask[1]!,
    hashes[at + 2]! & mask[2]!,
    hashes[at + 3]! & mask[3]!,
  );
  return hash & (buckets - 1);
}

/** Images by the bucket of their band (counting sort): those of bucket i are `images[start[i]]` up to before `images[start[i + 1]]`. */
function bucketed(hashes: Uint32Array, count: number, mask: Mask, buckets: number) {
  const bucket = Uint32Array.from({ length: count }, (_, image) => bucketOf(hashes, image, mask, buckets));
  const start = new Uint32Array(buckets + 1);
  for (const one of bucket) start[one + 1]!++;
  for (let i = 0; i < buckets; i++) start[i + 1]! += start[i]!;
  const next = start.slice();
  const images = new Uint32Array(count);
  for (let image = 0; image < count; image++) images[next[bucket[image]!]!++] = image;
  return { start, images };
}

/** In how many bits two hashes differ, exact up to `distance`. */
function differingBits(
  a: Uint32Array,
  image: number,
  b: Uint32Array,
  other: number,
  distance: number,
): number {
  let bits = 0;
  for (let word = 0; word < hashWords && bits <= distance; word++)
    bits += bitCount(a[hashWords * image + word]! ^ b[hashWords * other + word]!);
  return bits;
}

/** Whether `band` is the same in both hashes, and none before it, in which the pair was found already. */
function isFirstShared(
  masks: readonly Mask[],
  band: number,
  a: Uint32Array,
  image: number,
  b: Uint32Array,
  other: number,
): boolean {
  for (let number = 0; number <= band; number++) {
    let differs = 0;
    for (let word = 0; word < hashWords; word++)
      differs |= (a[hashWords * image + word]! ^ b[hashWords * other + word]!) & masks[number]![word]!;
    if (differs === 0) return number === band;
  }
  // Different bands in the same bucket.
  return false;
}

/** How many bits of a 32-bit word are set. */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
