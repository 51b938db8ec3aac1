import { describe, expect, test } from 'vitest';
import { type SeededValues, sharedSpread, spreadOfDifference } from '../../src/common/shared-spread.ts';
import { estimate, holm, randomNumbers, studentPValue } from '../../src/common/statistics.ts';

/** Normal numbers by the polar method of Box, Muller and Marsaglia. */
function normalNumbers(seed: number): () => number {
  const uniform = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Rows that differ by chance alone. @param deviations of each row @param seedDeviation of what a seed does to all rows */
function drawTable(
  deviations: readonly number[],
  seeds: number,
  seedDeviation: number,
  random: () => number,
): SeededValues[] {
  const ofSeed = Array.from({ length: seeds }, () => seedDeviation * random());
  return deviations.map((deviation) => ({
    seeds: [...ofSeed.keys()],
    values: ofSeed.map((effect) => effect + deviation * random()),
  }));
}

/** The p-value of two rows, by the spread of all. */
function pValue(rows: readonly SeededValues[], first: number, second: number): number {
  const { variance, degrees } = spreadOfDifference(sharedSpread(rows)!, first, second);
  const { mean, count } = estimate(rows[first]!.values.map((value, k) => value - rows[second]!.values[k]!));
  return studentPValue(mean / Math.sqrt(variance / count), degrees);
}

describe('the spread of a table', () => {
  test('of two rows is that of their differences', () => {
    const rows = [
      { seeds: [1, 2, 3], values: [1, 4, 2] },
      { seeds: [1, 2, 3], values: [2, 3, 7] },
    ];
    const { variances, degrees } = sharedSpread(rows)!;
    expect(degrees).toBe(2);
    expect(variances[0]! + variances[1]!).toBeCloseTo(estimate([-1, 1, -5]).std! ** 2, 12);
  });

  test('of rows that scatter alike is the residual mean square of a randomised block design', () => {
    // Fisher's identity by hand: rows 0, 2, 4; seeds −1, 0, 1; what is left is ±0.5 in a Latin square, 6 entries of 0.25 and three zeros.
    const rows = [
      { seeds: [1, 2, 3], values: [-1 + 0.5, 0 - 0.5, 1] },
      { seeds: [1, 2, 3], values: [1, 2 + 0.5, 3 - 0.5] },
      { seeds: [1, 2, 3], values: [3 - 0.5, 4, 5 + 0.5] },
    ];
    const { variances, degrees } = sharedSpread(rows)!;
    expect(degrees).toBe(4);
    for (const variance of variances) expect(variance).toBeCloseTo((6 * 0.25) / 4, 12);
  });

  test('is the same whatever a seed adds to all rows, and rows may lack seeds', () => {
    const random = normalNumbers(5);
    const rows = drawTable([1, 1, 2, 1, 1], 4, 0, random).map(({ seeds, values }, k) =>
      k === 2 ? { seeds: seeds.slice(1), values: values.slice(1) } : { seeds, values },
    );
    const shifted = rows.map(({ seeds, values }) => ({
      seeds,
      values: values.map((value, k) => value + 100 * (seeds[k]! + 1) ** 2),
    }));
    const [plain, moved] = [sharedSpread(rows)!, sharedSpread(shifted)!];
    expect(plain.degrees).toBe(moved.degrees);
    for (const [k, variance] of plain.variances.entries())
      expect(moved.variances[k]).toBeCloseTo(variance, 8);
  });

  test('is not known of one seed, of one row, or of rows that share one seed', () => {
    expect(sharedSpread([])).toBeUndefined();
    expect(sharedSpread([{ seeds: [1, 2, 3], values: [1, 2, 3] }])).toBeUndefined();
    expect(
      sharedSpread([
        { seeds: [1], values: [1] },
        { seeds: [1], values: [2] },
      ]),
    ).toBeUndefined();
  });

  test('is zero where nothing scatters', () => {
    const rows = [1, 2, 3, 4].map((value) => ({ seeds: [1, 2, 3], values: [value, value, value] }));
    for (const variance of sharedSpread(rows)!.variances) expect(variance).toBeCloseTo(0, 25);
  });
});

test('a row that scatters more has its own spread, and the degrees of freedom of its few values', () => {
  const random = normalNumbers(2);
  const rows = drawTable([20, 1, 1, 1, 1, 1], 3, 5, random);
  const spread = sharedSpread(rows)!;
  expect(spread.degrees).toBe(10);
  expect(spread.own.map((own) => own !== undefined)).toEqual([true, false, false, false, false, false]);
  // Two values of three, as far as the means of seeds leave them.
  expect(spread.own[0]).toBeCloseTo((2 * 10) / 12, 12);
  const { variance, degrees } = spreadOfDifference(spread, 0, 1);
  expect(variance).toBe(spread.variances[0]! + spread.variances[1]!);
  // By hand: (a + b)² / (a²/d + b²/10), here nearly d, since a is much larger than b.
  const [a, b] = spread.variances as [number, number];
  expect(degrees).toBeCloseTo((a + b) ** 2 / (a ** 2 / spread.own[0]! + b ** 2 / 10), 12);
  expect(spreadOfDifference(spread, 1, 2).degrees).toBe(10);
});

describe('rows that differ by chance alone', () => {
  /** How often two rows are told apart. */
  const share = (deviations: readonly number[], pairs: readonly (readonly [number, number])[]) => {
    const random = normalNumbers(12);
    const tables = 2000;
    let found = 0;
    for (let k = 0; k < tables; k++) {
      const rows = drawTable(deviations, 3, 2, random);
      for (const [first, second] of pairs) if (pValue(rows, first, second) < 0.05) found++;
    }
    return found / (tables * pairs.length);
  };

  test('are told apart in fewer than one of twenty tables where all scatter alike', () => {
    const found = share(Array(12).fill(1), [
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(found).toBeGreaterThan(0.01);
    expect(found).toBeLessThan(0.05);
  });

  test.each([1.5, 2, 3])(
    'are hardly more often so where every fourth row scatters %d times as much',
    (times) => {
      const deviations = Array.from({ length: 24 }, (_, k) => (k % 4 === 0 ? times : 1));
      const noisy = [
        [0, 4],
        [8, 12],
      ] as const;
      expect(share(deviations, noisy)).toBeLessThan(0.06);
      expect(share(deviations, [[0, 1]])).toBeLessThan(0.05);
      expect(share(deviations, [[1, 2]])).toBeLessThan(0.05);
    },
  );

  test.each([1, 2, 3])('are not told from a control that scatters %d times as much', (times) => {
    const random = normalNumbers(7);
    const tables = 300;
    let found = 0;
    for (let k = 0; k < tables; k++) {
      const rows = drawTable([times, ...Array(24).fill(1)], 3, 2, random);
      const others = rows.slice(1).map((_, row) => pValue(rows, row + 1, 0));
      if (holm(others).some((p) => p < 0.05)) found++;
    }
    expect(found / tables).toBeLessThan(0.08);
  });
});

test('a difference of three standard errors shows in a table of 24 rows and three seeds, where two rows alone hide it', () => {
  const random = normalNumbers(3);
  let [together, alone] = [0, 0];
  for (let k = 0; k < 200; k++) {
    const rows = drawTable(Array(24).fill(1), 3, 2, random);
    // The standard error of a difference over three seeds is √(2/3).
    const values = rows[0]!.values.map((value) => value + 3 * Math.sqrt(2 / 3));
    const raised = [{ ...rows[0]!, values }, ...rows.slice(1)];
    if (pValue(raised, 0, 1) < 0.05) together++;
    if (pValue(raised.slice(0, 2), 0, 1) < 0.05) alone++;
  }
  expect(together).toBeGreaterThan(100);
  expect(alone).toBeLessThan(80);
});
