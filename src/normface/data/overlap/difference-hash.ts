/**
 * The difference hash of an image: 9 × 8 grey values, and for each two that lie side by side whether the right one is brighter. An
 * image that is stored again, scaled or made brighter keeps nearly all of the 64 bits.
 */

/** Grey values that are compared. */
const columns = 9;
const rows = 8;
/** Pixels whose mean is one grey value; images are scaled to this many times the grid. */
const block = 4;

/** Size at which images are hashed, in pixels. */
export const hashedSize = { width: columns * block, height: rows * block } as const;

/** Hash of an RGBA image of {@link hashedSize} as two 32-bit words. */
export function differenceHash(rgba: Uint8Array): [number, number] {
  const { width } = hashedSize;
  const grey = (row: number, column: number): number => {
    let sum = 0;
    for (let y = row * block; y < (row + 1) * block; y++)
      for (let x = column * block; x < (column + 1) * block; x++) {
        const at = 4 * (y * width + x);
        // Luma of ITU-R BT.601.
        sum += 0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]!;
      }
    return sum;
  };
  const words: [number, number] = [0, 0];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const bit = 8 * row + column;
      if (grey(row, column) < grey(row, column + 1)) words[bit >> 5]! |= 1 << (bit & 31);
    }
  return [words[0] >>> 0, words[1] >>> 0];
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

/** Bits of a word by which images are looked up. */
const bandBits = 16;
/** Of hashes that differ in fewer bits than there are bands, one band is the same. */
const bands = 64 / bandBits;
export const mostDistance = bands - 1;

/**
 * All pairs whose hashes, two words for each image, differ in at most `distance` bits (0 to 3), nearest first. Only images
 * that have one of four bands of 16 bits in common are compared; by the pigeonhole principle no pair is missed.
 */
export function nearHashes(a: Uint32Array, b: Uint32Array, distance: number): HashPair[] {
  const found: HashPair[] = [];
  const band = (hashes: Uint32Array, image: number, number: number): number =>
    (hashes[2 * image + (number >> 1)]! >>> (bandBits * (number & 1))) & (2 ** bandBits - 1);
  for (let number = 0; number < bands; number++) {
    const buckets = new Map<number, number[]>();
    for (let image = 0; image < b.length / 2; image++) {
      const value = band(b, image, number);
      const bucket = buckets.get(value);
      if (bucket) bucket.push(image);
      else buckets.set(value, [image]);
    }
    for (let image = 0; image < a.length / 2; image++) {
      for (const other of buckets.get(band(a, image, number)) ?? []) {
        // Found by an earlier band already?
        let earlier = 0;
        while (earlier < number && band(a, image, earlier) !== band(b, other, earlier)) earlier++;
        if (earlier < number) continue;
        const bits =
          differing(a[2 * image]!, b[2 * other]!) + differing(a[2 * image + 1]!, b[2 * other + 1]!);
        if (bits <= distance) found.push({ a: image, b: other, distance: bits });
      }
    }
  }
  return found.sort((x, y) => x.distance - y.distance || x.a - y.a || x.b - y.b);
}
