/** Consecutive rows that one rank has of what several have together. */
export interface RowRange {
  readonly first: number;
  readonly count: number;
}

/**
 * The rows of a rank where all have about as many: the first `rows` mod `size` ranks have one more (Partial FC, arXiv 2203.15565, as its
 * authors' program divides classes).
 */
export function rangeOf(rows: number, size: number, rank: number): RowRange {
  const each = Math.floor(rows / size);
  const more = rows % size;
  return { first: rank * each + Math.min(rank, more), count: each + (rank < more ? 1 : 0) };
}

/** How many rows each rank has, by rank, times the numbers in a row. */
export function rowCounts(rows: number, size: number, numbersPerRow = 1): Int32Array {
  return Int32Array.from({ length: size }, (_, rank) => numbersPerRow * rangeOf(rows, size, rank).count);
}
