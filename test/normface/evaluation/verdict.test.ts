import { describe, expect, test } from 'vitest';
import { orderedPairsText, orderText, paperOrder } from '../../../src/normface/evaluation/paper-order.ts';
import {
  againstControlText,
  bestText,
  differenceOf,
  differencesOf,
  differenceText,
  type MeasuredRow,
  points,
  pText,
  pValueOf,
  verdictOf,
} from '../../../src/normface/evaluation/verdict.ts';

/** A row whose seeds decide the first `right` of `pairs` pairs rightly. */
function row(label: string, right: readonly number[], pairs = 1000): MeasuredRow {
  return {
    label,
    values: right.map((count) => count / pairs),
    units: right.map((count) => Uint8Array.from({ length: pairs }, (_, pair) => Number(pair < count))),
  };
}

describe('a difference', () => {
  const control = row('control', [770, 760, 775, 768, 772]);

  test('that every seed shows and that hangs on many pairs is one', () => {
    const better = row('better', [812, 800, 815, 811, 810]);
    const difference = differenceOf(better, control);
    expect(difference.mean).toBeCloseTo(0.0406, 10);
    expect(verdictOf(difference)).toBe('above');
    expect(verdictOf(differenceOf(control, better))).toBe('below');
    expect(differenceText(difference)).toMatch(/^\+4\.06 points \(95 % interval .* p (=|<) .*\): above$/);
  });

  test('that hangs on three pairs is not distinguishable, however alike the seeds are', () => {
    const alike = (right: number) => row('alike', Array(8).fill(right));
    const difference = differenceOf(alike(773), alike(770));
    expect(difference.seeds).toBeLessThan(0.01);
    expect(difference.units).toBeGreaterThan(0.05);
    expect(verdictOf(difference)).toBe('indistinct');
    // The interval is of the same test as p.
    expect(difference.interval![0]).toBeLessThanOrEqual(0);
    expect(differenceText(difference)).toMatch(
      /points \(95 % interval −?\d\.\d\d to \+\d\.\d\d, p = 0\.\d+\): not/,
    );
  });

  test('that only some seeds show is not distinguishable, on however many pairs', () => {
    const unsteady = row('unsteady', [830, 840, 740, 750, 860]);
    const difference = differenceOf(unsteady, control);
    expect(difference.units).toBeLessThan(0.05);
    expect(difference.seeds).toBeGreaterThan(0.05);
    expect(pValueOf(difference)).toBe(difference.seeds);
    expect(verdictOf(difference)).toBe('indistinct');
  });

  test('of one and a half to two standard errors over three seeds is not a gain', () => {
    for (const [mean, error] of [
      [0.0088, 0.0057],
      [0.0092, 0.0048],
      [0.0118, 0.0061],
    ]) {
      // Three values with this mean and standard error.
      const step = error! * Math.sqrt(3);
      const values = [mean! - step, mean!, mean! + step];
      const difference = differenceOf({ label: 'row', values }, { label: 'control', values: [0, 0, 0] });
      expect(difference.error).toBeCloseTo(error!, 10);
      expect(difference.seeds).toBeGreaterThan(0.18);
      expect(verdictOf(difference)).toBe('indistinct');
    }
  });

  test('of a single seed is never more than untested', () => {
    expect(verdictOf(differenceOf(row('a', [900]), row('b', [700])))).toBe('untested');
    expect(verdictOf(differenceOf(row('a', [703]), row('b', [700])))).toBe('indistinct');
    expect(verdictOf(differenceOf({ label: 'a', values: [0.9] }, { label: 'b', values: [0.7] }))).toBe(
      'untested',
    );
  });

  test('of nothing is nothing: ties are not distinguishable', () => {
    const difference = differenceOf(control, control);
    expect(difference).toMatchObject({ mean: 0, seeds: 1, units: 1 });
    expect(differenceText(difference)).toContain('0.00 points');
    expect(verdictOf(difference)).toBe('indistinct');
    // Ranges of 27 of 9,000 decisions each that differ by the rounding of floating point.
    const tie = differenceOf(
      { label: 'a', values: [0.0029999999999998916, 0.003] },
      { label: 'b', values: [0.0030000000000001137, 0.003] },
    );
    expect(verdictOf(tie)).toBe('indistinct');
  });
});

describe('numbers in words', () => {
  test('points have a sign unless they are nothing', () => {
    expect(points({ mean: 0.0042, error: 0.0013 })).toBe('+0.42 ± 0.13');
    expect(points({ mean: -0.01, error: null })).toBe('−1.00');
    expect(points({ mean: 0, error: null })).toBe('0.00');
    expect(points({ mean: -1e-17, error: null })).toBe('0.00');
  });

  test.each([
    [0.0001, 'p < 0.001'],
    [0.004, 'p = 0.004'],
    [0.0312, 'p = 0.031'],
    [0.12, 'p = 0.12'],
    [1, 'p = 1.00'],
  ])('%f is %s', (p, text) => {
    expect(pText(p)).toBe(text);
  });
});

describe('rows against their controls', () => {
  const control = row('control', [770, 760, 775, 768, 772]);

  test('each row stands under its verdict with its p-value', () => {
    const text = againstControlText(
      [
        { row: row('up', [870, 861, 876, 868, 871]), control },
        { row: row('down', [670, 661, 676, 668, 671]), control },
        { row: row('alike', [768, 765, 772, 770, 771]), control },
      ],
      '1,000 pairs',
    );
    expect(text).toMatch(/Above: up \(\+10\.02 ± 0\.\d\d, p = 0\.001\)\./);
    expect(text).toMatch(/Below: down \(−9\.98 ± 0\.\d\d, p = 0\.001\)\./);
    expect(text).toMatch(/Not distinguishable: alike \(\+0\.02 ± /);
    expect(text).toContain("Holm's procedure for 3 rows");
    expect(text).toContain('a bootstrap over the 1,000 pairs');
  });

  test('what one comparison of twenty would show by chance is not claimed of twenty', () => {
    const chance = row('chance', [778, 766, 782, 781, 776]);
    expect(differenceOf({ ...chance, units: undefined }, control).seeds).toBeLessThan(0.05);
    const twenty = Array.from({ length: 20 }, (_, k) => ({
      row: { ...chance, label: `row ${k}`, units: undefined },
      control,
    }));
    expect(againstControlText(twenty, undefined)).not.toContain('Above');
  });

  test('rows that are not told here count for the spread and for Holm all the same', () => {
    const compared = [
      { row: row('up', [870, 861, 876, 868, 871]), control },
      { row: row('hidden', [869, 862, 875, 868, 872]), control },
    ];
    const text = againstControlText(compared, '1,000 pairs', {
      nameOf: (label) => (label === 'up' ? 'UP' : undefined),
    });
    const whole = againstControlText(compared, '1,000 pairs');
    expect(text).toContain('Above: UP (');
    expect(text).not.toContain('hidden');
    expect(/up \((.*?)\)/.exec(whole)![1]).toBe(/UP \((.*?)\)/.exec(text)![1]);
    expect(text).toMatch(/the larger of two: .*, and that of a bootstrap .*Holm's procedure for 2 rows/);
  });

  test('rows that are not independent are each judged by their own spread', () => {
    const [quiet, twin] = [row('quiet', [790, 781, 796, 788, 791]), row('twin', [790, 781, 796, 788, 791])];
    const noisy = row('noisy', [700, 820, 760, 800, 710]);
    const compared = [quiet, twin, noisy].map((one) => ({ row: one, control }));
    expect(differencesOf(compared, 'own')).toEqual(compared.map((one) => differenceOf(one.row, one.control)));
    expect(differencesOf(compared)[0]!.error).toBeGreaterThan(differencesOf(compared, 'own')[0]!.error!);
    expect(againstControlText(compared, undefined, { spread: 'own' })).not.toContain('degrees of freedom');
  });

  test('the highest mean is named, with what is below it beyond chance', () => {
    const rows = [
      row('low', [670, 661, 676, 668, 671]),
      row('best', [870, 861, 876, 868, 871]),
      row('near', [868, 863, 874, 869, 870]),
    ];
    const text = bestText(rows, '1,000 pairs');
    expect(text).toMatch(
      /^The highest mean has best, 86\.92 ± \d\.\d\d\. Below it beyond chance: low −20\.00 ± /,
    );
    expect(text).toMatch(/; 1 is not distinguishable from it \(.* for 2 rows\)\. It was picked/);
    expect(bestText(rows.slice(1), '1,000 pairs')).toContain(
      'None of the others is below it beyond chance (',
    );
    expect(bestText([row('a', [1]), row('b', [2])], '1,000 pairs')).toBe('');
    expect(bestText([], '1,000 pairs')).toBe('');
  });

  test('one seed claims nothing', () => {
    const text = againstControlText(
      [
        { row: row('far', [900]), control: row('control', [700]) },
        { row: row('near', [702]), control: row('control', [700]) },
      ],
      '1,000 pairs',
    );
    expect(text).toMatch(/One seed, so that the chance of training is not known: far \(\+20\.00/);
    expect(text).toMatch(/Not distinguishable even from the choice of the 1,000 pairs alone, .*: near/);
    expect(text).not.toMatch(/Above|Below/);
  });
});

describe('the order of the paper', () => {
  test('only values that lie farther apart than their spreads are in an order', () => {
    expect(paperOrder({ accuracy: 99.16, spread: 0.025 }, { accuracy: 99.15, spread: 0.017 })).toBe(0);
    expect(paperOrder({ accuracy: 99.19, spread: 0.008 }, { accuracy: 99.16, spread: 0.025 })).toBe(0);
    expect(paperOrder({ accuracy: 99.19, spread: 0.008 }, { accuracy: 99.11, spread: 0.008 })).toBe(1);
    expect(paperOrder({ accuracy: 98.28 }, { accuracy: 98.35 })).toBe(-1);
    expect(paperOrder({ accuracy: 98.75 }, { accuracy: 98.78 })).toBe(0);
  });

  test('two of three pairs, or seven of ten, are not called a likeness', () => {
    const rows = (papers: readonly number[], means: readonly number[]) =>
      papers.map((accuracy, k) => ({ label: 'abcde'[k]!, paper: { accuracy }, mean: means[k]! }));
    expect(orderText(rows([1, 2, 3], [0.2, 0.1, 0.3]))).toContain(
      'put 2 in the same order and 1 in the opposite one (p = 1.00 of a permutation test): not distinguishable from rows in a random order',
    );
    expect(orderText(rows([1, 2, 3, 4, 5], [0.2, 0.1, 0.5, 0.3, 0.4]))).toContain('not distinguishable');
  });

  test('a full order of many rows shows, and so does its reverse', () => {
    const papers = [1, 2, 3, 4, 5, 6];
    const rows = papers.map((accuracy) => ({
      label: `row ${accuracy}`,
      paper: { accuracy },
      mean: accuracy / 10,
    }));
    expect(orderText(rows)).toMatch(/the paper's order shows\.$/);
    expect(orderText(rows.map((row) => ({ ...row, mean: -row.mean })))).toMatch(/reverse/);
  });

  test('pairs in the opposite order are told by as few rows as tell them all', () => {
    const of = (label: string, accuracy: number, mean: number) => ({ label, paper: { accuracy }, mean });
    // d belongs over a, b and c and lies under them; of the others only a and b are turned round.
    const rows = [of('a', 90, 0.8), of('b', 91, 0.7), of('c', 92, 0.9), of('d', 93, 0.6), of('e', 94, 1)];
    expect(orderText(rows)).toMatch(
      /put 6 in the same order and 4 in .*\. The opposite ones: "d" is below "a", "b", "c"; "a" is above "b"\.$/,
    );
    // One row may be on either side of others.
    const middle = [of('low', 90, 0.6), of('turned', 91, 0.5), of('high', 92, 0.4)];
    expect(orderText([middle[1]!, middle[0]!, middle[2]!])).toMatch(
      /The opposite ones: "turned" is above "high" and below "low"; "low" is above "high"\.$/,
    );
    expect(orderText(rows.slice(3))).not.toMatch(/opposite ones/);
  });
});

describe('rows that lack seeds', () => {
  const of = (label: string, seeds: readonly number[], values: readonly number[]): MeasuredRow => ({
    label,
    seeds,
    values,
  });
  const control = of('control', [1, 2, 3], [0.7, 0.72, 0.71]);

  test('are compared by the seeds that both have', () => {
    const late = of('late', [3, 1], [0.74, 0.73]);
    expect(differenceOf(late, control).mean).toBeCloseTo(0.03, 12);
    expect(differenceOf(late, control).count).toBe(2);
    expect(differenceOf(of('one', [2], [0.73]), control)).toMatchObject({ count: 1, seeds: null });
  });

  test('are said to be of fewer, and those of one seed have no part in the procedure for many rows', () => {
    const whole = of('whole', [1, 2, 3], [0.75, 0.771, 0.76]);
    const compared = [whole, of('one', [2], [0.73])].map((row) => ({ row, control }));
    const text = againstControlText(compared, undefined);
    expect(text).toContain('over the seeds that row and control share, 1 to 3.');
    expect(text).toContain('Of one seed, so that chance is not known: one (+1.00).');
    expect(text).toMatch(/Above: whole \(\+5\.03 ± 0\.03, p < 0\.001\)/);
    expect(text).not.toContain("Holm's procedure");
    expect(againstControlText([], undefined)).toBe('No row shares a seed with its control so far.');
  });
});

describe('pairs of rows that the paper separates', () => {
  const of = (label: string, accuracy: number, values: readonly number[]) => ({
    label,
    values,
    paper: { accuracy },
  });

  test('are judged each by itself, paired by seed', () => {
    const rows = [
      of('low', 98, [0.7, 0.71, 0.72]),
      of('high', 99, [0.8, 0.81, 0.8201]),
      of('odd', 98.5, [0.6, 0.611, 0.62]),
    ];
    expect(orderedPairsText(rows)).toMatch(
      /^Each of these 3 pairs by itself, paired by seed: 2 are in the order of the paper beyond chance \(high over odd \+19\.97 ± 0\.03; high over low \+10\.00 ± 0\.03\), 1 in the opposite one \(odd over low −9\.97 ± 0\.03\), 0 not distinguishable/,
    );
  });

  test('of one seed are not judged', () => {
    expect(orderedPairsText([of('a', 98, [0.7]), of('b', 99, [0.8])])).toMatch(
      /so that no pair is judged\.$/,
    );
  });
});
