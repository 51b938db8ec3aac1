import { describe, expect, test } from 'vitest';
import { isDistinguishable, leastRounds, pairedRatio } from '../../src/common/paired-ratio.ts';
import { uniform01 } from '../../src/engine/core/random.ts';

/** Numbers in 0…1, the same ones for a seed. */
function stream(seed: number): () => number {
  let drawn = 0;
  return () => uniform01(seed, 1, drawn++);
}

/** Of the standard normal distribution, by the transform of Box and Muller. */
const normal = (draw: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());

/** A machine whose speed drifts by a factor of four, with noise of a tenth, and one time in eight disturbed up to tenfold. */
function busyMachine(draw: () => number): (round: number) => number {
  const phase = 2 * Math.PI * draw();
  return (round) =>
    2 ** Math.sin(phase + round / 3) * Math.exp(0.1 * normal(draw)) * (draw() < 1 / 8 ? 1 + 9 * draw() : 1);
}

/** Times of two pieces of work in the same rounds, the second so many times as long. */
function race(rounds: number, ratio: number, draw: () => number) {
  const machine = busyMachine(draw);
  const first: number[] = [];
  const second: number[] = [];
  for (let round = 0; round < rounds; round++) {
    first.push(machine(round));
    second.push(ratio * machine(round));
  }
  return { first, second };
}

describe('the ratio of paired times', () => {
  test('is the middle one, between order statistics of the binomial distribution', () => {
    // 1 − 2·(1 + 15 + 105 + 455)/2¹⁵ = 0.965 for the 4th of 15; with the 5th it would be 0.882.
    const ratios = Array.from({ length: 15 }, (_, i) => 1 + ((i * 7) % 15) / 10);
    const { median, interval, rounds } = pairedRatio(
      ratios,
      ratios.map(() => 1),
    );
    expect(median).toBeCloseTo(1.7, 12);
    expect(interval).toEqual([1.3, 2.1]);
    expect(rounds).toBe(15);
  });

  test.each([
    [6, 1],
    [8, 1],
    [9, 2],
    [12, 3],
    [15, 4],
    [17, 5],
    [20, 6],
    [50, 18],
    [100, 40],
    [2000, 956],
  ])('of %i rounds leaves out what lies beyond the %i. from either end', (rounds, rank) => {
    const times = Array.from({ length: rounds }, (_, i) => i + 1);
    expect(pairedRatio(times, Array(rounds).fill(1)).interval).toEqual([rank, rounds + 1 - rank]);
  });

  test('turned round is its inverse', () => {
    const { first, second } = race(16, 1.3, stream(4));
    const there = pairedRatio(first, second);
    const back = pairedRatio(second, first);
    expect(back.median).toBeCloseTo(1 / there.median, 12);
    expect(back.interval![0]).toBeCloseTo(1 / there.interval![1], 12);
  });

  test('has no interval with too few rounds, and then tells nothing apart', () => {
    const five = pairedRatio([4, 4, 4, 4, 4], [1, 1, 1, 1, 1]);
    expect(five).toEqual({ median: 4, interval: null, rounds: 5 });
    expect(isDistinguishable(five)).toBe(false);
    expect(isDistinguishable(pairedRatio(Array(6).fill(4), Array(6).fill(1)))).toBe(true);
    expect(leastRounds()).toBe(6);
    expect(leastRounds(10)).toBe(9);
    for (const comparisons of [1, 2, 10, 45])
      for (const [rounds, known] of [
        [leastRounds(comparisons) - 1, false],
        [leastRounds(comparisons), true],
      ] as const)
        expect(pairedRatio(Array(rounds).fill(4), Array(rounds).fill(1), comparisons).interval !== null).toBe(
          known,
        );
  });

  test('passes over rounds that the clock could not tell from nothing', () => {
    expect(pairedRatio([0, 2, 3, 0], [1, 1, 0, 0])).toEqual({ median: 2, interval: null, rounds: 1 });
    expect(pairedRatio([], [])).toEqual({ median: Number.NaN, interval: null, rounds: 0 });
    expect(() => pairedRatio([1], [])).toThrow(/1 times cannot be paired with 0/);
  });
});

describe('on a busy machine', () => {
  test('drift and outliers that make medians of times differ twofold say nothing of two equal pieces of work', () => {
    // The first rounds of one and the last of the other were disturbed.
    const drift = Array.from({ length: 15 }, (_, i) => 10 * 1.1 ** i);
    const noise = [1, 0.98, 1.03, 1.01, 0.97, 1.02, 0.99, 1.01, 0.98, 1.02, 1, 0.99, 1.03, 0.97, 1.01];
    const first = drift.map((time, i) => time * noise[i]! * (i < 3 ? 6 : 1));
    const second = drift.map((time, i) => time * noise[(i + 4) % 15]! * (i > 11 ? 5 : 1));
    const ratio = pairedRatio(first, second);
    expect(isDistinguishable(ratio)).toBe(false);
    expect(ratio.median).toBeCloseTo(1, 1);
  });

  test('a real difference is seen through drift and outliers', () => {
    const ratio = pairedRatio(
      [12, 14, 90, 17, 19, 23, 25, 31, 33, 12, 35, 41, 44, 52, 57],
      [10, 12, 13, 14, 16, 19, 21, 25, 80, 30, 31, 34, 37, 43, 48],
    );
    expect(isDistinguishable(ratio)).toBe(true);
    expect(ratio.median).toBeCloseTo(1.19, 1);
  });

  /** How often a race of two pieces of work finds them different. */
  const alarms = (races: number, ratio: number, rounds: number, comparisons = 1): number => {
    const draw = stream(1000 * rounds + races);
    let found = 0;
    for (let i = 0; i < races; i++) {
      const { first, second } = race(rounds, ratio, draw);
      if (isDistinguishable(pairedRatio(first, second, comparisons))) found++;
    }
    return found / races;
  };

  // What the binomial distribution says: the steps between its values are why it is less than 5 %.
  test.each([
    [6, 0.03125],
    [11, 0.01172],
    [15, 0.03516],
    [20, 0.04139],
    [51, 0.04887],
  ])('%i rounds find equal work different in at most one case of twenty', (rounds, expected) => {
    const share = alarms(6000, 1, rounds);
    expect(share).toBeLessThan(0.055);
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 6000));
  });

  test('several comparisons together do so no more often', () => {
    expect(alarms(6000, 1, 20, 5)).toBeLessThan(0.05 / 5 + 0.005);
  });

  test('a tenth more time is found in three races of four with 51 rounds, twice the time in nine of ten with 15', () => {
    expect(alarms(500, 1.1, 51)).toBeGreaterThan(0.75);
    expect(alarms(500, 2, 15)).toBeGreaterThan(0.9);
  });
});
