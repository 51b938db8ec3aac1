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
