/**
 * The difference hash of an image: 9 × 9 grey values, and for each two that lie side by side, and one above the other, whether the
 * second is brighter. An image that is stored again, scaled or made brighter keeps nearly all of the 128 bits.
 */

/** Grey values in a row, and rows. */
const grid = 9;
/** Pixels whose mean is one grey value; images are scaled to this many times the grid. */
const block = 4;

/** Size at which images are hashed, in pixels. */
export const hashedSize = { width: grid * block, height: grid * block } as const;

/** 32-bit words of a hash: two of differences to the right, two of differences downwards. */
export const hashWords = 4;
export const hashBits = 32 * hashWords;

/** Hash of an RGBA image of {@link hashedSize}. */
export function differenceHash(rgba: Uint8Array): Uint32Array {
  const grey = greyGrid(rgba);
  const words = new Uint32Array(hashWords);
  const set = (bit: number) => {
    words[bit >> 5]! |= 1 << (bit & 31);
  };
  for (let row = 0; row + 1 < grid; row++)
    for (let column = 0; column + 1 < grid; column++) {
      const here = grey[row * grid + column]!;
      const bit = (grid - 1) * row + column;
      if (here < grey[row * grid + column + 1]!) set(bit);
      if (here < grey[(row + 1) * grid + column]!) set(hashBits / 2 + bit);
    }
  return words;
}

/** Sums of the luma (ITU-R BT.601 of 2011) of the pixels of each block. */
function greyGrid(rgba: Uint8Array): Float64Array {
  const sums = new Float64Array(grid * grid);
  const { width, height } = hashedSize;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const luma = 0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]!;
      sums[Math.floor(y / block) * grid + Math.floor(x / block)]! += luma;
    }
  return sums;
}

/** How many bits of two 32-bit words differ. */
function differing(a: number, b: number): number {
  let bits = a ^ b;
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Two images and the number of bits in which their hashes differ. */
export interface HashPair {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/** Bits by which images are looked up, in the first half of a hash. */
const bandBits = 8;
/** Of hashes that differ in fewer bits than there are bands, one band is the same. */
const bands = hashBits / 2 / bandBits;
export const mostDistance = bands - 1;

/**
 * Calls `found` with every pair whose hashes, {@link hashWords} words for each image, differ in at most `distance` bits (0 to 7). Only
 * images that have one of eight bands of 8 bits in common are compared; by the pigeonhole principle no pair is missed.
 */
export function eachNear(
  a: Uint32Array,
  b: Uint32Array,
  distance: number,
  found: (pair: HashPair) => void,
): void {
  const [countA, countB] = [a.length / hashWords, b.length / hashWords];
  const perWord = 32 / bandBits;
  const band = (hashes: Uint32Array, image: number, number: number): number =>
    (hashes[hashWords * image + Math.floor(number / perWord)]! >>> (bandBits * (number % perWord))) &
    (2 ** bandBits - 1);
  for (let number = 0; number < bands; number++) {
    const buckets: number[][] = Array.from({ length: 2 ** bandBits }, () => []);
    for (let image = 0; image < countB; image++) buckets[band(b, image, number)]!.push(image);
    for (let image = 0; image < countA; image++)
      for (const other of buckets[band(a, image, number)]!) {
        let bits = 0;
        for (let word = 0; word < hashWords && bits <= distance; word++)
          bits += differing(a[hashWords * image + word]!, b[hashWords * other + word]!);
        if (bits > distance) continue;
        // Found by an earlier band already?
        let earlier = 0;
        while (earlier < number && band(a, image, earlier) !== band(b, other, earlier)) earlier++;
        if (earlier === number) found({ a: image, b: other, distance: bits });
      }
  }
}
