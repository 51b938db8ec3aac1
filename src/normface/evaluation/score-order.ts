/*
 * Order statistics of f32 scores from counts of the halves of their keys. The key is an unsigned number in the order of the
 * scores; src/shaders/pairs/pair_score_histogram.wesl computes the same one.
 */

/** The f32 score of a key. */
export function scoreOfKey(key: number): number {
  const bits = new Uint32Array([key >>> 31 ? key & 0x7fffffff : ~key]);
  return new Float32Array(bits.buffer)[0]!;
}

/**
 * Where the `rank`-th greatest of counted things lies (from 1): its bin, and its rank within it.
 * @param counts things in each bin, in ascending order of the bins; there must be at least `rank` of them
 */
export function findRank(counts: ArrayLike<number>, rank: number): { bin: number; rank: number } {
  let bin = counts.length - 1;
  let left = rank;
  for (; left > counts[bin]!; bin--) left -= counts[bin]!;
  return { bin, rank: left };
}

/** Things in the bins from `first` on. */
export function countFrom(counts: ArrayLike<number>, first: number): number {
  let sum = 0;
  for (let bin = first; bin < counts.length; bin++) sum += counts[bin]!;
  return sum;
}
