/**
 * How far single measurements scatter, learnt from all rows of a table at once. Three seeds say little of the spread of one row: a
 * t-test with two degrees of freedom needs a difference of 4.3 standard errors, one by all rows of a table of 24 needs 2.0.
 *
 * Model: value = row + seed + chance, the randomised block design of Fisher, "The Design of Experiments" (1935), with the seeds as
 * blocks: what a seed does to all rows, such as the net that all of them start from, is no part of the spread. That design takes all
 * rows to scatter alike; here a row that scatters more than all together keeps its own spread, and the few degrees of freedom behind it. Of two rows that
 * differ by chance alone 2 % are then told apart at p < 0.05 where all scatter alike, and 4 % where they scatter three times as much as the others. Of 24
 * rows beside a control that scatters three times as much, one or more is by Holm's procedure in 5 % of tables (test/common/shared-spread.test.ts).
 */

/** The spread of single measurements of each row. */
export interface SharedSpread {
  readonly variances: readonly number[];
  /** Of freedom behind that of all rows together, a whole number. */
  readonly degrees: number;
  /** Of freedom behind each row that keeps its own spread; undefined where it has that of all. */
  readonly own: readonly (number | undefined)[];
}

/**
 * The variance of the difference of two rows, of single measurements, and the degrees of freedom behind it: where one of them has its own spread, those of
 * Satterthwaite, "An approximate distribution of estimates of variance components" (1946), since that spread is known from its few values alone.
 */
export function spreadOfDifference(
  { variances, degrees, own }: SharedSpread,
  first: number,
  second: number,
): { variance: number; degrees: number } {
  const rows = [first, second];
  const variance = variances[first]! + variances[second]!;
  if (rows.every((row) => own[row] === undefined)) return { variance, degrees };
  const squares = rows.reduce((sum, row) => sum + variances[row]! ** 2 / (own[row] ?? degrees), 0);
  return { variance, degrees: Math.min(degrees, variance ** 2 / squares) };
}

/** Measurements of a row: one value a seed. */
export interface SeededValues {
  readonly seeds: readonly number[];
  readonly values: readonly number[];
}

/**
 * @param rows of which each was measured with some of the same seeds
 * @returns undefined where nothing is left to learn a spread from: one seed, or one row
 */
export function sharedSpread(rows: readonly SeededValues[]): SharedSpread | undefined {
  const counts = rows.map(({ values }) => values.length);
  const seeds = new Set(rows.flatMap((row) => row.seeds));
  const repeats = counts.reduce((sum, count) => sum + count - 1, 0);
  const degrees = repeats - seeds.size + 1;
  if (rows.length < 2 || degrees < 1) return undefined;
  const squares = residuals(rows).map((ofRow) => ofRow.reduce((sum, value) => sum + value * value, 0));
  const together = squares.reduce((sum, square) => sum + square, 0) / degrees;
  const own = squares.map((square, k) => {
    // The means of the seeds take their part of the degrees of every row; a row of one seed has none of its own.
    const ofRow = ((counts[k]! - 1) * degrees) / repeats;
    return ofRow > 0 && square / ofRow > together * (1 + 1e-9) ? ofRow : undefined;
  });
  const variances = squares.map((square, k) => (own[k] === undefined ? together : square / own[k]!));
  return { variances, degrees, own };
}

/** What is left of each value when the means of rows and seeds are taken away, by least squares; rows may lack seeds. */
function residuals(rows: readonly SeededValues[]): number[][] {
  const left = rows.map(({ values }) => values.slice());
  const size = Math.max(...left.flat().map(Math.abs), Number.MIN_VALUE);
  // Each in turn until nothing moves: at once where no row lacks a seed.
  for (let round = 0; round < 1000; round++) {
    let moved = 0;
    const takeMean = (places: readonly (readonly [row: number, k: number])[]) => {
      const mean = places.reduce((sum, [row, k]) => sum + left[row]![k]!, 0) / places.length;
      for (const [row, k] of places) left[row]![k]! -= mean;
      moved = Math.max(moved, Math.abs(mean));
    };
    for (const [row, ofRow] of left.entries()) takeMean(ofRow.map((_, k) => [row, k] as const));
    for (const seed of new Set(rows.flatMap((row) => row.seeds)))
      takeMean(
        rows.flatMap(({ seeds }, row) => {
          const k = seeds.indexOf(seed);
          return k < 0 ? [] : [[row, k] as const];
        }),
      );
    if (moved <= 1e-13 * size) break;
  }
  return left;
}
